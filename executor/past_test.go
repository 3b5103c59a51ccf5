package executor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Layers below the history are replayed some at a time: new layers are executed between, a restart
// goes on where it was, and nothing is left when nobody asks any more.
func TestReplayGoesOn(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	p := &n.genesis.Params
	cfg := n.poster("one")
	cfg.Claim, cfg.Dir = false, t.TempDir()
	cfg.History = int(p.ReorgBound + p.ChallengeWindow)
	one, err := New(cfg)
	require.NoError(t, err)
	n.turns(3*replayChunk, one)
	liar := n.open(n.liar("liar", 2*replayChunk+3, func(n int) int { return n - 1 }))
	n.see(liar)
	var events []l1.Event
	turns := 0
	for ; len(of[l1.Slashed](events)) == 0; turns++ {
		require.Less(t, turns, 20*replayChunk)
		events = append(events, n.turn(liar)...)
		progress, err := one.Step(t.Context())
		require.NoError(t, err)
		require.True(t, progress)
		if one.ledger.past.ledger != nil {
			at, _ := one.Head()
			tip, err := n.chain.Tip(t.Context())
			require.NoError(t, err)
			require.Equal(t, tip.Height, at, "new layers are executed first")
			replayed, err := one.ledger.past.ledger.head()
			require.NoError(t, err)
			require.NoError(t, one.Close())
			one, err = New(cfg)
			require.NoError(t, err)
			if replayed.layer > 0 && one.ledger.past.ledger != nil {
				again, err := one.ledger.past.ledger.head()
				require.NoError(t, err)
				require.Equal(t, replayed.layer, again.layer)
			}
		}
	}
	require.NoError(t, steps(t.Context(), one))
	require.Nil(t, one.ledger.past.ledger)
	require.NoDirExists(t, one.ledger.past.cfg.Dir)
	require.NoError(t, one.Close())
}

// forgetting is an L1 that has pruned the blocks below a height.
type forgetting struct {
	l1.Chain
	below uint64
}

func (f forgetting) Layer(ctx context.Context, h uint64) (*rollup.Layer, error) {
	if h < f.below {
		return nil, l1.ErrNoLayer
	}
	return f.Chain.Layer(ctx, h)
}

// An executor that started from a snapshot proves the layer of the snapshot itself by a replay from the
// genesis; when L1 does not have the blocks any more it says what to do, once, and goes on.
func TestReplayBelowTheSnapshot(t *testing.T) {
	n, one := history(t)
	for _, below := range []uint64{0, 5} {
		cfg := n.joiner()
		require.NoError(t, (&Join{Config: cfg, Peers: []Peer{one.Peer("a")}}).Run(t.Context()))
		cfg.Chain = forgetting{n.chain, below}
		e := n.open(cfg)
		base, _ := e.Head()
		require.NoError(t, steps(t.Context(), e))
		_, err := e.ledger.prove(t.Context(), base, 0, true)
		require.ErrorIs(t, err, errReplaying)
		for more := true; more; {
			more, err = e.ledger.past.advance(t.Context(), e.log)
			require.NoError(t, err)
			e.ledger.past.asked = more
		}
		p, err := e.ledger.prove(t.Context(), base, 0, true)
		if below > 0 {
			require.ErrorIs(t, err, errPruned)
			require.ErrorContains(t, err, "set --l1 to a node that keeps all blocks")
			require.ErrorContains(t, err, "block 1")
		} else {
			require.NoError(t, err)
			rec, err := e.ledger.record(base)
			require.NoError(t, err)
			require.Equal(t, rec.PreRoot, p.pre)
			require.Equal(t, rec.StepRoots[0], p.post)
		}
		n.mine(1)
		require.NoError(t, steps(t.Context(), e), "it goes on")
	}
}
