package sim

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// Liars are executors whose claims are wrong in one of these ways. What they have in common is that
// some root of a layer is not the true one.
var lies = []struct {
	name string
	tell func(layer uint64, roots []rollup.Hash) []rollup.Hash
}{
	{"the last root", func(_ uint64, r []rollup.Hash) []rollup.Hash { return flip(r, len(r)-1) }},
	{"the first root", func(_ uint64, r []rollup.Hash) []rollup.Hash { return flip(r, 0) }},
	{"a middle root", func(_ uint64, r []rollup.Hash) []rollup.Hash { return flip(r, len(r)/2) }},
	{"all roots", func(_ uint64, r []rollup.Hash) []rollup.Hash {
		for i := range r {
			r = flip(r, i)
		}
		return r
	}},
	{"now and then", func(l uint64, r []rollup.Hash) []rollup.Hash {
		if l%5 != 0 {
			return r
		}
		return flip(r, len(r)/2)
	}},
	{"two roots exchanged", func(_ uint64, r []rollup.Hash) []rollup.Hash {
		out := append([]rollup.Hash{}, r...)
		out[0], out[len(out)-1] = out[len(out)-1], out[0]
		return out
	}},
}

func flip(roots []rollup.Hash, i int) []rollup.Hash {
	out := append([]rollup.Hash{}, roots...)
	out[i][0] ^= 0x80
	return out
}

// scheme is something that an adversary does at one height.
type scheme struct {
	name string
	do   func(w *world, ctx context.Context, s *sender)
}

// schemes are what the adversaries try. None of it may harm anybody else.
var schemes = []scheme{
	{"garbage bundle", garbageBundle},
	{"bundle that understates its weight", weightLie},
	{"bundle of other relays' transactions", griefBundle},
	{"expansion bomb", bomb},
	{"claim with the wrong number of roots", func(w *world, ctx context.Context, s *sender) {
		w.falseClaim(ctx, s, func(c *rollup.Claim) { c.StepRoots = c.StepRoots[1:] })
	}},
	{"claim on an unknown root", func(w *world, ctx context.Context, s *sender) {
		w.falseClaim(ctx, s, func(c *rollup.Claim) { c.PreRoot[3] ^= 1 })
	}},
	{"claim of another L1 block", func(w *world, ctx context.Context, s *sender) {
		w.falseClaim(ctx, s, func(c *rollup.Claim) { c.L1BlockHash[0] ^= 1 })
	}},
	{"claim for another version", func(w *world, ctx context.Context, s *sender) {
		w.falseClaim(ctx, s, func(c *rollup.Claim) { c.VMVersion++ })
	}},
	{"claim with a wrong root, chained on the final one", func(w *world, ctx context.Context, s *sender) {
		w.falseClaim(ctx, s, func(c *rollup.Claim) {
			c.StepRoots = flip(c.StepRoots, w.rng.IntN(len(c.StepRoots)))
		})
	}},
	{"challenge with a witness of junk", func(w *world, ctx context.Context, s *sender) {
		w.challenge(ctx, s, func(*l1.ClaimInfo, uint32) []byte { return []byte{3, 0, 0} })
	}},
	{"challenge that is never proven", func(w *world, ctx context.Context, s *sender) {
		w.challenge(ctx, s, func(*l1.ClaimInfo, uint32) []byte { return nil })
	}},
	{"challenge of a true step with a true witness", func(w *world, ctx context.Context, s *sender) {
		w.challenge(ctx, s, w.witness)
	}},
	{"challenge of a step with half of its witness", func(w *world, ctx context.Context, s *sender) {
		w.challenge(ctx, s, w.halfWitness)
	}},
	{"challenge of a step that is not there", func(w *world, ctx context.Context, s *sender) {
		if c, ok := w.anyClaim(); ok {
			s.submit(ctx, &rollup.ChallengeOpen{ClaimID: c.ID, Step: uint32(len(c.Claim.StepRoots))})
		}
	}},
	{"challenge of a claim that nobody made", func(_ *world, ctx context.Context, s *sender) {
		s.submit(ctx, &rollup.ChallengeOpen{ClaimID: rollup.Hash{1}})
	}},
	{"challenge copied from a block", copiedChallenge},
	{"twenty challenges of one claim", func(w *world, ctx context.Context, s *sender) {
		c, ok := w.anyClaim()
		for i := 0; ok && i < 20; i++ {
			step := uint32(w.rng.IntN(len(c.Claim.StepRoots)))
			s.submit(ctx, &rollup.ChallengeOpen{ClaimID: c.ID, Step: step, Commitment: rollup.Hash{byte(i)}})
		}
	}},
	{"commitments that nobody opens", func(w *world, ctx context.Context, s *sender) {
		for range 10 {
			var h rollup.Hash
			binary.LittleEndian.PutUint64(h[:], w.rng.Uint64())
			s.submit(ctx, &rollup.ClaimCommit{Commitment: h})
		}
	}},
	{"forced transaction of junk", func(_ *world, ctx context.Context, s *sender) {
		s.submit(ctx, &rollup.ForcedTx{Tx: []byte{1, 2, 3}})
	}},
	{"forced transaction that a relay has as well", func(w *world, ctx context.Context, s *sender) {
		if tx := w.anyPromise(); tx != nil {
			s.submit(ctx, &rollup.ForcedTx{Tx: tx.Encode()})
		}
	}},
}

