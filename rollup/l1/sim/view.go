package sim

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// BlockEvents is what one block did.
type BlockEvents struct {
	Height uint64
	Events []l1.Event
}

// current returns the state at the tip, which is never modified.
func (c *Chain) current() *l1.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state()
}

// State returns a copy of the state at the tip.
func (c *Chain) State() *l1.State { return c.current().Clone() }

// Events returns what the blocks from a height on did, oldest first; older blocks than the newest
// 1024 are left out.
func (c *Chain) Events(from uint64) []BlockEvents {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept := uint64(len(c.records)); kept > keptBlocks {
		from = max(from, kept-keptBlocks)
	}
	var out []BlockEvents
	for h := from; h < uint64(len(c.records)); h++ {
		out = append(out, BlockEvents{h, c.records[h].events})
	}
	return out
}

// Tip implements l1.Chain.
func (c *Chain) Tip(ctx context.Context) (l1.Tip, error) {
	if err := ctx.Err(); err != nil {
		return l1.Tip{}, fmt.Errorf("sim: tip: %w", err)
	}
	return c.current().Tip(), nil
}

// Wait implements l1.Chain.
func (c *Chain) Wait(ctx context.Context, from l1.Tip) (l1.Tip, error) {
	for {
		c.mu.Lock()
		tip, changed := c.state().Tip(), c.changed
		c.mu.Unlock()
		if tip != from {
			return tip, nil
		}
		select {
		case <-ctx.Done():
			return l1.Tip{}, fmt.Errorf("sim: wait: %w", ctx.Err())
		case <-changed:
		}
	}
}

// Layer implements l1.Chain.
func (c *Chain) Layer(ctx context.Context, height uint64) (*rollup.Layer, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sim: layer: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if height >= uint64(len(c.records)) {
		return nil, fmt.Errorf("sim: %w: %d", l1.ErrNoLayer, height)
	}
	if l := c.records[height].layer; l != nil {
		return l, nil
	}
	return c.read(height)
}

// Params implements l1.Chain.
func (c *Chain) Params(ctx context.Context, height uint64) (*rollup.Params, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sim: parameters: %w", err)
	}
	return c.current().ParamsAt(height), nil
}

// Submit implements l1.Chain.
func (c *Chain) Submit(ctx context.Context, tx *rollup.L1Tx) (rollup.Hash, error) {
	if err := ctx.Err(); err != nil {
		return rollup.Hash{}, fmt.Errorf("sim: submit: %w", err)
	}
	s := c.current()
	if r := s.Check(tx); r != rollup.ReasonNone {
		return rollup.Hash{}, refused(r)
	}
	raw := tx.Encode() // the pool has its own copy, whatever the caller does with his
	own, err := rollup.DecodeL1Tx(raw, s.Widest())
	if err != nil {
		return rollup.Hash{}, fmt.Errorf("sim: submit: %w", err)
	}
	id := own.ID()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok, err := c.find(id); err != nil || ok || c.pool.has(id) {
		return id, err
	}
	if own.Nonce < c.state().Account(own.From()).Nonce {
		return rollup.Hash{}, refused(rollup.ReasonL1BadNonce)
	}
	replaced, r := c.pool.add(id, own, len(raw))
	if r != rollup.ReasonNone {
		return rollup.Hash{}, refused(r)
	}
	return id, c.keep(id, raw, replaced)
}

func refused(r rollup.Reason) error {
	return fmt.Errorf("sim: submit: %w", &rollup.RefusedError{Reason: r})
}

// TxStatus implements l1.Chain.
func (c *Chain) TxStatus(ctx context.Context, id rollup.Hash) (l1.TxStatus, error) {
	if err := ctx.Err(); err != nil {
		return l1.TxStatus{}, fmt.Errorf("sim: status: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	in, ok, err := c.find(id)
	switch {
	case err != nil:
		return l1.TxStatus{}, err
	case ok:
		return l1.TxStatus{Found: true, Height: in.height, Reason: in.reason}, nil
	}
	if c.pool.has(id) {
		return l1.TxStatus{Found: true}, nil
	}
	if r, ok := c.pool.refused[id]; ok {
		return l1.TxStatus{Found: true, Reason: r}, nil
	}
	return l1.TxStatus{}, nil
}

// Account implements l1.Chain.
func (c *Chain) Account(ctx context.Context, a address.Address) (l1.Account, error) {
	if err := ctx.Err(); err != nil {
		return l1.Account{}, fmt.Errorf("sim: account: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	acc := c.state().Account(a)
	acc.Nonce = c.pool.nextNonce(a, acc.Nonce)
	return acc, nil
}

// Claims implements l1.Chain.
func (c *Chain) Claims(ctx context.Context) ([]l1.ClaimInfo, l1.FinalHead, error) {
	if err := ctx.Err(); err != nil {
		return nil, l1.FinalHead{}, fmt.Errorf("sim: claims: %w", err)
	}
	s := c.current()
	return s.Claims(), s.Final(), nil
}

// Spent implements l1.Chain.
func (c *Chain) Spent(ctx context.Context, layer, index uint64) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("sim: spent: %w", err)
	}
	return c.current().Spent(layer, index), nil
}
