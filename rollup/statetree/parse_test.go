package statetree

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/scale"
)

// A piece is a part of a hand-made witness: its codes as digits, and what follows them, where it is
// put at a depth.
type piece func(depth int) (codes string, rest []byte)

var (
	pEmpty piece = func(int) (string, []byte) { return "110", nil }
	keyL         = Key{0x00, 1} // left of the root
	keyL2        = Key{0x40}    // left, then right
	keyR         = Key{0x80, 2} // right of the root
)

func pHash(b byte) piece {
	return func(int) (string, []byte) { return "10", bytes.Repeat([]byte{b}, 32) }
}

func pNode(left, right piece) piece {
	return func(depth int) (string, []byte) {
		lc, lr := left(depth + 1)
		rc, rr := right(depth + 1)
		return "0" + lc + rc, slices.Concat(lr, rr)
	}
}

func pLeaf(k Key, v string) piece {
	return func(depth int) (string, []byte) {
		return "1110", slices.Concat(k[depth/8:], []byte{byte(len(v)) << 2}, []byte(v))
	}
}

func pBare(k Key, v string) piece {
	h := sha256.Sum256([]byte(v))
	return func(depth int) (string, []byte) { return "1111", slices.Concat(k[depth/8:], h[:]) }
}

// pDeep returns depth nodes on the leftmost path above what.
func pDeep(depth int, what piece) piece {
	for range depth {
		what = pNode(what, pEmpty)
	}
	return what
}

// pack writes codes as bits.
func pack(codes string) []byte {
	b := make([]byte, (len(codes)+7)/8)
	for i, c := range codes {
		b[i/8] |= byte(c-'0') << (7 - i%8)
	}
	return b
}

// witness returns the bytes of a piece at the root.
func (p piece) witness() []byte {
	codes, rest := p(0)
	return append(pack(codes), rest...)
}

// naive reads a witness by the definition, of any shape, canonical or not.
type naive struct {
	codes string
	rest  []byte
}

func (n *naive) code() string {
	i := strings.IndexByte(n.codes, '0') + 1
	if i == 0 || i > 4 {
		i = 4
	}
	c := n.codes[:i]
	n.codes = n.codes[i:]
	return c
}

func (n *naive) take(count int) []byte {
	b := n.rest[:count]
	n.rest = n.rest[count:]
	return b
}

func (n *naive) root(path string) Root {
	switch n.code() {
	case "0":
		l := n.root(path + "0")
		r := n.root(path + "1")
		return sha256.Sum256(slices.Concat([]byte{1}, l[:], r[:]))
	case "10":
		return Root(n.take(32))
	case "1110":
		k := append(pack(path)[:len(path)/8], n.take(32-len(path)/8)...)
		d := scale.NewDecoder(n.rest)
		v := sha256.Sum256(d.Bytes(MaxValueBytes))
		n.take(d.Offset())
		return sha256.Sum256(slices.Concat([]byte{0}, k, v[:]))
	case "1111":
		k := append(pack(path)[:len(path)/8], n.take(32-len(path)/8)...)
		return sha256.Sum256(slices.Concat([]byte{0}, k, n.take(32)))
	}
	return Root{}
}