func garbageBundle(w *world, ctx context.Context, s *sender) {
	junk := make([]byte, 40+w.rng.IntN(200))
	for i := range junk {
		junk[i] = byte(w.rng.Uint32())
	}
	s.submit(ctx, &rollup.PostBundle{Bundle: junk, Weight: 1})
}

func weightLie(w *world, ctx context.Context, s *sender) {
	if tx := w.anyPromise(); tx != nil {
		b := rollup.EncodeBundle(stftest.Wallet("grief"), rollup.CodecRaw, [][]byte{tx.Encode()},
			&w.genesis.Params)
		s.submit(ctx, &rollup.PostBundle{Bundle: b, Weight: 1})
	}
}

// griefBundle posts what an honest relay posts, doubled and beside junk, with a higher bid.
func griefBundle(w *world, ctx context.Context, s *sender) {
	tx := w.anyPromise()
	if tx == nil {
		return
	}
	bad := append([]byte{}, tx.Encode()...)
	bad[len(bad)-1] ^= 1 // another auth: another copy of one transaction
	raws := [][]byte{tx.Encode(), tx.Encode(), {1}, bad}
	p := &w.genesis.Params
	b := rollup.EncodeBundle(stftest.Wallet("grief"), rollup.CodecDeflate, raws, p)
	it := &rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(len(raws[0]))}
	s.submit(ctx, &rollup.PostBundle{Bundle: b, Weight: 4 * p.Weight(p.Declared(it)), Bid: 3})
}

// bomb is a bundle whose few bytes expand to far more than its cap.
func bomb(w *world, ctx context.Context, s *sender) {
	raws := [][]byte{make([]byte, w.genesis.Params.MaxTxBytes)}
	b := rollup.EncodeBundle(stftest.Wallet("grief"), rollup.CodecDeflate, raws, &w.genesis.Params)
	s.submit(ctx, &rollup.PostBundle{Bundle: b, Weight: 1 << 20})
}

// falseClaim commits to a claim that is true but for one change, and shows it a block later.
func (w *world) falseClaim(ctx context.Context, s *sender, spoil func(*rollup.Claim)) {
	final := w.chain.State().Final()
	from, to := final.Layer+1, min(final.Layer+2, w.height()-min(w.height(), 2))
	if to < from || w.oracle.at(to) == nil {
		return
	}
	c := &rollup.Claim{
		Executor: account(s.name), Reward: stftest.Wallet("grief"), FromLayer: from, ToLayer: to,
		L1BlockHash: w.oracle.at(to).hash, PreRoot: w.oracle.at(from - 1).root(),
		VMVersion: w.genesis.Params.VMVersion,
	}
	for l := from; l <= to; l++ {
		c.StepRoots = append(c.StepRoots, w.oracle.at(l).roots...)
	}
	spoil(c)
	salt := rollup.Hash{byte(w.rng.Uint32()), 7}
	s.submit(ctx, &rollup.ClaimCommit{Commitment: rollup.CommitHash(c.Executor, salt, c.ID())})
	w.later(2, func() { s.submit(ctx, &rollup.PostClaim{Claim: *c, Salt: salt}) })
}

