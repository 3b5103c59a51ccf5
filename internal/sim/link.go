package sim

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/kv/crashfs"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	l1sim "github.com/athenarollup/athena/rollup/l1/sim"
)

var (
	errPower = errors.New("sim: the machine has no power")
	errCut   = errors.New("sim: the line to L1 is cut")
	errLost  = errors.New("sim: the message was lost")
)

// link is one machine's line to L1. It loses, delays and doubles what is submitted, and is cut for
// some blocks now and then. The machine sees L1 as it is, or not at all.
type link struct {
	chain *l1sim.Chain
	rng   *rand.Rand
	disk  func() *crashfs.Disk

	cut   uint64 // L1 cannot be reached until this height
	noise float64
	quiet uint64 // no message is lost, late or doubled before this height
	late  []delayed
}

// faultEvery is how many blocks lie at least between two faults of a line: who tries for long enough
// is heard.
const faultEvery = 4

// delayed is a message on its way.
type delayed struct {
	at uint64
	tx *rollup.L1Tx
}

var _ l1.Chain = (*link)(nil)

// up is what every call asks first.
func (l *link) up(ctx context.Context) error {
	if l.disk().Dead() {
		return errPower
	}
	tip, err := l.chain.Tip(ctx)
	if err != nil {
		return err
	}
	if tip.Height < l.cut {
		return errCut
	}
	return nil
}

// deliver hands over what is due at a height.
func (l *link) deliver(ctx context.Context, height uint64) {
	var rest []delayed
	for _, d := range l.late {
		if d.at > height {
			rest = append(rest, d)
			continue
		}
		_, _ = l.chain.Submit(ctx, d.tx) // nobody waits for the answer
	}
	l.late = rest
}

// Tip implements l1.Chain.
func (l *link) Tip(ctx context.Context) (l1.Tip, error) {
	if err := l.up(ctx); err != nil {
		return l1.Tip{}, err
	}
	return l.chain.Tip(ctx)
}

// Wait implements l1.Chain.
func (l *link) Wait(ctx context.Context, from l1.Tip) (l1.Tip, error) {
	if err := l.up(ctx); err != nil {
		return l1.Tip{}, err
	}
	return l.chain.Wait(ctx, from)
}

// Layer implements l1.Chain.
func (l *link) Layer(ctx context.Context, height uint64) (*rollup.Layer, error) {
	if err := l.up(ctx); err != nil {
		return nil, err
	}
	return l.chain.Layer(ctx, height)
}

// Submit implements l1.Chain.
func (l *link) Submit(ctx context.Context, tx *rollup.L1Tx) (rollup.Hash, error) {
	if err := l.up(ctx); err != nil {
		return rollup.Hash{}, err
	}
	tip, err := l.chain.Tip(ctx)
	if err != nil {
		return rollup.Hash{}, err
	}
	if l.rng.Float64() >= l.noise || tip.Height < l.quiet {
		return l.chain.Submit(ctx, tx)
	}
	l.quiet = tip.Height + faultEvery
	switch l.rng.IntN(4) {
	case 0: // lost on its way
		return rollup.Hash{}, errLost
	case 1: // the answer is lost
		_, _ = l.chain.Submit(ctx, tx)
		return rollup.Hash{}, errLost
	case 2: // late, also for the sender
		l.late = append(l.late, delayed{tip.Height + 1 + l.rng.Uint64N(2), tx})
		return rollup.Hash{}, errLost
	default: // twice
		_, _ = l.chain.Submit(ctx, tx)
		return l.chain.Submit(ctx, tx)
	}
}

// TxStatus implements l1.Chain.
func (l *link) TxStatus(ctx context.Context, id rollup.Hash) (l1.TxStatus, error) {
	if err := l.up(ctx); err != nil {
		return l1.TxStatus{}, err
	}
	return l.chain.TxStatus(ctx, id)
}

// Account implements l1.Chain.
func (l *link) Account(ctx context.Context, a address.Address) (l1.Account, error) {
	if err := l.up(ctx); err != nil {
		return l1.Account{}, err
	}
	return l.chain.Account(ctx, a)
}

// Claims implements l1.Chain.
func (l *link) Claims(ctx context.Context) ([]l1.ClaimInfo, l1.FinalHead, error) {
	if err := l.up(ctx); err != nil {
		return nil, l1.FinalHead{}, err
	}
	return l.chain.Claims(ctx)
}

// Params implements l1.Chain.
func (l *link) Params(ctx context.Context, height uint64) (*rollup.Params, error) {
	if err := l.up(ctx); err != nil {
		return nil, err
	}
	return l.chain.Params(ctx, height)
}

// Spent implements l1.Chain.
func (l *link) Spent(ctx context.Context, layer, index uint64) (bool, error) {
	if err := l.up(ctx); err != nil {
		return false, err
	}
	return l.chain.Spent(ctx, layer, index)
}
