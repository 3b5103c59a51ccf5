package statetree

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fuzzKey makes keys that share long prefixes out of a byte: two bits choose the first byte, four a
// bit at the border of a page or byte and at the last depth where leaves can differ.
func fuzzKey(b byte) Key {
	k := Key{[]byte{0, 0x40, 0x80, 0xff}[b&3]}
	flips := []int{11, 12, 24, 63, 126, 127, 200, 255}
	if b&4 != 0 {
		k = k.flip(flips[b>>3&7])
	}
	return k
}

// fuzzOps reads changes and operations out of bytes.
func fuzzOps(in []byte) (state []Change, ops []op) {
	for len(in) >= 2 {
		what, k := in[0], fuzzKey(in[1])
		in = in[2:]
		c := Change{Key: k, Delete: what&0x40 != 0, Value: bytes.Repeat([]byte{what}, int(what>>3&3))}
		switch {
		case what&0x80 == 0:
			state = append(state, c)
		case what&3 == 3 && len(ops) > 0 && ops[len(ops)-1].kind == 3:
			last := &ops[len(ops)-1]
			last.changes = append(last.changes, c)
		default:
			ops = append(ops, op{kind: int(what & 3), key: k, changes: []Change{c}})
		}
	}
	return state, ops
}

// FuzzWitnessAgainstTree runs operations on a full tree, on the tree that its witness holds, and on a
// plain map: all three show the same, step by step, and the witness is what the replay uses.
func FuzzWitnessAgainstTree(f *testing.F) {
	f.Add([]byte{0x08, 0, 0x10, 4, 0x18, 12, 0x80, 0, 0x81, 4, 0xc3, 0, 0x83, 0x2c})
	f.Add([]byte{0x08, 0x04, 0x08, 0x2c, 0xc3, 0x04, 0x80, 0x2c})
	f.Fuzz(func(t *testing.T, in []byte) {
		state, ops := fuzzOps(in[:min(len(in), 200)])
		m, full := model{}, New()
		for _, c := range state { // one by one, those that fit
			if err := full.Apply([]Change{c}); err != nil {
				require.ErrorIs(t, err, ErrTooDeep)
				continue
			}
			m.apply([]Change{c})
		}
		require.Equal(t, m.root(), full.Root())
		r := full.Record()
		want := make([]string, len(ops))
		for i, o := range ops {
			s, err := o.run(full)
			if err != nil {
				require.ErrorIs(t, err, ErrTooDeep)
				s = err.Error()
			} else if o.kind == 3 {
				m.apply(o.changes)
			}
			require.Equal(t, m.root(), full.Root())
			want[i] = s
		}
		w, err := r.Witness()
		require.NoError(t, err)
		pruned, err := Parse(w, r.Root(), testLimits)
		require.NoError(t, err)
		for i, o := range ops {
			s, err := o.run(pruned)
			if err != nil {
				require.ErrorIs(t, err, ErrTooDeep)
				s = err.Error()
			}
			require.Equal(t, want[i], s, "operation %d", i)
		}
		require.Equal(t, full.Root(), pruned.Root())
	})
}

// FuzzWitnessReplays is TestWitnessReplays, driven by the fuzzer.
func FuzzWitnessReplays(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(rt *rapid.T) {
		pre, ops, want, witness := step(rt)
		tree, err := Parse(witness, pre, testLimits)
		require.NoError(rt, err)
		got, err := runAll(tree, ops)
		require.NoError(rt, err)
		require.Equal(rt, want, got)
	}))
}

// FuzzVerifyProof: whatever is accepted against the root of a state is what that state holds.
func FuzzVerifyProof(f *testing.F) {
	changes := sampleTree()
	m, tree := model{}, treeOf(changes)
	m.apply(changes)
	for _, c := range changes {
		for _, k := range []Key{c.Key, c.Key.flip(100)} {
			proof, err := tree.Prove(k)
			require.NoError(f, err)
			f.Add(k[:], proof)
		}
	}
	f.Fuzz(func(t *testing.T, key, proof []byte) {
		var k Key
		copy(k[:], key)
		value, ok, err := VerifyProof(m.root(), proof, k)
		if err != nil {
			require.True(t, !ok && value == nil)
			return
		}
		want, present := m[k]
		require.Equal(t, present, ok)
		require.Equal(t, string(want), string(value))
	})
}

// FuzzStored feeds damaged records of the store's own disk to their readers: an error or what was
// written, never a panic.
func FuzzStored(f *testing.F) {
	u := undoRecord{head: Head{Layer: 7, Root: Root{1}, Meta: []byte("meta")},
		changes: []valueChange{{key: keyL, old: []byte("old")}, {key: keyR}},
		aux:     []auxOld{{space: 1, key: []byte("k"), present: true, value: []byte("v")}}}
	f.Add(u.appendTo(nil), uint8(0))
	f.Add([]byte{pageInner, pageEmpty, pageBucket, 2}, uint8(6))
	f.Add(append([]byte{pageInner, pageEmpty, pageBucket, 2}, make([]byte, 32)...), uint8(6))
	f.Fuzz(func(t *testing.T, b []byte, depth uint8) {
		if got, err := decodeUndo(b); err == nil {
			require.Equal(t, b, got.appendTo(nil))
			require.Equal(t, len(b), got.size())
		} else {
			require.ErrorIs(t, err, ErrCorrupt)
		}
		id := nodeID{depth: depth % MaxDepth / pageLevels * pageLevels}
		if n, err := decodePage(id, b); err == nil {
			require.Equal(t, b, appendPage(nil, n, int(id.depth), int(id.depth)+pageLevels))
		} else {
			require.ErrorIs(t, err, ErrCorrupt)
		}
	})
}
