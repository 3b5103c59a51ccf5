package dispute_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// proven is a step with its witness.
type proven struct {
	name    string
	engine  *stf.Engine
	layer   *stf.Layer
	step    int
	pre     rollup.Hash
	post    rollup.Hash
	witness []byte
}

func (p *proven) judge(pre, claimed rollup.Hash, witness []byte) rollup.Verdict {
	return dispute.Judge(p.engine, p.layer, p.step, pre, claimed, witness)
}

// run executes a layer of the lines and returns all its steps, proven.
func run(t testing.TB, c *stftest.Chain, final []rollup.FinalClaim, lines ...string) []*proven {
	var items []rollup.Item
	next := nonces(t, c)
	for _, line := range lines {
		it, err := c.ParseItem(line, next)
		require.NoError(t, err)
		items = append(items, it)
	}
	var all []*proven
	l := c.Layer(items, 1, final...)
	out, err := c.Apply(l, func(before *statetree.Tree, step int, post rollup.Hash) error {
		p := &proven{
			name: "begin", engine: c.Engine, layer: l, step: step,
			pre: rollup.Hash(before.Root()), post: post,
		}
		if step > 0 && step <= len(lines) {
			p.name = lines[step-1]
		}
		var err error
		p.witness, _, err = dispute.Prove(c.Engine, before, l, step)
		all = append(all, p)
		return err
	})
	require.NoError(t, err)
	for i, r := range out.Receipts() {
		require.Equal(t, rollup.OutcomeSuccess, r.Outcome, "item %d: %+v", i, r)
	}
	all[len(all)-1].name = "end"
	return all
}

// story is a chain with a token, its life so far, and the steps of one more layer of all kinds.
func story(t testing.TB) []*proven {
	p := rollup.DefaultParams()
	p.MaxCarryDelay = 0
	const rich = 1_000_000_000_000
	c, err := stftest.New(p, map[string]uint64{"alice": rich, "bob": rich, "carol": rich})
	require.NoError(t, err)
	run(t, c, nil, "alice: spawn", "bob: spawn")
	run(t, c, nil, "alice: deploy token", "alice: create coin token @alice @any 1",
		"alice: call coin mint @alice 1000", "alice: spend bob 1 | nonce=unordered:1 expiry=2")
	for c.Height < 20 {
		run(t, c, nil)
	}
	// Strangers: their leaves are the surroundings of a state that is in use.
	var deposits []string
	for i := range 60 {
		deposits = append(deposits, fmt.Sprintf("deposit stranger%d 1000", i))
	}
	run(t, c, nil, deposits...)
	final := rollup.FinalClaim{ClaimID: rollup.Hash{1}, FromLayer: 1, ToLayer: 9}
	final.Reward = c.Address("executor")
	return run(t, c, []rollup.FinalClaim{final},
		"deposit dave 5",
		"carol: spawn",
		"alice: spend bob 5",
		"alice: spend erin 5 | sponsor=bob nonce=unordered:3",
		"alice: call coin transfer @bob 100",
		"bob: deploy counter",
	)
}

// TestWitnessSizes reports what steps cost to prove; the numbers are logged, their bound is tested.
func TestWitnessSizes(t *testing.T) {
	t.Parallel()
	for _, p := range story(t) {
		t.Logf("%-40s %6d bytes", p.name, len(p.witness))
		require.Less(t, len(p.witness), 200_000)
	}
}

// TestCutWitness shows less of each node in turn: every node of a witness is needed.
func TestCutWitness(t *testing.T) {
	t.Parallel()
	for _, p := range story(t) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			root, rest := readShape(p.witness)
			require.Empty(t, rest)
			require.Equal(t, p.witness, root.encode(nil))
			require.Equal(t, p.pre, rollup.Hash(root.hash))
			for i, n := range root.nodes() {
				whole := *n
				for _, less := range whole.cuts() {
					*n = less
					v := p.judge(p.pre, p.post, root.encode(nil))
					require.Equal(t, rollup.VerdictBadWitness, v.Code,
						"node %d, tag %d shown as %d: %s", i, whole.tag, less.tag, v.Detail)
				}
				*n = whole
			}
			require.Equal(t, rollup.VerdictUpheld, p.judge(p.pre, p.post, root.encode(nil)).Code)
		})
	}
}

// TestMalformedWitness: prefixes, extensions and flipped bits are refused before execution.
func TestMalformedWitness(t *testing.T) {
	t.Parallel()
	for _, p := range story(t)[:3] {
		for n := 0; n < len(p.witness); n += 1 + len(p.witness)/1000 {
			v := p.judge(p.pre, p.post, p.witness[:n])
			require.Equal(t, rollup.VerdictBadWitness, v.Code)
			flipped := append([]byte{}, p.witness...)
			flipped[n] ^= 1 << (n % 8)
			v = p.judge(p.pre, p.post, flipped)
			require.Equal(t, rollup.VerdictBadWitness, v.Code)
			require.Zero(t, v.GasUsed)
		}
		v := p.judge(p.pre, p.post, append(p.witness[:len(p.witness):len(p.witness)], 0))
		require.Equal(t, rollup.VerdictBadWitness, v.Code)
		params := *p.layer.Params
		v = p.judge(p.pre, p.post, make([]byte, params.WitnessCap()+1))
		require.Equal(t, rollup.VerdictBadWitness, v.Code)
	}
}

// TestInventedState: a liar may claim the root of a state that no history leads to, and challenge
// the step after it himself. Whatever is in it, the judge answers, and always the same.
func TestInventedState(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	answers := make(map[rollup.VerdictCode]int)
	for _, p := range story(t) {
		root, _ := readShape(p.witness)
		for _, n := range root.nodes() {
			if n.tag != 2 {
				continue
			}
			real := n.value
			for range 5 {
				n.value = mutate(rng, real)
				pre := root.rehashAll()
				v := p.judge(pre, p.post, root.encode(nil))
				again := dispute.Judge(stf.New(), p.layer, p.step, pre, p.post, root.encode(nil))
				require.Equal(t, v, again)
				require.NotEqual(t, rollup.VerdictInconclusive, v.Code, v.Detail)
				answers[v.Code]++
			}
			n.value = real
		}
		require.Equal(t, p.pre, root.rehashAll())
	}
	require.Positive(t, answers[rollup.VerdictBadWitness])
	require.Positive(t, answers[rollup.VerdictFraud])
}

// mutate returns a value like v: a bit flipped, bytes set to the extremes, cut or extended.
func mutate(rng *rand.Rand, v []byte) []byte {
	out := append([]byte{}, v...)
	switch at := rng.IntN(len(out)); rng.IntN(5) {
	case 0:
		out[at] ^= 1 << rng.IntN(8)
	case 1:
		for i := at; i < min(at+8, len(out)); i++ {
			out[i] = 0xff
		}
	case 2:
		for i := at; i < len(out); i++ {
			out[i] = 0xff
		}
	case 3:
		out = out[:at]
	default:
		out = append(out, byte(rng.Uint32()))
	}
	return out
}
