package executor

import (
	"testing"

	"github.com/stretchr/testify/require"

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
