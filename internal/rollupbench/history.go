package rollupbench

import (
	"fmt"
	"time"
)

const (
	partRewind  = "executor: reorganisation of L1"
	partRestart = "executor: restart"
)

// rewinds measures how long the executor takes to go back to where L1 forked.
func (n *network) rewinds() error {
	for _, c := range []struct {
		depth, txs, turns int
		goal              *Goal
	}{
		{1, 16, 5, nil},
		{8, 16, 5, nil},
		{reorgs, 16, 5, atMost(100)},
		{reorgs, wallets, 3, atMost(100)},
	} {
		n.Progress("going back %d layers of %d transfers", c.depth, c.txs)
		best := time.Duration(1<<63 - 1)
		for range n.turns(c.turns) {
			d, err := n.rewind(c.depth, c.txs)
			if err != nil {
				return err
			}
			best = min(best, d)
		}
		name := fmt.Sprintf("back %d layers of %d transfers", c.depth, c.txs)
		n.out.add(partRewind, name, millis(best), "ms", c.goal)
	}
	return nil
}

// rewind makes and executes layers and takes them away again.
func (n *network) rewind(depth, txs int) (time.Duration, error) {
	if n.Quick {
		txs = min(txs, 4)
	}
	// What a reorganisation put back is in the next block.
	for range 2 {
		if err := n.mine(); err != nil {
			return 0, err
		}
	}
	for range depth {
		if err := n.post(n.world.transfers(txs)); err != nil {
			return 0, err
		}
		if err := n.mine(); err != nil {
			return 0, err
		}
	}
	if err := n.steps(); err != nil {
		return 0, err
	}
	before, _ := n.node.Head()
	if err := n.chain.Fork(depth); err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	start := time.Now()
	if err := n.steps(); err != nil {
		return 0, err
	}
	took := time.Since(start)
	if after, _ := n.node.Head(); after+uint64(depth) != before {
		return 0, fmt.Errorf("bench: from layer %d to %d: this is a bug", before, after)
	}
	return took, nil
}

// restarts measures closing and opening the executor, up to where it follows L1.
func (n *network) restarts() error {
	n.Progress("restarting")
	cfg := n.config()
	took, err := n.least(5, func() error {
		if err := n.open(cfg); err != nil {
			return err
		}
		return n.steps()
	})
	if err != nil {
		return err
	}
	n.out.add(partRestart, "close, open and follow", millis(took), "ms", atMost(1_000))
	return nil
}
