package l1_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// honest challenges the first wrong step of every claim that builds on the truth.
type honest struct {
	s     *l1.State
	truth [][]rollup.Hash // step roots by layer
	nonce uint64
	shown map[rollup.Hash]*rollup.ChallengeProve // what was opened and is to be proven
}

// learn executes the blocks that are new.
func (w *honest) learn(t *testing.T) {
	if len(w.truth) == 0 {
		w.truth = [][]rollup.Hash{{w.s.Final().Root}}
	}
	for h := uint64(len(w.truth)); h <= w.s.Tip().Height; h++ {
		l, err := w.s.Layer(h)
		require.NoError(t, err)
		root := w.after(h - 1)
		var roots []rollup.Hash
		for i := range int(l.Header.StepCount) {
			root = toyRoot(root, h, i)
			roots = append(roots, root)
		}
		w.truth = append(w.truth, roots)
	}
}

func (w *honest) after(layer uint64) rollup.Hash {
	roots := w.truth[layer]
	return roots[len(roots)-1]
}

func (w *honest) sign(p rollup.L1Payload) rollup.L1Tx {
	w.nonce++
	return signed(w.s, watcher, w.nonce-1, p)
}

// act returns the watcher's transactions for the next block.
func (w *honest) act(t *testing.T) (txs []rollup.L1Tx) {
	w.learn(t)
	for _, c := range w.s.Claims() {
		p := w.shown[c.ID]
		switch {
		case c.Status != l1.ClaimOpen || c.Claim.PreRoot != w.after(c.Claim.FromLayer-1):
		case p != nil && p.Witness != nil:
			txs = append(txs, w.sign(&rollup.ChallengeProve{
				ClaimID: c.ID, Step: p.Step, Witness: p.Witness}))
			p.Witness = nil // shown
		case p == nil:
			if open := w.open(c); open != nil {
				txs = append(txs, w.sign(open))
			}
		}
	}
	return txs
}

func (w *honest) open(c l1.ClaimInfo) rollup.L1Payload {
	pre, i := c.Claim.PreRoot, 0
	for h := c.Claim.FromLayer; h <= c.Claim.ToLayer; h++ {
		for _, want := range w.truth[h] {
			if c.Claim.StepRoots[i] == want {
				pre = want
				i++
				continue
			}
			p := &rollup.ChallengeProve{ClaimID: c.ID, Step: uint32(i), Witness: toyWitness(pre)}
			w.shown[c.ID] = p
			return &rollup.ChallengeOpen{ClaimID: c.ID, Step: p.Step, Commitment: rollup.OpenHash(
				w.s.ChainID(), c.ID, p.Step, account(watcher), p.Salt, rollup.WitnessHash(p.Witness))}
		}
	}
	return nil
}

// TestOneHonestWatcher lets liars claim and challenge at random: as long as one honest watcher is
// there, no wrong root becomes final, and his challenges cost him nothing but fees.
func TestOneHonestWatcher(t *testing.T) {
	t.Parallel()
	final, slashed := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := newToy(t, func(p *rollup.Params) {
			p.ReorgBound, p.ChallengeWindow, p.ProveWindow = 1, 3, 2
		})
		c := &chaos{s: s, sound: true, nonces: map[string]uint64{},
			proofs: map[string][]*rollup.ChallengeProve{}}
		w := &honest{s: s, shown: map[rollup.Hash]*rollup.ChallengeProve{}}
		for range 50 {
			txs := w.act(t)
			for _, name := range actors {
				c.nonces[name] = s.Account(account(name)).Nonce
			}
			for range r.IntN(5) {
				c.b = make([]byte, 16)
				for i := range c.b {
					c.b[i] = byte(r.Uint32())
				}
				txs = append(txs, c.tx())
			}
			for _, e := range checkBlock(t, s, txs) {
				if lost, ok := e.(l1.ChallengeLost); ok {
					require.NotEqual(t, account(watcher), lost.Challenger, "seed %d: %v", seed, e)
				}
				if _, ok := e.(l1.Slashed); ok {
					slashed++
				}
			}
			w.learn(t)
			require.Equal(t, w.after(s.Final().Layer), s.Final().Root, "seed %d", seed)
		}
		final += int(s.Final().Layer)
	}
	require.NotZero(t, final)
	require.NotZero(t, slashed)
	t.Logf("%d layers final, %d liars slashed", final, slashed)
}
