package dispute_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/vectorfile"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// layerVector is what a layer executes, as the judge takes it.
func layerVector(l *stf.Layer) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("chainid", "%x", l.ChainID[:])
	v.Add("params", "%x", l.Params.Encode())
	v.Add("header", "%x", l.Header.Encode())
	for i := range l.Items {
		v.Add("item", "%x", l.Items[i].Encode())
	}
	for _, s := range l.Steps {
		v.Add("step", "%d %d", s.First, s.Count)
	}
	return v
}

func parseLayer(t *testing.T, v *vectorfile.Block) *stf.Layer {
	p, err := rollup.DecodeParams(v.Hex(t, "params"))
	require.NoError(t, err)
	h, err := rollup.DecodeHeader(v.Hex(t, "header"), p)
	require.NoError(t, err)
	l := &stf.Layer{ChainID: rollup.Hash(v.Hex(t, "chainid")), Header: h, Params: p}
	for _, s := range v.All("item") {
		it, err := rollup.DecodeItem(vectorfile.Unhex(t, s), p)
		require.NoError(t, err)
		l.Items = append(l.Items, *it)
	}
	for _, s := range v.All("step") {
		var step rollup.Step
		_, err := fmt.Sscan(s, &step.First, &step.Count)
		require.NoError(t, err)
		l.Steps = append(l.Steps, step)
	}
	return l
}

// verdictVector judges a step.
func verdictVector(
	why string, l *stf.Layer, step int, pre, claimed rollup.Hash, w []byte,
) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("why", "%s", why)
	v.Add("judge", "%d", step)
	v.Add("pre", "%x", pre[:])
	v.Add("claimed", "%x", claimed[:])
	v.Add("witness", "%x", w)
	got := dispute.Judge(stf.New(), l, step, pre, claimed, w)
	v.Add("verdict", "%s", got.Code)
	v.Add("computed", "%x", got.ComputedRoot[:])
	v.Add("gas", "%d", got.GasUsed)
	return v
}

// verdictStory is a layer of every sort of item, each alone in a step, with its steps proven.
func verdictStory(t testing.TB) (l *stf.Layer, steps []*proven) {
	p := rollup.DefaultParams()
	const rich = 1_000_000_000_000
	c, err := stftest.New(p, map[string]uint64{"alice": rich, "bob": rich})
	require.NoError(t, err)
	run(t, c, nil, "alice: spawn")
	lines := []string{
		"deposit dave 5",
		"bob: spawn",
		"alice: spend bob 5 | relay=carol tip=7",
		"alice: spend bob 999999999999999",
		"alice: spend bob 5 | badsig void",
		"alice: spend dave 5 | sponsor=bob nonce=unordered:3",
		"alice: spend dave 6 | forced",
	}
	next := nonces(t, c)
	var items []rollup.Item
	for _, line := range lines {
		it, err := c.ParseItem(line, next)
		require.NoError(t, err)
		items = append(items, it)
	}
	l = c.Layer(items, 1, rollup.FinalClaim{FromLayer: 1, ToLayer: 1, Reward: c.Address("executor")})
	_, err = c.Apply(l, func(before *statetree.Tree, step int, post rollup.Hash) error {
		s := &proven{engine: c.Engine, layer: l, step: step, pre: rollup.Hash(before.Root()), post: post}
		switch {
		case step == 0:
			s.name = "layer begin"
		case step <= len(lines):
			s.name = lines[step-1]
		default:
			s.name = "layer end"
		}
		var err error
		s.witness, _, err = dispute.Prove(c.Engine, before, l, step)
		steps = append(steps, s)
		return err
	})
	require.NoError(t, err)
	return l, steps
}

// transfer is the step of the story that is a transfer.
const transfer = 3

// verdictVectors judge each step for the right root, some for a wrong one, and the short ones with
// every sort of witness that is no good.
func verdictVectors(t testing.TB) (out []*vectorfile.Block) {
	l, steps := verdictStory(t)
	out = append(out, layerVector(l))
	for _, s := range steps {
		lie := s.post
		lie[0] ^= 1
		add := func(why string, pre, claimed rollup.Hash, w []byte) {
			out = append(out, verdictVector(s.name+": "+why, l, s.step, pre, claimed, w))
		}
		add("the right root", s.pre, s.post, s.witness)
		if len(s.witness) > 10_000 && s.step != transfer { // with code
			continue
		}
		add("another root", s.pre, lie, s.witness)
		if s.step == transfer {
			continue
		}
		add("nothing happened", s.pre, s.pre, s.witness)
		add("witness of another root", lie, s.post, s.witness)
		add("no witness", s.pre, s.post, nil)
		add("cut", s.pre, s.post, s.witness[:len(s.witness)-1])
		add("a byte more", s.pre, s.post, append(s.witness[:len(s.witness):len(s.witness)], 0))
		add("shows nothing but the root", s.pre, s.post, (&shape{tag: 1, hash: s.pre}).encode(nil))
		add("does not show a value", s.pre, s.post, damage(s, func(n *shape) { n.tag = 4 }))
		w := damage(s, func(n *shape) { n.value = n.value[:len(n.value)-1] })
		add("an invented state: a record is cut", rootOf(w), s.post, w)
		w = damage(s, func(n *shape) { n.value[0] ^= 0x80 })
		add("an invented state: a record of another kind", rootOf(w), s.post, w)
	}
	return out
}

// damage returns the witness with its first leaf that has a value changed.
func damage(s *proven, change func(leaf *shape)) []byte {
	root, _ := readShape(s.witness)
	for _, n := range root.nodes() {
		if n.tag == 2 {
			change(n)
			break
		}
	}
	return root.encode(nil)
}

func rootOf(witness []byte) rollup.Hash {
	root, _ := readShape(witness)
	return root.rehashAll()
}

// TestVectorsVerdict: what a judge says of a step, a witness and two roots.
func TestVectorsVerdict(t *testing.T) {
	t.Parallel()
	all := vectorfile.Load(t, "../../fixtures/vectors/verdict/verdict.txt",
		"go test ./rollup/dispute -run Vectors", func() []*vectorfile.Block { return verdictVectors(t) })
	l := parseLayer(t, all[0])
	require.Equal(t, all[0].String(), layerVector(l).String())
	times := map[string]int{}
	for _, v := range all[1:] {
		step := v.Uint(t, "judge")
		require.LessOrEqual(t, step, uint64(math.MaxInt32))
		got := verdictVector(v.Get(t, "why"), l, int(step), rollup.Hash(v.Hex(t, "pre")),
			rollup.Hash(v.Hex(t, "claimed")), v.Hex(t, "witness"))
		require.Equal(t, v.String(), got.String())
		times[v.Get(t, "verdict")]++
	}
	for _, code := range []rollup.VerdictCode{
		rollup.VerdictFraud, rollup.VerdictUpheld, rollup.VerdictBadWitness,
	} {
		require.Positive(t, times[code.String()], "no vector for %s", code)
	}
}
