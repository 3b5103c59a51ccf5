package l1_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// TestRetention: the bytes of final layers stay for RetainBlocks and no longer, all else that a
// claim can name stays, and claims and roots that are over are forgotten ([31]).
func TestRetention(t *testing.T) {
	t.Parallel()
	s := newToy(t, func(p *rollup.Params) {
		p.VerdictsPerBlock, p.BlockMillis = 2_000, 1<<32
		p.ChallengeWindow, p.ProveWindow, p.ReorgBound = 3, 2, 1
		p.RetainBlocks = 12
	})
	p := s.Params()
	w := &honest{s: s}
	nonce := uint64(0)
	send := func(payload rollup.L1Payload) {
		events, refused := mine(t, s, signed(s, "alice", nonce, payload))
		nonce++
		require.Empty(t, refused)
		require.NotContains(t, events[0].String(), "refused")
	}
	claimed := uint64(0)
	claim := func() {
		w.learn(t)
		c := rollup.Claim{Executor: account("alice"), Reward: account("alice"), VMVersion: 1,
			FromLayer: claimed + 1, ToLayer: s.Tip().Height, PreRoot: w.after(claimed),
			L1BlockHash: s.Tip().Hash}
		for _, roots := range w.truth[c.FromLayer:] {
			c.StepRoots = append(c.StepRoots, roots...)
		}
		claimed = c.ToLayer
		send(&rollup.ClaimCommit{
			Commitment: rollup.CommitHash(account("alice"), rollup.Hash{}, c.ID())})
		send(&rollup.PostClaim{Claim: c})
	}
	mine(t, s)
	for range 30 {
		claim()
	}
	require.Greater(t, s.Final().Layer, 2*p.RetainBlocks)
	oldest := s.Final().Layer - p.RetainBlocks
	_, err := s.Layer(oldest - 1)
	require.ErrorIs(t, err, l1.ErrNoLayer)
	for h := oldest; h <= s.Tip().Height; h++ {
		_, err := s.Layer(h)
		require.NoError(t, err)
	}
	over := 4*(p.ChallengeWindow+p.ProveWindow) + p.ReorgBound // for how long they are known
	require.NotEmpty(t, s.FinalRoots(s.Final().Layer))
	require.Empty(t, s.FinalRoots(s.Final().Layer-over-2))
	claims := s.Claims()
	require.Less(t, len(claims), 16)
	for i := 1; i < len(claims); i++ {
		require.Less(t, claims[i-1].Admitted, claims[i].Admitted, "oldest first")
	}

	// Nobody claims: whatever is not final stays, however long that takes.
	for range 100 {
		mine(t, s)
	}
	_, err = s.Layer(s.Final().Layer)
	require.NoError(t, err)
	require.Empty(t, s.Claims())
}
