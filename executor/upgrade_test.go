package executor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Layers are executed under the parameters of their height, also after a reorganisation across an
// activation; claims stop where parameters change, and challenges below it are won.
func TestUpgrade(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	liar := n.open(n.liar("liar", 3, func(roots int) int { return roots - 1 }))
	cfg := n.poster("one")
	cfg.ClaimEvery = 4
	one := n.open(cfg)
	n.turns(2, liar, one)
	next := n.genesis.Params
	next.StepItems, next.MaxOpenClaims = 1, next.MaxOpenClaims+1
	tip, err := n.chain.Tip(t.Context())
	require.NoError(t, err)
	activation := tip.Height + 2 + next.UpgradeDelay()
	n.submit(&rollup.Upgrade{Activation: activation, Params: next})
	events := n.turns(int(next.UpgradeDelay())+4, liar, one)
	require.NotEmpty(t, of[l1.UpgradeScheduled](events))
	require.NoError(t, n.chain.Fork(4))
	n.run("alice: spend bob 1", "bob: spend alice 1", "alice: spend bob 2")
	n.see(liar, one)
	events = append(events, n.turns(30, liar, one)...)
	for _, c := range of[l1.ClaimAdmitted](events) {
		require.False(t, c.FromLayer < activation && c.ToLayer >= activation, "%+v", c)
	}
	require.Empty(t, of[l1.ChallengeLost](events))
	n.requireFinalIsTrue(one, activation+4)
	at, got := one.Head()
	require.Equal(t, n.fresh(at), got)
	rec, err := one.ledger.record(activation)
	require.NoError(t, err)
	require.Len(t, rec.StepRoots, int(rec.Items), "one item a step from here on")
}
