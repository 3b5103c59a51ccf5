package sim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

var (
	// ErrForkDepth is returned by Fork for a depth that no reorganisation may have.
	ErrForkDepth = errors.New("sim: no fork of that depth")
	// ErrStore says that what the store holds is not this chain.
	ErrStore = errors.New("sim: store does not hold this chain")
)

// Options of a chain. The zero value of each field but Judge works.
type Options struct {
	Seed         uint64
	BlockTime    uint64          // seconds of virtual time from block to block; 0 means 1
	Proposer     address.Address // earns the unburned half of the byte fees
	Store        *kv.Store       // keeps the blocks; nil means memory only. The caller closes it
	Judge        l1.Judge        // revision 1 of the reference engine
	Repaired     []l1.Judge      // revisions 2, 3, and so on
	MempoolTxs   int             // 0 means 4096
	MempoolBytes int             // 0 means 64 MiB
}

// keptBlocks is how many of the newest blocks stay in memory when there is a store, and of how many
// the events do in any case.
const keptBlocks = 1 << 10

// record is a block and what it did.
type record struct {
	layer  *rollup.Layer // nil: only in the store
	events []l1.Event
}

// inclusion is where a transaction is, and why it had no effect.
type inclusion struct {
	height uint64
	reason rollup.Reason
}

// Chain is a simulated L1. It is safe for concurrent use.
type Chain struct {
	opts Options

	mining sync.Mutex // held by whoever changes the chain

	mu       sync.Mutex
	states   []*l1.State               // after the newest blocks, oldest first; they are never modified
	records  []record                  // of all blocks, by height
	included map[rollup.Hash]inclusion // of the newest blocks, if the store has the others
	pool     *mempool
	forks    uint64
	changed  chan struct{} // closed when the tip changes
}

var _ l1.Chain = (*Chain)(nil)

// New returns the chain of a genesis: at block 0, or where the store left it.
func New(g *rollup.Genesis, o Options) (*Chain, error) {
	if o.BlockTime == 0 {
		o.BlockTime = 1
	}
	if o.MempoolTxs == 0 {
		o.MempoolTxs = 4096
	}
	if o.MempoolBytes == 0 {
		o.MempoolBytes = 64 << 20
	}
	s, err := l1.NewState(g, append([]l1.Judge{o.Judge}, o.Repaired...)...)
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	first, err := s.Layer(0)
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	c := &Chain{
		opts:     o,
		states:   []*l1.State{s},
		records:  []record{{layer: first}},
		included: map[rollup.Hash]inclusion{},
		pool:     newMempool(o.MempoolTxs, o.MempoolBytes),
		changed:  make(chan struct{}),
	}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// Mine makes the next block now and returns it with what it did.
func (c *Chain) Mine(ctx context.Context) (*rollup.Layer, []l1.Event, error) {
	c.mining.Lock()
	defer c.mining.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("sim: mine: %w", err)
	}
	c.mu.Lock()
	parent, candidates, forks := c.state(), c.pool.list(), c.forks
	parentTime := c.records[len(c.records)-1].layer.Header.Time
	c.mu.Unlock()

	// A block depends on what waits, not on the order in which goroutines handed it in: one seed, one
	// history. Challenges come first, so that nobody can buy the room that they need in time; then a
	// higher bid. Build keeps a sender's own transactions in order of their nonces.
	slices.SortStableFunc(candidates, func(a, b rollup.L1Tx) int {
		return cmp.Or(
			cmp.Compare(urgency(&a), urgency(&b)),
			cmp.Compare(bidOf(&b), bidOf(&a)),
			bytes.Compare(a.Sender[:], b.Sender[:]),
			cmp.Compare(a.Nonce, b.Nonce))
	})
	if err := parent.Supported(); err != nil {
		return nil, nil, fmt.Errorf("sim: mine: %w", err)
	}
	layer, refused := parent.Build(candidates, l1.Env{
		Time:     parentTime + c.opts.BlockTime,
		Beacon:   beacon(c.opts.Seed, parent.Tip().Height+1, forks),
		Proposer: c.opts.Proposer,
	})
	next := parent.Clone()
	events, err := next.Apply(layer)
	if err != nil {
		panic(fmt.Sprintf("BUG: sim: own block refused: %v", err))
	}
	if err := c.save(layer, events, refused); err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range refused {
		c.pool.refuse(r.ID, r.Reason)
	}
	c.push(next, layer, events)
	return layer, events, nil
}

