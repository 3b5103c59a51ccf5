package statetree

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var testLimits = WitnessLimits{Bytes: 1 << 20}

// encodeTree returns the encoding of a pruned tree.
func encodeTree(n node) []byte {
	var e encoder
	e.tree(n, 0)
	return e.bytes()
}

// op is one operation of a step; run returns what it showed.
type op struct {
	kind    int
	key     Key
	changes []Change
}

func opGen() *rapid.Generator[op] {
	return rapid.Custom(func(t *rapid.T) op {
		o := op{kind: rapid.IntRange(0, 3).Draw(t, "kind"), key: keyGen().Draw(t, "key")}
		if o.kind == 3 {
			// Values are other than those of the state. A node that is made again with its old
			// hash counts as used, so a witness may then show it without need.
			o.changes = changesGen(4).Draw(t, "changes")
			for i := range o.changes {
				o.changes[i].Value = append(o.changes[i].Value, "new"...)
			}
		}
		return o
	})
}

func (o op) run(t *Tree) (string, error) {
	switch o.kind {
	case 0:
		v, ok, err := t.Get(o.key)
		return fmt.Sprintf("get %x %v", v, ok), err
	case 1:
		k, v, ok, err := t.Next(o.key)
		return fmt.Sprintf("next %v %x %v", k, v, ok), err
	case 2:
		d, err := t.InsertDepth(o.key)
		return fmt.Sprintf("depth %d", d), err
	default:
		err := t.Apply(o.changes)
		return fmt.Sprintf("root %v", t.Root()), err
	}
}

// runAll returns the results of operations up to the first error.
func runAll(t *Tree, ops []op) (out []string, err error) {
	for _, o := range ops {
		s, err := o.run(t)
		if err != nil {
			return out, err
		}
		out = append(out, s)
	}
	return out, nil
}

// step draws a tree and operations on it, and returns the witness with what the operations showed.
func step(rt *rapid.T) (pre Root, ops []op, want []string, witness []byte) {
	tree := New()
	require.NoError(rt, tree.Apply(changesGen(40).Draw(rt, "state")))
	ops = rapid.SliceOfN(opGen(), 1, 6).Draw(rt, "ops")
	r := tree.Record()
	want, err := runAll(tree, ops)
	require.NoError(rt, err)
	witness, err = r.Witness()
	require.NoError(rt, err)
	return r.Root(), ops, want, witness
}

func TestWitnessReplays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		pre, ops, want, witness := step(rt)
		tree, err := Parse(witness, pre, testLimits)
		require.NoError(rt, err)
		require.Equal(rt, witness, encodeTree(tree.root))
		r := tree.Record()
		got, err := runAll(tree, ops)
		require.NoError(rt, err)
		require.Equal(rt, want, got)
		again, err := r.Witness()
		require.NoError(rt, err)
		require.Equal(rt, witness, again, "a replay uses every node of the witness")
	})
}

// TestWitnessesInTurn: neither a Recorder that goes on nor a Parser that remembers makes a witness or
// a replay another than one by one.
func TestWitnessesInTurn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tree := New()
		require.NoError(rt, tree.Apply(changesGen(20).Draw(rt, "state")))
		var r *Recorder
		var p Parser
		for range 5 {
			ops := rapid.SliceOfN(opGen(), 1, 5).Draw(rt, "ops")
			alone := tree.Fork()
			fresh := alone.Record()
			want, err := runAll(alone, ops)
			if err != nil {
				require.ErrorIs(rt, err, ErrTooDeep)
				return
			}
			if r == nil {
				r = tree.Record()
			} else {
				r.Restart(tree)
			}
			got, err := runAll(tree, ops)
			require.NoError(rt, err)
			require.Equal(rt, want, got)
			expected, err := fresh.Witness()
			require.NoError(rt, err)
			witness, err := r.Witness()
			require.NoError(rt, err)
			require.Equal(rt, expected, witness)
			require.Equal(rt, fresh.Root(), r.Root())
			pruned, err := p.Parse(witness, r.Root(), testLimits)
			require.NoError(rt, err)
			require.Equal(rt, witness, encodeTree(pruned.root))
			again, err := runAll(pruned, ops)
			require.NoError(rt, err)
			require.Equal(rt, want, again)
			for i := range witness {
				bad := slices.Clone(witness)
				bad[i] ^= 1
				_, err := p.Parse(bad, r.Root(), testLimits)
				require.ErrorIs(rt, err, ErrBadWitness)
			}
		}
	})
}

// variants returns the witness with one node at a time left out, replaced by its hash, or stripped
// of its value.
func variants(n node) [][]byte {
	var out [][]byte
	var walk func(n node, put func(node) node)
	walk = func(n node, put func(node) node) {
		emit := func(m node) { out = append(out, encodeTree(put(m))) }
		if n == nil {
			return
		}
		emit(nil)
		if _, ok := n.(*stub); !ok {
			emit(stubOf(n))
		}
		if l, ok := n.(*leaf); ok && l.has {
			emit(l.bare())
		}
		if x, ok := n.(*inner); ok {
			for i := range x.kids {
				walk(x.kids[i], func(m node) node {
					c := &inner{h: x.h, kids: x.kids}
					c.kids[i] = m
					return put(c)
				})
			}
		}
	}
	walk(n, func(m node) node { return m })
	return out
}

func TestWitnessWithoutOneNode(t *testing.T) {
	t.Parallel()
	refused := 0
	rapid.Check(t, func(rt *rapid.T) {
		pre, ops, _, witness := step(rt)
		tree, err := Parse(witness, pre, testLimits)
		require.NoError(rt, err)
		for _, w := range variants(tree.root) {
			cut, err := Parse(w, pre, testLimits)
			if err == nil {
				_, err = runAll(cut, ops)
				require.ErrorIs(rt, err, ErrIncomplete, "witness %x", w)
			}
			require.True(rt, errors.Is(err, ErrIncomplete) || errors.Is(err, ErrBadWitness), "%v", err)
			refused++
		}
	})
	require.Positive(t, refused)
}
