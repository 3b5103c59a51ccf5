package statetree

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pieces of hand-made witnesses.
var (
	wEmpty = []byte{tagEmpty}
	keyL   = Key{0x00, 1} // left of the root
	keyL2  = Key{0x40}    // left, then right
	keyR   = Key{0x80, 2} // right of the root
)

func wHash(b byte) []byte { return append([]byte{tagHash}, bytes.Repeat([]byte{b}, 32)...) }

func wNode(left, right []byte) []byte { return slices.Concat([]byte{tagInner}, left, right) }

func wLeaf(k Key, v string) []byte {
	b := append([]byte{tagLeaf}, k[:]...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), v...)
}

func wBare(k Key, v string) []byte {
	h := sha256.Sum256([]byte(v))
	return slices.Concat([]byte{tagBareLeaf}, k[:], h[:])
}

// wDeep returns depth nodes on the leftmost path above what.
func wDeep(depth int, what []byte) []byte {
	for range depth {
		what = wNode(what, wEmpty)
	}
	return what
}

// naiveRoot is the root by the definition, of any shape, canonical or not.
func naiveRoot(b []byte) (h Root, rest []byte) {
	switch tag, rest := b[0], b[1:]; tag {
	case tagHash:
		return Root(rest[:32]), rest[32:]
	case tagLeaf:
		n := 36 + binary.LittleEndian.Uint32(rest[32:])
		v := sha256.Sum256(rest[36:n])
		return sha256.Sum256(slices.Concat([]byte{0}, rest[:32], v[:])), rest[n:]
	case tagBareLeaf:
		return sha256.Sum256(slices.Concat([]byte{0}, rest[:64])), rest[64:]
	case tagInner:
		l, rest := naiveRoot(rest)
		r, rest := naiveRoot(rest)
		return sha256.Sum256(slices.Concat([]byte{1}, l[:], r[:])), rest
	default:
		return Root{}, rest
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	deepL, deepR := Key{}, Key{}.flip(MaxDepth-1)
	for name, w := range map[string][]byte{
		"empty":             wEmpty,
		"only a hash":       wHash(1),
		"one leaf":          wLeaf(keyR, "v"),
		"empty value":       wLeaf(keyR, ""),
		"one bare leaf":     wBare(keyR, "v"),
		"two leaves":        wNode(wLeaf(keyL, "a"), wBare(keyR, "b")),
		"hash and leaf":     wNode(wHash(1), wBare(keyR, "b")),
		"two hashes":        wNode(wHash(1), wHash(2)),
		"empty and hash":    wNode(wEmpty, wHash(1)),
		"hash and empty":    wNode(wHash(1), wEmpty),
		"chain":             wNode(wNode(wLeaf(keyL, "a"), wLeaf(keyL2, "b")), wEmpty),
		"leaves at 128":     wDeep(MaxDepth-1, wNode(wLeaf(deepL, "a"), wLeaf(deepR, "b"))),
		"hashes at 128":     wDeep(MaxDepth-1, wNode(wHash(1), wHash(2))),
		"a hash at one 128": wDeep(MaxDepth, wHash(1)),
	} {
		root, rest := naiveRoot(w)
		require.Empty(t, rest, name)
		tree, err := Parse(w, root, testLimits)
		require.NoError(t, err, name)
		require.Equal(t, root, tree.Root(), name)
		require.Equal(t, w, appendTree(nil, tree.root), name)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	zero := append([]byte{tagHash}, make([]byte, 32)...)
	long := wLeaf(keyR, "v")
	binary.LittleEndian.PutUint32(long[33:], MaxValueBytes+1)
	beyond := wLeaf(keyR, "v")
	binary.LittleEndian.PutUint32(beyond[33:], 2)
	for _, tt := range []struct {
		name   string
		w      []byte
		reason string
	}{
		{"nothing", nil, "ends within a node"},
		{"unknown tag", []byte{5}, "unknown tag 5"},
		{"tag 255", wNode([]byte{255}, wHash(1)), "unknown tag 255"},
		{"cut hash", wHash(1)[:32], "ends within a node"},
		{"cut key", wLeaf(keyR, "v")[:20], "ends within a node"},
		{"cut value hash", wBare(keyR, "v")[:64], "ends within a node"},
		{"cut length", wLeaf(keyR, "v")[:35], "ends within a node"},
		{"cut value", beyond, "ends within a node"},
		{"node without children", []byte{tagInner}, "ends within a node"},
		{"node without right child", wNode(wHash(1), nil), "ends within a node"},
		{"value above the limit", long, "value of 1048577 bytes"},
		{"trailing byte", append(wHash(1), 0), "1 bytes after the tree"},
		{"two trees", append(wEmpty, wHash(1)...), "33 bytes after the tree"},
		{"zero hash", zero, "empty subtree written as a hash"},
		{"zero hash beside a leaf", wNode(zero, wBare(keyR, "b")), "written as a hash"},
		{"empty and empty", wNode(wEmpty, wEmpty), "at most one leaf"},
		{"empty and leaf", wNode(wEmpty, wLeaf(keyR, "b")), "at most one leaf"},
		{"leaf and empty", wNode(wLeaf(keyL, "b"), wEmpty), "at most one leaf"},
		{"empty and bare leaf", wNode(wEmpty, wBare(keyR, "b")), "at most one leaf"},
		{"lone leaf deeper", wNode(wNode(wEmpty, wBare(keyL2, "b")), wHash(1)), "at most one leaf"},
		{"leaf on the wrong side", wNode(wLeaf(keyR, "a"), wHash(1)), "not on its path"},
		{"leaves swapped", wNode(wBare(keyR, "a"), wBare(keyL, "b")), "not on its path"},
		{"leaf off the path below", wNode(wNode(wHash(1), wLeaf(keyL, "a")), wHash(1)),
			"not on its path"},
		{"one key twice", wNode(wLeaf(keyL, "a"), wLeaf(keyL, "a")), "not on its path"},
		{"node at 128", wDeep(MaxDepth, wNode(wHash(1), wHash(2))), "node at depth 128"},
		{"256 deep", wDeep(256, wHash(1)), "node at depth 128"},
		{"endless depth", bytes.Repeat([]byte{tagInner}, 1<<19), "node at depth 128"},
	} {
		root := Root{}
		if tt.reason != "ends within a node" && tt.reason[:7] != "unknown" &&
			tt.reason[:5] != "value" && tt.name != "endless depth" {
			root, _ = naiveRoot(tt.w)
		}
		_, err := Parse(tt.w, root, testLimits)
		require.ErrorIs(t, err, ErrBadWitness, tt.name)
		require.ErrorContains(t, err, tt.reason, tt.name)
	}
}

func TestParseChecksRootAndSize(t *testing.T) {
	t.Parallel()
	w := wNode(wLeaf(keyL, "a"), wBare(keyR, "b"))
	root, _ := naiveRoot(w)
	_, err := Parse(w, Root{1}, testLimits)
	require.ErrorIs(t, err, ErrBadWitness)
	require.ErrorContains(t, err, "its root is")
	_, err = Parse(w, root, WitnessLimits{Bytes: len(w)})
	require.NoError(t, err)
	_, err = Parse(w, root, WitnessLimits{Bytes: len(w) - 1})
	require.ErrorIs(t, err, ErrBadWitness)
	require.ErrorContains(t, err, "at most")
	_, err = Parse(wEmpty, Root{}, WitnessLimits{})
	require.ErrorIs(t, err, ErrBadWitness)
}

// What a pruned tree does not show is incomplete, never absent; what it shows is answered.
func TestPrunedTree(t *testing.T) {
	t.Parallel()
	w := wNode(wNode(wLeaf(keyL, "a"), wBare(keyL2, "b")), wHash(1))
	root, _ := naiveRoot(w)
	parse := func() *Tree {
		tree, err := Parse(w, root, testLimits)
		require.NoError(t, err)
		return tree
	}
	absent := Key{0x01}
	for _, tt := range []struct {
		name string
		run  func(*Tree) error
		ok   bool
	}{
		{"get a value", func(t *Tree) error { _, _, err := t.Get(keyL); return err }, true},
		{"get an absent key", func(t *Tree) error { _, _, err := t.Get(absent); return err }, true},
		{"get a bare leaf", func(t *Tree) error { _, _, err := t.Get(keyL2); return err }, false},
		{"get behind a hash", func(t *Tree) error { _, _, err := t.Get(keyR); return err }, false},
		{"depth behind a hash", func(t *Tree) error { _, err := t.InsertDepth(keyR); return err }, false},
		{"next is there", func(t *Tree) error { _, _, _, err := t.Next(Key{}); return err }, true},
		{"next is bare", func(t *Tree) error { _, _, _, err := t.Next(keyL); return err }, false},
		{"next behind a hash", func(t *Tree) error { _, _, _, err := t.Next(keyL2); return err }, false},
		{"next wraps past a hash", func(t *Tree) error {
			_, _, _, err := t.Next(Key{0xff})
			return err
		}, false},
		{"set a bare leaf", func(t *Tree) error { return t.Apply([]Change{{Key: keyL2}}) }, true},
		{"insert", func(t *Tree) error { return t.Apply([]Change{{Key: absent}}) }, true},
		{"insert behind a hash", func(t *Tree) error { return t.Apply([]Change{{Key: keyR}}) }, false},
		{"delete, lift a bare leaf", func(t *Tree) error {
			return t.Apply([]Change{{Key: keyL, Delete: true}})
		}, true},
		{"delete, lift a hash", func(t *Tree) error {
			return t.Apply([]Change{{Key: keyL, Delete: true}, {Key: keyL2, Delete: true}})
		}, false},
	} {
		tree := parse()
		err := tt.run(tree)
		if tt.ok {
			require.NoError(t, err, tt.name)
			continue
		}
		require.ErrorIs(t, err, ErrIncomplete, tt.name)
		require.Equal(t, root, tree.Root(), tt.name)
	}
}

func FuzzParse(f *testing.F) {
	for _, w := range [][]byte{
		wEmpty, wHash(1), wLeaf(keyR, "v"), wBare(keyL, ""), wNode(wHash(1), wHash(2)),
		wNode(wNode(wLeaf(keyL, "a"), wBare(keyL2, "b")), wHash(1)),
		wNode(wEmpty, wNode(wBare(keyR, "a"), wLeaf(keyR.flip(1), "b"))),
		wNode(wEmpty, wBare(keyR, "a")), wDeep(130, wHash(1)),
	} {
		f.Add(w, []byte{0x80, 1})
	}
	f.Fuzz(func(t *testing.T, w, ops []byte) {
		d := decoder{in: w}
		n, err := d.tree()
		if err != nil {
			require.ErrorIs(t, err, ErrBadWitness)
			return
		}
		root, rest := naiveRoot(w)
		require.Empty(t, rest)
		require.Equal(t, *hashOf(n), root)
		tree, err := Parse(w, root, WitnessLimits{Bytes: len(w)})
		require.NoError(t, err)
		require.Equal(t, w, appendTree(nil, tree.root))
		for _, b := range ops { // whatever the tree shows, using it must not panic
			k := Key{b & 0xfc}
			for i := range 5 {
				o := op{kind: i % 4, key: k, changes: []Change{{Key: k, Delete: b&1 == 1}}}
				if s, err := o.run(tree); err != nil {
					require.ErrorIs(t, err, ErrIncomplete, s)
				}
			}
		}
	})
}
