package executor

import (
	"context"
	"fmt"
	"math/big"

	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf"
)

// settle notes that all that a tip asks for is done: its layer is executed and this account's
// transactions for the next block are handed to L1.
func (e *Executor) settle(tip l1.Tip) {
	e.mu.Lock()
	e.settled = tip
	e.mu.Unlock()
	e.announce()
}

func (e *Executor) settledTip() l1.Tip {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.settled
}

// Sync blocks until all that the given tip asks for is done.
func (e *Executor) Sync(ctx context.Context, tip l1.Tip) error {
	for {
		e.mu.Lock()
		moved, done := e.moved, e.settled == tip
		e.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-e.stopped:
			return fmt.Errorf("executor: stopped before block %d: %w", tip.Height, e.end)
		case <-ctx.Done():
			return fmt.Errorf("executor: waiting for block %d: %w", tip.Height, ctx.Err())
		}
	}
}

// Supply adds up all the money in the newest state, wherever it is: it equals what was allocated at
// genesis and deposited since. It reads the whole state.
func (e *Executor) Supply(ctx context.Context) (*big.Int, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.ledger.mu.RLock() // the head stays while the state is read
	defer e.ledger.mu.RUnlock()
	tree, err := e.ledger.store.Tree()
	if err != nil {
		return nil, fmt.Errorf("executor: supply: %w", err)
	}
	supply, err := stf.SupplyOf(tree)
	if err != nil {
		return nil, fmt.Errorf("executor: supply: %w", err)
	}
	return supply.Total(), nil
}
