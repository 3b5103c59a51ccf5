package executor

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/l1/sim"
)

// by posts a payload with the L1 account of somebody who runs no executor.
func (n *network) by(name string, payload rollup.L1Payload) {
	n.t.Helper()
	acc, err := n.chain.Account(n.t.Context(), l1Account(name))
	require.NoError(n.t, err)
	tx := &rollup.L1Tx{ChainID: n.genesis.ChainID(), Nonce: acc.Nonce, Payload: payload}
	tx.Sign(l1Key(name))
	_, err = n.chain.Submit(n.t.Context(), tx)
	require.NoError(n.t, err)
}

// Attack ([9]): a friend of the liar's challenges first, with a bad witness that a bug of the reference
// engine cannot judge. The step is suspended. An honest executor challenges it all the same: when the
// engine is repaired, the friend's witness is thrown out, and nothing else would keep the lie from
// becoming final.
func TestChallengeBesideAnInconclusiveOne(t *testing.T) {
	trick, sound := []byte{3, 0, 0}, dispute.NewJudge(engine)
	n := newNetwork(t, nil)
	var err error
	n.chain, err = sim.New(n.genesis, sim.Options{Repaired: []l1.Judge{sound}, Judge: func(
		l *rollup.LayerInput, step int, pre, claimed rollup.Hash, witness []byte,
	) rollup.Verdict {
		if bytes.Equal(witness, trick) {
			return rollup.Verdict{Code: rollup.VerdictInconclusive}
		}
		return sound(l, step, pre, claimed, witness)
	}})
	require.NoError(t, err)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	liar := n.open(n.liar("liar", 3, func(n int) int { return n - 1 }))
	shadow := n.open(n.config())
	var lie *l1.ClaimInfo
	var d *difference
	for lie == nil {
		n.turns(1, liar, shadow)
		for _, c := range n.chain.State().Claims() {
			if d, err = shadow.ledger.difference(&c.Claim); d != nil {
				lie = &c
				break
			}
			require.NoError(t, err)
		}
	}
	n.by("two", &rollup.ChallengeOpen{ClaimID: lie.ID, Step: d.step, Commitment: rollup.OpenHash(
		n.genesis.ChainID(), lie.ID, d.step, l1Account("two"), rollup.Hash{}, rollup.WitnessHash(trick))})
	n.turn(liar)
	n.by("two", &rollup.ChallengeProve{ClaimID: lie.ID, Step: d.step, Witness: trick})
	require.NotEmpty(t, of[l1.StepSuspended](n.turn(liar)))

	cfg := n.poster("one")
	cfg.Claim = false
	one := n.open(cfg)
	n.see(one)
	opened := of[l1.ChallengeOpened](n.turn(liar, one))
	require.NotEmpty(t, opened)
	require.Equal(t, l1Account("one"), opened[0].Challenger)

	p := n.genesis.Params
	p.EngineRevision = 2
	tip, err := n.chain.Tip(t.Context())
	require.NoError(t, err)
	n.submit(&rollup.Upgrade{Activation: tip.Height + 3 + p.UpgradeDelay(), Params: p})
	var events []l1.Event
	for range p.UpgradeDelay() + 4 {
		events = append(events, n.turn(liar, one)...)
	}
	require.NotEmpty(t, of[l1.EngineRevised](events))
	lost, slashed := of[l1.ChallengeLost](events), of[l1.Slashed](events)
	require.Equal(t, l1Account("two"), lost[0].Challenger)
	require.Equal(t, rollup.VerdictBadWitness, lost[0].Code)
	require.Equal(t, lie.ID, slashed[0].ClaimID)
	require.Equal(t, l1Account("one"), slashed[0].Challenger)
}