// naiveRoot returns the root of a witness and what follows it.
func naiveRoot(b []byte) (h Root, rest []byte) {
	var n naive
	for _, x := range b {
		n.codes += fmt.Sprintf("%08b", x)
	}
	skip := naive{codes: n.codes}
	for open := 1; open > 0; open-- {
		if skip.code() == "0" {
			open += 2
		}
	}
	n.rest = b[(len(n.codes)-len(skip.codes)+7)/8:]
	h = n.root("")
	return h, n.rest
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	deepL, deepR := Key{}, Key{}.flip(MaxDepth-1)
	for name, p := range map[string]piece{
		"empty":             pEmpty,
		"only a hash":       pHash(1),
		"one leaf":          pLeaf(keyR, "v"),
		"empty value":       pLeaf(keyR, ""),
		"one bare leaf":     pBare(keyR, "v"),
		"two leaves":        pNode(pLeaf(keyL, "a"), pBare(keyR, "b")),
		"hash and leaf":     pNode(pHash(1), pBare(keyR, "b")),
		"two hashes":        pNode(pHash(1), pHash(2)),
		"empty and hash":    pNode(pEmpty, pHash(1)),
		"hash and empty":    pNode(pHash(1), pEmpty),
		"chain":             pNode(pNode(pLeaf(keyL, "a"), pLeaf(keyL2, "b")), pEmpty),
		"leaves at 128":     pDeep(MaxDepth-1, pNode(pLeaf(deepL, "a"), pLeaf(deepR, "b"))),
		"hashes at 128":     pDeep(MaxDepth-1, pNode(pHash(1), pHash(2))),
		"a hash at one 128": pDeep(MaxDepth, pHash(1)),
	} {
		w := p.witness()
		root, rest := naiveRoot(w)
		require.Empty(t, rest, name)
		tree, err := Parse(w, root, testLimits)
		require.NoError(t, err, name)
		require.Equal(t, root, tree.Root(), name)
		require.Equal(t, w, encodeTree(tree.root), name)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	zero := pHash(0)
	leaf := pLeaf(keyR, "v").witness()
	long := slices.Concat(leaf[:33], []byte{0x06, 0, 0x40, 0}) // length 2^20 + 1
	padded := pHash(1).witness()
	padded[0] |= 1
	twice := slices.Concat(leaf[:33], []byte{0x05, 0}, leaf[34:]) // length 1 in two bytes
	for _, tt := range []struct {
		name   string
		w      []byte
		reason string
	}{
		{"nothing", nil, "ends within the codes"},
		{"cut hash", pHash(1).witness()[:32], "hash: "},
		{"cut key", leaf[:20], "leaf: "},
		{"cut value hash", pBare(keyR, "v").witness()[:64], "leaf: "},
		{"cut length", leaf[:33], "leaf: "},
		{"cut value", leaf[:34], "leaf: "},
		{"long form of a length", twice, "leaf: "},
		{"value above the limit", long, "leaf: "},
		{"node without children", pack("0"), "ends within the codes"},
		{"node without right child", pack("00101000"), "ends within the codes"},
		{"filled up with ones", padded, "filled up"},
		{"trailing byte", append(pHash(1).witness(), 0), "1 bytes after the tree"},
		{"two trees", append(pEmpty.witness(), pHash(1).witness()...), "33 bytes after the tree"},
		{"zero hash", zero.witness(), "empty subtree written as a hash"},
		{"zero hash beside a leaf", pNode(zero, pBare(keyR, "b")).witness(), "written as a hash"},
		{"empty and empty", pNode(pEmpty, pEmpty).witness(), "at most one leaf"},
		{"empty and leaf", pNode(pEmpty, pLeaf(keyR, "b")).witness(), "at most one leaf"},
		{"leaf and empty", pNode(pLeaf(keyL, "b"), pEmpty).witness(), "at most one leaf"},
		{"empty and bare leaf", pNode(pEmpty, pBare(keyR, "b")).witness(), "at most one leaf"},
		{"lone leaf deeper", pNode(pNode(pEmpty, pBare(keyL2, "b")), pHash(1)).witness(),
			"at most one leaf"},
		{"leaf on the wrong side", pNode(pLeaf(keyR, "a"), pHash(1)).witness(), "not on its path"},
		{"leaves swapped", pNode(pBare(keyR, "a"), pBare(keyL, "b")).witness(), "not on its path"},
		{"leaf off the path below", pNode(pNode(pHash(1), pLeaf(keyL, "a")), pHash(1)).witness(),
			"not on its path"},
		{"one key twice", pNode(pLeaf(keyL, "a"), pLeaf(keyL, "a")).witness(), "not on its path"},
		{"node at 128", pDeep(MaxDepth, pNode(pHash(1), pHash(2))).witness(), "node at depth 128"},
		{"200 deep", pDeep(200, pHash(1)).witness(), "node at depth 128"},
		{"endless depth", make([]byte, 1<<19), "more than 65792 nodes"},
	} {
		_, err := Parse(tt.w, Root{}, testLimits)
		require.ErrorIs(t, err, ErrBadWitness, tt.name)
		require.ErrorContains(t, err, tt.reason, tt.name)
	}
}

// The number of nodes is bounded by the limit on bytes, since one byte of codes can be four nodes.
func TestParseBoundsNodes(t *testing.T) {
	t.Parallel()
	p := pDeep(100, pHash(1)) // 201 nodes
	for range 3 {
		p = pNode(p, p)
	}
	w := p.witness() // 1615 nodes
	root, _ := naiveRoot(w)
	_, err := Parse(w, root, WitnessLimits{Bytes: 16 * (1615 - 256)})
	require.NoError(t, err)
	_, err = Parse(w, root, WitnessLimits{Bytes: 16*(1615-256) - 1})
	require.ErrorIs(t, err, ErrBadWitness)
	require.ErrorContains(t, err, "more than 1614 nodes")
}

func TestParseChecksRootAndSize(t *testing.T) {
	t.Parallel()
	w := pNode(pLeaf(keyL, "a"), pBare(keyR, "b")).witness()
	root, _ := naiveRoot(w)
	_, err := Parse(w, Root{1}, testLimits)
	require.ErrorIs(t, err, ErrBadWitness)
	require.ErrorContains(t, err, "its root is")
	_, err = Parse(w, root, WitnessLimits{Bytes: len(w)})
	require.NoError(t, err)
	_, err = Parse(w, root, WitnessLimits{Bytes: len(w) - 1})
	require.ErrorIs(t, err, ErrBadWitness)
	require.ErrorContains(t, err, "at most")
	_, err = Parse(pEmpty.witness(), Root{}, WitnessLimits{})
	require.ErrorIs(t, err, ErrBadWitness)
}

// What a pruned tree does not show is incomplete, never absent; what it shows is answered.
func TestPrunedTree(t *testing.T) {
	t.Parallel()
	w := pNode(pNode(pLeaf(keyL, "a"), pBare(keyL2, "b")), pHash(1)).witness()
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
	for _, p := range []piece{
		pEmpty, pHash(1), pLeaf(keyR, "v"), pBare(keyL, ""), pNode(pHash(1), pHash(2)),
		pNode(pNode(pLeaf(keyL, "a"), pBare(keyL2, "b")), pHash(1)),
		pNode(pEmpty, pNode(pBare(keyR, "a"), pLeaf(keyR.flip(1), "b"))),
		pNode(pEmpty, pBare(keyR, "a")), pDeep(130, pHash(1)),
	} {
		f.Add(p.witness(), []byte{0x80, 1})
	}
	f.Fuzz(func(t *testing.T, w, ops []byte) {
		var d decoder
		var n node
		err := d.init(w, testLimits)
		if err == nil {
			n, err = d.tree()
		}
		if err != nil {
			require.ErrorIs(t, err, ErrBadWitness)
			return
		}
		root, rest := naiveRoot(w)
		require.Empty(t, rest)
		require.Equal(t, *hashOf(n), root)
		tree, err := Parse(w, root, testLimits)
		require.NoError(t, err)
		require.Equal(t, w, encodeTree(tree.root))
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
