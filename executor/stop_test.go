package executor

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
)

// faulty is an L1 whose answers a test spoils.
type faulty struct {
	l1.Chain
	spoil func(h *rollup.Header)
	fails atomic.Int32 // number of calls of Layer that fail
}

func (f *faulty) Layer(ctx context.Context, height uint64) (*rollup.Layer, error) {
	if f.fails.Add(-1) >= 0 {
		return nil, errors.New("connection refused")
	}
	l, err := f.Chain.Layer(ctx, height)
	if err != nil || f.spoil == nil {
		return l, err
	}
	own := *l
	f.spoil(&own.Header)
	return &own, nil
}

func TestStopsWhereL1DerivesSomethingElse(t *testing.T) {
	for what, spoil := range map[string]func(h *rollup.Header){
		"the parameters' hash":  func(h *rollup.Header) { h.ParamsHash[0] ^= 1 },
		"the number of items":   func(h *rollup.Header) { h.ItemCount++ },
		"the number of steps":   func(h *rollup.Header) { h.StepCount++ },
		"the root of the items": func(h *rollup.Header) { h.ItemsRoot[0] ^= 1 },
		"the root of the carry": func(h *rollup.Header) { h.CarryRoot[0] ^= 1 },
	} {
		n := newNetwork(t, nil)
		n.mine(1)
		cfg := n.config()
		cfg.Chain = &faulty{Chain: n.chain, spoil: spoil}
		e, err := New(cfg)
		require.NoError(t, err)
		err = e.Run(t.Context())
		require.ErrorIs(t, err, ErrDiverged)
		require.ErrorContains(t, err, "layer 1: "+what)
		layer, _ := e.Head()
		require.Zero(t, layer, "nothing was built on it")
		require.NoError(t, e.Close())
	}
}

func TestAsksAgainWhenL1DoesNotAnswer(t *testing.T) {
	n := newNetwork(t, nil)
	last := n.mine(2)
	chain := &faulty{Chain: n.chain}
	chain.fails.Store(1)
	cfg := n.config()
	cfg.Chain = chain
	require.NotZero(t, root(t, n.start(cfg), last))
}

// A step that failed because of L1 is tried again and loses nothing.
func TestStepAfterL1Failed(t *testing.T) {
	n := newNetwork(t, nil)
	last := n.mine(3)
	chain := &faulty{Chain: n.chain}
	cfg := n.config()
	cfg.Chain = chain
	e := n.open(cfg)
	for range 3 {
		chain.fails.Store(1)
		_, err := e.Step(t.Context())
		require.ErrorIs(t, err, ErrL1)
		chain.fails.Store(0)
		require.NoError(t, steps(t.Context(), e))
		last = n.mine(1)
	}
	require.NoError(t, steps(t.Context(), e))
	progress, err := e.Step(t.Context())
	require.NoError(t, err)
	require.False(t, progress, "there is nothing to do at a tip that is settled")
	at, got := e.Head()
	require.Equal(t, last, at)
	require.Equal(t, n.fresh(last), got)
}

func TestReorganisationBelowTheHistoryStops(t *testing.T) {
	n := newNetwork(t, nil)
	e := n.open(n.config())
	n.mine(4)
	n.see(e)
	// A history of one layer cannot be asked for; an older store may have it.
	e.ledger.store = shallow{e.ledger.store}
	require.NoError(t, n.chain.Fork(3))
	n.mine(5)
	require.ErrorIs(t, steps(t.Context(), e), ErrTooDeep)
}

// shallow is a store that has forgotten how to go back.
type shallow struct{ statetree.Store }

func (shallow) Rewind(uint64) error { return statetree.ErrHistory }

func TestConfigSaysEverythingThatIsWrong(t *testing.T) {
	err := Config{Claim: true, ClaimEvery: -1, History: -1}.Validate()
	for _, what := range []string{
		"set Genesis", "set Chain", "set Key", "set Reward", "ClaimEvery is -1", "History is -1",
	} {
		require.ErrorContains(t, err, what)
	}
	n := newNetwork(t, nil)
	cfg := n.poster("one")
	cfg.ClaimEvery, cfg.History = 17, 3
	err = cfg.Validate()
	require.ErrorContains(t, err, "allows 16 layers a claim")
	require.ErrorContains(t, err, "this network needs 14 layers")
	_, err = New(cfg)
	require.Error(t, err)
}