// challenge opens a challenge of some living claim and proves it with what witness returns; nil
// proves nothing.
func (w *world) challenge(
	ctx context.Context, s *sender, witness func(c *l1.ClaimInfo, step uint32) []byte,
) {
	c, ok := w.anyClaim()
	if !ok {
		return
	}
	step := uint32(w.rng.IntN(len(c.Claim.StepRoots)))
	salt, proof := rollup.Hash{byte(w.rng.Uint32())}, witness(&c, step)
	s.submit(ctx, &rollup.ChallengeOpen{ClaimID: c.ID, Step: step, Commitment: rollup.OpenHash(
		w.genesis.ChainID(), c.ID, step, account(s.name), salt, rollup.WitnessHash(proof))})
	if proof == nil {
		return
	}
	w.later(1, func() {
		s.submit(ctx, &rollup.ChallengeProve{ClaimID: c.ID, Step: step, Salt: salt, Witness: proof})
	})
}

// witness proves a step of a claim from the true state.
func (w *world) witness(c *l1.ClaimInfo, step uint32) []byte {
	return w.proveOf(c, step, func(l *stf.Layer, _ int) *stf.Layer { return l })
}

// halfWitness shows what the first item of a step reads, and nothing else.
func (w *world) halfWitness(c *l1.ClaimInfo, step uint32) []byte {
	return w.proveOf(c, step, func(l *stf.Layer, step int) *stf.Layer {
		half := *l
		half.Steps = slices.Clone(l.Steps)
		half.Steps[step].Count = 1
		return &half
	})
}

// proveOf proves a step of a claim in a layer that cut makes of the true one.
func (w *world) proveOf(
	c *l1.ClaimInfo, step uint32, cut func(l *stf.Layer, step int) *stf.Layer,
) []byte {
	first := uint32(0)
	for l := c.Claim.FromLayer; l <= c.Claim.ToLayer; l++ {
		t := w.oracle.at(l)
		if t == nil {
			return nil
		}
		if n := uint32(len(t.roots)); step >= first+n {
			first += n
			continue
		}
		tree := w.oracle.at(l - 1).tree.Fork()
		for i := range int(step - first) {
			if err := w.oracle.apply(tree, t.layer, i); err != nil {
				return nil
			}
		}
		local := int(step - first)
		proof, _, err := dispute.Prove(w.oracle.engine, tree, cut(t.layer, local), local)
		if err != nil {
			return nil
		}
		return proof
	}
	return nil
}

// copiedChallenge shows the proof of another challenger as its own.
func copiedChallenge(w *world, ctx context.Context, s *sender) {
	b, err := w.chain.Layer(ctx, w.height())
	if err != nil {
		return
	}
	for i := range b.Txs {
		switch p := b.Txs[i].Payload.(type) {
		case *rollup.ChallengeOpen:
			s.submit(ctx, &rollup.ChallengeOpen{ClaimID: p.ClaimID, Step: p.Step, Commitment: p.Commitment})
		case *rollup.ChallengeProve:
			s.submit(ctx, &rollup.ChallengeProve{
				ClaimID: p.ClaimID, Step: p.Step, Salt: p.Salt, Witness: p.Witness})
		}
	}
}

// anyClaim is some claim that L1 keeps: living, final or dead.
func (w *world) anyClaim() (l1.ClaimInfo, bool) {
	claims := w.chain.State().Claims()
	if len(claims) == 0 {
		return l1.ClaimInfo{}, false
	}
	return claims[w.rng.IntN(len(claims))], true
}

// anyPromise is some transaction that a relay has accepted; nil when there is none yet.
func (w *world) anyPromise() *rollup.Tx {
	if len(w.given) == 0 {
		return nil
	}
	return w.given[w.rng.IntN(len(w.given))]
}
