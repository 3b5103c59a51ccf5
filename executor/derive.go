package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// deriver makes of L1 blocks what their layers execute.
type deriver struct {
	chain   l1.Chain
	params  *rollup.Params
	chainID rollup.Hash
}

// ordered is a layer ready for execution.
type ordered struct {
	hash   rollup.Hash // of the L1 block
	parent rollup.Hash
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
	got := rollup.Derive(&b.Header, source, carry, d.params, d.chainID)
	if err := d.agrees(&b.Header, got); err != nil {
		return nil, err
	}
	return &ordered{
		hash:   b.Header.Hash(),
		parent: b.Header.ParentHash,
		drops:  got.Drops,
		carry:  got.Carry,
		layer: &stf.Layer{
			ChainID: d.chainID, Header: &b.Header, Params: d.params,
			Items: got.Items, Steps: got.Steps,
		},
	}, nil
}

// agrees compares a derivation with the header of its layer.
func (d *deriver) agrees(h *rollup.Header, got *rollup.Derivation) error {
	bad := func(what string, own, theirs any) error {
		return fmt.Errorf("%w: layer %d: %s is %v here and %v in the L1 header; "+
			"one of the two runs another version", ErrDiverged, h.Height, what, own, theirs)
	}
	switch {
	case h.ParamsHash != d.params.Hash():
		return bad("the parameters' hash", d.params.Hash(), h.ParamsHash)
	case h.ItemCount != uint32(len(got.Items)):
		return bad("the number of items", len(got.Items), h.ItemCount)
	case h.StepCount != uint32(len(got.Steps)):
		return bad("the number of steps", len(got.Steps), h.StepCount)
	case h.ItemsRoot != got.ItemsRoot():
		return bad("the root of the items", got.ItemsRoot(), h.ItemsRoot)
	case h.CarryRoot != got.Carry.Root():
		return bad("the root of the carry", got.Carry.Root(), h.CarryRoot)
	}
	return nil
}

// replay executes layers 1 to h from the genesis in memory: for a challenge of a layer that lies
// below the history of the state database.
func (d *deriver) replay(
	ctx context.Context, e *stf.Engine, g *rollup.Genesis, h uint64,
) (*statetree.Tree, *rollup.Carry, error) {
	t, err := stf.GenesisTree(g)
	if err != nil {
		return nil, nil, err
	}
	carry := new(rollup.Carry)
	for i := uint64(1); i <= h; i++ {
		o, err := d.layer(ctx, i, carry)
		if err != nil {
			return nil, nil, err
		}
		if _, err := e.ApplyLayer(t, o.layer); err != nil {
			return nil, nil, err
		}
		carry = &o.carry
	}
	return t, carry, nil
}
