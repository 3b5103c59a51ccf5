package dispute_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// lineGen draws a line of a layer: mostly sound transactions, some that are not.
func lineGen() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "pick") }
		name := func() string { return pick("alice", "bob", "carol", "dave") }
		if rapid.IntRange(0, 9).Draw(t, "kind") == 0 {
			return pick("again", "deposit "+name()+" 1000000000", "deposit "+name()+" 1")
		}
		calls := []string{
			"spend " + name() + " " + pick("0", "1", "1000", "999999999999"),
			"call coin transfer @" + name() + " " + pick("0", "7", "100000"),
			"call coin mint @" + name() + " 50",
			"call evil panic_message \"x\"",
			"call evil event_spam",
			"raw max_spend",
		}
		line := name() + ": " + pick(calls...)
		if rapid.Bool().Draw(t, "two calls") {
			line += "; " + pick(calls...)
		}
		if rapid.IntRange(0, 4).Draw(t, "spawn") == 0 {
			line = name() + ": spawn"
		}
		salt := rapid.IntRange(0, 3).Draw(t, "salt")
		return line + " | compute=3000000 " + pick("", "", "", "badsig", "forced", "expired void",
			"sponsor=alice", "sponsor=dave", "relay=bob", "fee=1000", "fee=900000000", "read=20000",
			"write=100", "alloc=0", "access=alice access=bob", "nonce=atleast:30",
			fmt.Sprintf("nonce=unordered:%d", salt))
	})
}

// TestRandomLayers: whatever a layer holds, money is conserved, every step is judged right from its
// witness, and the root after the layer does not depend on how it is cut into steps.
func TestRandomLayers(t *testing.T) {
	t.Parallel()
	const rich = 1_000_000_000
	outcomes := make(map[rollup.Outcome]int)
	start, err := stftest.New(rollup.DefaultParams(),
		map[string]uint64{"alice": rich, "bob": rich, "carol": rich / 500})
	require.NoError(t, err)
	run(t, start, nil, "alice: spawn", "bob: spawn", "alice: deploy token; deploy hostile",
		"alice: create coin token @alice @any 1", "alice: create evil hostile")
	rapid.Check(t, func(rt *rapid.T) {
		c := start.Clone()
		for range rapid.IntRange(1, 2).Draw(rt, "layers") {
			next := nonces(t, c)
			var items []rollup.Item
			for _, line := range rapid.SliceOfN(lineGen(), 1, 8).Draw(rt, "lines") {
				it, err := c.ParseItem(line, next)
				require.NoError(rt, err)
				if it.Kind != rollup.ItemLayerBegin { // "again" with nothing before
					items = append(items, it)
				}
			}
			l := c.Layer(items, rapid.IntRange(1, 4).Draw(rt, "items a step"))
			whole := *l
			whole.Steps = []rollup.Step{{Count: uint32(len(l.Items))}}
			uncut, err := c.Engine.ApplyLayer(c.Tree.Fork(), &whole)
			require.NoError(rt, err)
			out, err := c.Apply(l, func(before *statetree.Tree, step int, post rollup.Hash) error {
				return judge(c.Engine, l, step, before, post)
			})
			require.NoError(rt, err)
			for _, r := range out.Receipts() {
				outcomes[r.Outcome]++
			}
			require.Equal(rt, uncut.Roots[0], out.Roots[len(out.Roots)-1])
		}
	})
	require.Positive(t, outcomes[rollup.OutcomeSuccess])
	require.Positive(t, outcomes[rollup.OutcomeFailed])
	require.Positive(t, outcomes[rollup.OutcomeIneffective])
}

// FuzzJudge replaces the value of one leaf of a witness, whatever is claimed to be the state before:
// the judge answers, twice the same.
func FuzzJudge(f *testing.F) {
	steps := story(f)
	for i, p := range steps {
		root, _ := readShape(p.witness)
		for j, n := range root.nodes() {
			if n.tag == 2 && len(n.value) < 1000 {
				f.Add(uint8(i), uint16(j), n.value)
			}
		}
	}
	f.Fuzz(func(t *testing.T, step uint8, at uint16, value []byte) {
		p := steps[int(step)%len(steps)]
		root, _ := readShape(p.witness)
		nodes := root.nodes()
		n := nodes[int(at)%len(nodes)]
		if n.tag != 2 {
			return
		}
		n.value = value
		pre, witness := root.rehashAll(), root.encode(nil)
		v := p.judge(pre, p.post, witness)
		require.NotEqual(t, rollup.VerdictInconclusive, v.Code, v.Detail)
		require.Equal(t, v, dispute.Judge(stf.New(), p.layer, p.step, pre, p.post, witness))
	})
}
