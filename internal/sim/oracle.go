package sim

import (
	"context"
	"errors"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// oracle is the truth: every layer of the chain as it is now, derived and executed in memory, with
// the state after each.
type oracle struct {
	genesis *rollup.Genesis
	engine  *stf.Engine
	layers  []*truth // by height
}

// truth is one executed layer.
type truth struct {
	hash     rollup.Hash // of the L1 block
	layer    *stf.Layer
	carry    rollup.Carry
	drops    []rollup.Drop
	receipts []rollup.Receipt
	left     []rollup.Withdrawal
	// evictions are the slots that the sweep of the layer took.
	evictions []eviction
	roots     []rollup.Hash // after each step
	tree      *statetree.Tree
}

// root is the root after the layer.
func (t *truth) root() rollup.Hash { return rollup.Hash(t.tree.Root()) }

func newOracle(g *rollup.Genesis, e *stf.Engine, first rollup.Hash) (*oracle, error) {
	tree, err := stf.GenesisTree(g)
	if err != nil {
		return nil, err
	}
	return &oracle{genesis: g, engine: e, layers: []*truth{{hash: first, tree: tree}}}, nil
}

// head is the newest layer.
func (o *oracle) head() *truth { return o.layers[len(o.layers)-1] }

// at returns a layer; nil beyond the head.
func (o *oracle) at(height uint64) *truth {
	if height >= uint64(len(o.layers)) {
		return nil
	}
	return o.layers[height]
}

// follow drops what L1 has dropped and executes what is new.
func (o *oracle) follow(ctx context.Context, chain l1.Chain) error {
	for len(o.layers) > 1 {
		b, err := chain.Layer(ctx, uint64(len(o.layers)-1))
		if err == nil && b.Header.Hash() == o.head().hash {
			break
		}
		if err != nil && !errors.Is(err, l1.ErrNoLayer) {
			return err
		}
		o.layers = o.layers[:len(o.layers)-1]
	}
	tip, err := chain.Tip(ctx)
	if err != nil {
		return err
	}
	for uint64(len(o.layers)) <= tip.Height {
		t, err := o.execute(ctx, chain, uint64(len(o.layers)))
		if err != nil {
			return err
		}
		o.layers = append(o.layers, t)
	}
	return nil
}

// execute derives a layer and executes it on the head.
func (o *oracle) execute(ctx context.Context, chain l1.Chain, height uint64) (*truth, error) {
	block, err := chain.Layer(ctx, height)
	if err != nil {
		return nil, err
	}
	var source *rollup.Layer
	if height > 1 {
		if source, err = chain.Layer(ctx, height-1); err != nil {
			return nil, err
		}
	}
	before := o.head()
	if block.Header.ParentHash != before.hash {
		return nil, fmt.Errorf("block %d does not follow the one before", height)
	}
	p, err := chain.Params(ctx, height)
	if err != nil {
		return nil, err
	}
	d := rollup.Derive(&block.Header, source, &before.carry, p, o.genesis.ChainID())
	t := &truth{
		hash: block.Header.Hash(), carry: d.Carry, drops: d.Drops, tree: before.tree.Fork(),
		layer: &stf.Layer{ChainID: o.genesis.ChainID(), Header: &block.Header, Params: p,
			Items: d.Items, Steps: d.Steps},
	}
	res, err := o.engine.ApplyLayer(t.tree, t.layer)
	if err != nil {
		return nil, fmt.Errorf("layer %d: %w", height, err)
	}
	t.roots, t.receipts, t.left = res.Roots, res.Receipts(), res.Withdrawals()
	t.evictions = evictionsIn(res)
	return t, nil
}

// rederive executes the whole chain once more, from the genesis, with an engine that knows no
// program yet: what a node that joins today would compute.
func (o *oracle) rederive(ctx context.Context, chain l1.Chain) (rollup.Hash, error) {
	fresh, err := newOracle(o.genesis, stf.New(), o.layers[0].hash)
	if err != nil {
		return rollup.Hash{}, err
	}
	if err := fresh.follow(ctx, chain); err != nil {
		return rollup.Hash{}, err
	}
	return fresh.head().root(), nil
}

// apply executes one step on a tree.
func (o *oracle) apply(tree *statetree.Tree, l *stf.Layer, step int) error {
	res, err := o.engine.ApplyStep(stf.Backend(tree), l, step)
	if err != nil {
		return err
	}
	return stf.Commit(tree, res.Changes)
}

// nonce is the next nonce of an account.
func (o *oracle) nonce(a address.Address) uint64 { return o.account(a).Nonce }