// urgency is 0 for what has a deadline in the protocol, else 1.
func urgency(tx *rollup.L1Tx) int {
	switch tx.Payload.(type) {
	case *rollup.ChallengeOpen, *rollup.ChallengeProve:
		return 0
	}
	return 1
}

// bidOf is what a transaction offers for being early: only bundles bid.
func bidOf(tx *rollup.L1Tx) uint64 {
	if p, ok := tx.Payload.(*rollup.PostBundle); ok {
		return p.Bid
	}
	return 0
}

// Run makes a block at every tick of real time until ctx ends, which is no error.
func (c *Chain) Run(ctx context.Context, interval time.Duration) error {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if _, _, err := c.Mine(ctx); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
	}
}

// Fork drops the newest blocks, as if a longer branch without them had won: the next Mine makes the
// first block of another branch, with another beacon. Their transactions wait again, before all
// others. The depth is at most the parameter ReorgBound.
func (c *Chain) Fork(depth int) error {
	c.mining.Lock()
	defer c.mining.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	bound := c.state().Params().ReorgBound
	if depth < 1 || uint64(depth) > bound || depth >= len(c.states) {
		return fmt.Errorf("%w: %d, at most %d", ErrForkDepth, depth,
			min(bound, uint64(len(c.states)-1)))
	}
	tip := c.state().Tip().Height
	var orphans []rollup.L1Tx
	for _, r := range c.records[len(c.records)-depth:] {
		orphans = append(orphans, r.layer.Txs...)
	}
	if err := c.drop(tip-uint64(depth)+1, tip, c.forks+1, orphans); err != nil {
		return err
	}
	c.forks++
	for i := range orphans {
		delete(c.included, orphans[i].ID())
	}
	c.records = c.records[:len(c.records)-depth]
	c.states = c.states[:len(c.states)-depth]
	c.pool.putBack(orphans)
	c.wake()
	return nil
}

// push makes a block the tip. The caller holds mu.
func (c *Chain) push(next *l1.State, layer *rollup.Layer, events []l1.Event) {
	c.states = append(c.states, next)
	if extra := len(c.states) - int(next.Params().ReorgBound) - 1; extra > 0 {
		c.states = append([]*l1.State(nil), c.states[extra:]...)
	}
	height := layer.Header.Height
	for i := range layer.Txs {
		id := layer.Txs[i].ID()
		c.included[id] = inclusion{height: height}
		c.pool.remove(id)
	}
	for _, e := range events {
		if r, ok := e.(l1.Refused); ok {
			c.included[r.Tx] = inclusion{height, r.Reason}
		}
	}
	c.records = append(c.records, record{layer, events})
	if old := len(c.records) - 1 - keptBlocks; old >= 0 {
		c.records[old].events = nil
		if c.opts.Store != nil && old > 0 { // genesis is not stored
			for i := range c.records[old].layer.Txs {
				delete(c.included, c.records[old].layer.Txs[i].ID())
			}
			c.records[old].layer = nil
		}
	}
	c.wake()
}

// wake tells everybody who waits that the tip is another one. The caller holds mu.
func (c *Chain) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// state returns the state at the tip. The caller holds mu; what is returned is never modified.
func (c *Chain) state() *l1.State { return c.states[len(c.states)-1] }

// beacon is H("athena/sim/beacon" ‖ seed ‖ height ‖ forks so far).
func beacon(seed, height, forks uint64) rollup.Hash {
	b := []byte("athena/sim/beacon")
	for _, v := range []uint64{seed, height, forks} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return sha256.Sum256(b)
}
