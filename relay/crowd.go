package relay

import (
	"context"
	"slices"

	"github.com/athenarollup/athena/rollup"
)

// crowd is what a layer had no room for.
type crowd struct {
	block rollup.Hash // that the layer executes
	out   map[rollup.Hash]bool
}

// readmit puts transactions of a bundle back into the queue that the layer of its block has no room
// for, because others bid more: nothing happened to them, and they may fit a later one. The next
// bundle bids more for that; once layers have room, bids fall again. A block is looked at once.
func (r *Relay) readmit(ctx context.Context, p *posting, block *rollup.Layer) error {
	hash := block.Header.Hash()
	if p.judged == hash {
		return nil
	}
	if r.crowd.block != hash {
		out, err := r.crowdedOut(ctx, block)
		if err != nil {
			return err
		}
		r.crowd = crowd{hash, out}
	}
	out := 0
	for _, h := range p.txs {
		if r.crowd.out[h] {
			out++
		}
	}
	r.mu.Lock()
	err := r.unbundle(p, func(h rollup.Hash) bool { return r.crowd.out[h] })
	r.mu.Unlock()
	if err != nil {
		return err
	}
	p.judged = hash
	if out == 0 {
		r.bid = max(r.cfg.Bidding.Bid, r.bid-r.bid/8-min(1, r.bid))
		return nil
	}
	r.bid = max(r.bid, r.above(p.now().price, &block.Header))
	r.cfg.Log.Warn("no room in the layer: posted again", "bundle", p.id.String(),
		"transactions", out, "bid", r.bid)
	return nil
}

// crowdedOut derives the layer that executes a block, and returns the TxHash of what it had no room
// for, whoever carried the copy that bid most: a layer that drops that one holds none. It needs no
// executor: L1 has all that derivation reads.
func (r *Relay) crowdedOut(
	ctx context.Context, block *rollup.Layer,
) (map[rollup.Hash]bool, error) {
	carry, ok, err := r.carryInto(ctx, block)
	if err != nil || !ok {
		return nil, err
	}
	d, err := r.derive(ctx, block, carry)
	if err != nil {
		return nil, err
	}
	out := map[rollup.Hash]bool{}
	for i := range d.Drops {
		if d.Drops[i].Reason == rollup.ReasonLayerFull {
			out[d.Drops[i].ID] = true
		}
	}
	return out, nil
}

// derive derives the layer that executes a block.
func (r *Relay) derive(
	ctx context.Context, block *rollup.Layer, carry *rollup.Carry,
) (*rollup.Derivation, error) {
	layer := block.Header.Height + r.cfg.Genesis.Params.OrderDelay
	next, err := r.cfg.Chain.Layer(ctx, layer)
	if err != nil {
		return nil, waitFor("ask L1 for a block", err)
	}
	p, err := r.cfg.Chain.Params(ctx, layer)
	if err != nil {
		return nil, waitFor("ask L1 for its parameters", err)
	}
	return rollup.Derive(&next.Header, block, carry, p, r.chainID), nil
}

// carryInto returns the forced transactions that wait before the layer that executes a block. It
// derives them from the newest block whose layer left none; false when that is further back than a
// full queue takes to empty.
func (r *Relay) carryInto(
	ctx context.Context, block *rollup.Layer,
) (carry *rollup.Carry, ok bool, err error) {
	nothing := (&rollup.Carry{}).Root()
	path := []*rollup.Layer{block}
	for path[0].Header.CarryRoot != nothing {
		if uint64(len(path)) > 2*r.params.Load().MaxCarryDelay || path[0].Header.Height == 0 {
			return nil, false, nil
		}
		before, err := r.cfg.Chain.Layer(ctx, path[0].Header.Height-1)
		if err != nil {
			return nil, false, waitFor("ask L1 for a block", err)
		}
		path = slices.Insert(path, 0, before)
	}
	carry = new(rollup.Carry)
	for _, b := range path[:len(path)-1] {
		d, err := r.derive(ctx, b, carry)
		if err != nil {
			return nil, false, err
		}
		carry = &d.Carry
	}
	// They differ if L1 has changed its mind meanwhile.
	return carry, carry.Root() == block.Header.CarryRoot, nil
}
