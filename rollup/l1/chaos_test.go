package l1_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// TestChaos plays long random games and requires that everything that can happen on an L1 did: else
// FuzzApply would prove little.
func TestChaos(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 0))
		s := newToy(t, func(p *rollup.Params) {
			p.ReorgBound, p.ChallengeWindow, p.ProveWindow, p.VerdictsPerBlock = 1, 4, 3, 1
		})
		c := &chaos{s: s, nonces: map[string]uint64{},
			proofs: map[string][]*rollup.ChallengeProve{}}
		for range 60 {
			for _, name := range actors {
				c.nonces[name] = s.Account(account(name)).Nonce
			}
			var txs []rollup.L1Tx
			for range r.IntN(5) {
				c.b = make([]byte, 16)
				for i := range c.b {
					c.b[i] = byte(r.Uint32())
				}
				txs = append(txs, c.tx())
			}
			for _, e := range checkBlock(t, s, txs) {
				seen[fmt.Sprintf("%T", e)]++
				if v, ok := e.(l1.Judged); ok {
					seen[v.Code.String()]++
				}
			}
		}
	}
	for _, e := range []l1.Event{
		l1.Refused{}, l1.Transferred{}, l1.BundlePosted{}, l1.DepositLocked{}, l1.ForcedAccepted{},
		l1.ClaimCommitted{}, l1.ClaimAdmitted{}, l1.ChallengeOpened{}, l1.ChallengeProved{},
		l1.Judged{}, l1.ChallengeLost{}, l1.Slashed{}, l1.BondReturned{}, l1.WindowRestarted{},
		l1.StepSuspended{}, l1.ClaimBecameFinal{}, l1.ClaimDied{},
	} {
		require.NotZero(t, seen[fmt.Sprintf("%T", e)], "%T never happened: %v", e, seen)
	}
	for _, code := range []rollup.VerdictCode{rollup.VerdictFraud, rollup.VerdictUpheld,
		rollup.VerdictBadWitness, rollup.VerdictInconclusive} {
		require.NotZero(t, seen[code.String()], "%v never happened: %v", code, seen)
	}
}
