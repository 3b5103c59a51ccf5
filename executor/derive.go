package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf"
)

// deriver makes of L1 blocks what their layers execute.
type deriver struct {
	chain   l1.Chain
	chainID rollup.Hash
	archive *archive // nil: evidence is not kept
}

// ordered is a layer ready for execution.
type ordered struct {
	hash   rollup.Hash // of the L1 block
	parent rollup.Hash
	source *rollup.Layer // the L1 block before it; nil at layer 1
	before *rollup.Carry // before the layer
	layer  *stf.Layer
	drops  []rollup.Drop
	carry  rollup.Carry // after the layer
}

// block returns a block of L1; errMoved when there is none at this height any more.
func (d *deriver) block(ctx context.Context, h uint64) (*rollup.Layer, error) {
	b, err := d.chain.Layer(ctx, h)
	if errors.Is(err, l1.ErrNoLayer) {
		return nil, errMoved
	}
	return b, onChain(fmt.Sprintf("read L1 block %d", h), err)
}

// paramsAt returns the parameters of a layer.
func (d *deriver) paramsAt(ctx context.Context, h uint64) (*rollup.Params, error) {
	p, err := d.chain.Params(ctx, h)
	return p, onChain("ask L1 for its parameters", err)
}

// layer derives what layer h executes, and compares it with what L1 says.
func (d *deriver) layer(ctx context.Context, h uint64, carry *rollup.Carry) (*ordered, error) {
	b, err := d.block(ctx, h)
	if err != nil {
		return nil, err
	}
	var source *rollup.Layer
	if h > 1 {
		if source, err = d.block(ctx, h-1); err != nil {
			return nil, err
		}
		if source.Header.Hash() != b.Header.ParentHash {
			return nil, errMoved
		}
	}
	params, err := d.paramsAt(ctx, h)
	if err != nil {
		return nil, err
	}
	got := rollup.Derive(&b.Header, source, carry, params, d.chainID)
	o := &ordered{
		hash:   b.Header.Hash(),
		parent: b.Header.ParentHash,
		source: source,
		before: carry,
		drops:  got.Drops,
		carry:  got.Carry,
		layer: &stf.Layer{
			ChainID: d.chainID, Header: &b.Header, Params: params,
			Items: got.Items, Steps: got.Steps,
		},
	}
	if err := dispute.Agree(&b.Header, params, got); err != nil {
		if d.archive != nil {
			d.archive.keep(o.evidence(dispute.KindDerivation, 0, err.Error()))
		}
		return nil, fmt.Errorf("%w: layer %d: %w; one of the two runs another version",
			ErrDiverged, h, err)
	}
	return o, nil
}
