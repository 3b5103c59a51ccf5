package statetree

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/vectorfile"
)

func parseVector(why string, root Root, limit int, w []byte) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("why", "%s", why)
	v.Add("limit", "%d", limit)
	v.Add("root", "%s", root)
	v.Add("witness", "%x", w)
	_, err := Parse(w, root, WitnessLimits{Bytes: limit})
	result := "accepted"
	if err != nil {
		result = "refused"
	}
	v.Add("result", "%s", result)
	return v
}

// acceptedPieces are witnesses of every legal shape.
func acceptedPieces() []struct {
	why string
	p   piece
} {
	deep := Key{}
	return []struct {
		why string
		p   piece
	}{
		{"the empty state", pEmpty},
		{"nothing but a hash", pHash(1)},
		{"one leaf", pLeaf(keyR, "v")},
		{"an empty value", pLeaf(keyR, "")},
		{"one bare leaf", pBare(keyR, "v")},
		{"a leaf and a bare leaf", pNode(pLeaf(keyL, "a"), pBare(keyR, "b"))},
		{"a hash and a bare leaf", pNode(pHash(1), pBare(keyR, "b"))},
		{"nothing beside a hash: who knows what is below", pNode(pEmpty, pHash(1))},
		{"two leaves below an empty place", pNode(pNode(pLeaf(keyL, "a"), pLeaf(keyL2, "b")), pEmpty)},
		{"leaves at depth 128", pDeep(MaxDepth-1,
			pNode(pLeaf(deep, "a"), pLeaf(deep.flip(MaxDepth-1), "b")))},
		{"a hash at depth 128", pDeep(MaxDepth, pHash(1))},
	}
}

// refusedWitnesses are bytes that are no canonical pruned tree, whatever the root.
func refusedWitnesses() []struct {
	why string
	w   []byte
} {
	leaf, zero := pLeaf(keyR, "v").witness(), pHash(0)
	padded := pHash(1).witness()
	padded[0] |= 1
	return []struct {
		why string
		w   []byte
	}{
		{"no bytes", nil},
		{"a node without children", pack("0")},
		{"a node without its right child", pack("00101000")},
		{"a cut hash", pHash(1).witness()[:32]},
		{"a cut key", leaf[:20]},
		{"a cut value", leaf[:34]},
		{"a length in more bytes than it needs", slices.Concat(leaf[:33], []byte{5, 0}, leaf[34:])},
		{"a value above the limit", slices.Concat(leaf[:33], []byte{0x06, 0, 0x40, 0})},
		{"codes filled up with ones", padded},
		{"a byte after the tree", append(pHash(1).witness(), 0)},
		{"a hash of 32 zero bytes", zero.witness()},
		{"a hash of 32 zero bytes beside a leaf", pNode(zero, pBare(keyR, "b")).witness()},
		{"a node of nothing", pNode(pEmpty, pEmpty).witness()},
		{"a node of one leaf", pNode(pEmpty, pLeaf(keyR, "b")).witness()},
		{"a node of one bare leaf", pNode(pBare(keyL, "b"), pEmpty).witness()},
		{"a leaf on the wrong side", pNode(pLeaf(keyR, "a"), pHash(1)).witness()},
		{"two leaves exchanged", pNode(pBare(keyR, "a"), pBare(keyL, "b")).witness()},
		{"one key twice", pNode(pLeaf(keyL, "a"), pLeaf(keyL, "a")).witness()},
		{"a node at depth 128", pDeep(MaxDepth, pNode(pHash(1), pHash(2))).witness()},
		{"200 levels", pDeep(200, pHash(1)).witness()},
	}
}

func parseVectors() (out []*vectorfile.Block) {
	const limit = 1 << 16
	for _, a := range acceptedPieces() {
		w := a.p.witness()
		root, _ := naiveRoot(w)
		out = append(out, parseVector(a.why, root, limit, w))
	}
	for _, r := range refusedWitnesses() {
		out = append(out, parseVector(r.why, Root{1}, limit, r.w))
	}
	w := pNode(pLeaf(keyL, "a"), pBare(keyR, "b")).witness()
	root, _ := naiveRoot(w)
	out = append(out, parseVector("of another root", Root{1}, limit, w),
		parseVector("as long as the limit", root, len(w), w),
		parseVector("longer than the limit", root, len(w)-1, w))
	many := pDeep(100, pHash(1))
	for range 3 {
		many = pNode(many, many)
	}
	w = many.witness()
	root, _ = naiveRoot(w)
	return append(out, parseVector("as many nodes as the limit allows", root, 16*(1615-256), w),
		parseVector("a node more than the limit allows", root, 16*(1615-256)-1, w))
}

// TestVectorsParse: what a parser of witnesses accepts, and what it refuses.
func TestVectorsParse(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "witness/parse.txt", parseVectors) {
		got := parseVector(v.Get(t, "why"), Root(v.Hex(t, "root")), int(v.Uint(t, "limit")),
			v.Hex(t, "witness"))
		require.Equal(t, v.String(), got.String())
	}
}

// operate runs one operation, as vectors write it, and says what it showed.
func operate(t testing.TB, tree *Tree, text string) string {
	what, rest, _ := strings.Cut(text, " ")
	switch what {
	case "get":
		return shown(tree.Get(Key(vectorfile.Unhex(t, rest))))
	case "next":
		k, v, ok, err := tree.Next(Key(vectorfile.Unhex(t, rest)))
		if err != nil || !ok {
			return shown(v, ok, err)
		}
		return fmt.Sprintf("%s %s", k, shown(v, ok, nil))
	case "apply":
		var changes []Change
		for _, s := range strings.Split(rest, ", ") {
			changes = append(changes, parseChange(t, s))
		}
		err := tree.Apply(changes)
		switch {
		case errors.Is(err, ErrTooDeep):
			return "too deep"
		case err != nil:
			return shown(nil, false, err)
		}
		return "root " + tree.Root().String()
	}
	t.Fatalf("no operation %q", text)
	return ""
}

func operationVector(t testing.TB, why string, root Root, w []byte, ops ...string) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("why", "%s", why)
	v.Add("root", "%s", root)
	v.Add("witness", "%x", w)
	tree, err := Parse(w, root, testLimits)
	require.NoError(t, err)
	for _, o := range ops {
		v.Add("do", "%s", o)
		v.Add("gives", "%s", operate(t, tree, o))
	}
	return v
}

// operationVectors are witnesses of single steps over the sample state, and what happens when such a
// witness is asked for more than it shows.
func operationVectors(t testing.TB) (out []*vectorfile.Block) {
	set := func(k Key, v string) string {
		return "apply " + changeText(Change{Key: k, Value: []byte(v)})
	}
	del := func(k Key) string { return "apply " + changeText(Change{Key: k, Delete: true}) }
	get := func(k Key) string { return "get " + k.String() }
	next := func(k Key) string { return "next " + k.String() }
	deep := Key{0xa5, 0x5a}
	record := func(why string, shows []string, more ...string) {
		tree := treeOf(sampleTree())
		r := tree.Record()
		for _, o := range shows {
			operate(t, tree, o)
		}
		w, err := r.Witness()
		require.NoError(t, err)
		out = append(out, operationVector(t, why, r.Root(), w, append(shows, more...)...))
	}
	record("a value read, and another not shown", []string{get(keyL)}, get(deep), get(keyL2), set(deep, "x"))
	record("a value written without being read", []string{set(keyR, "new")}, get(keyR))
	record("absent: shown by its neighbour, whose value is not", []string{get(keyL.flip(200))}, get(keyL))
	record("an insertion beside a leaf", []string{set(keyL.flip(100), "new")}, get(keyL.flip(100)))
	record("a deletion lifts the sibling, unread", []string{del(deep)}, get(deep),
		get(deep.flip(MaxDepth-1)))
	record("a deletion without the sibling's content", []string{get(deep)}, del(deep))
	record("all of a subtree deleted", []string{
		"apply " + strings.Join([]string{changeText(Change{Key: deep, Delete: true}),
			changeText(Change{Key: deep.flip(MaxDepth - 1), Delete: true})}, ", ")}, get(deep))
	record("the next key", []string{next(keyL)}, next(keyR))
	record("the next key wraps", []string{next(lastKey)}, next(Key{0x10}))
	record("too deep", []string{set(deep.flip(MaxDepth), "x")}, get(deep))
	record("as deep as it may be", []string{set(keyR.flip(MaxDepth-1), "x")}, get(keyR))
	return out
}

// TestVectorsOperations: what a pruned tree answers, and that it never calls absent what it does not
// show.
func TestVectorsOperations(t *testing.T) {
	t.Parallel()
	all := vectors(t, "witness/operations.txt", func() []*vectorfile.Block { return operationVectors(t) })
	seen := map[string]bool{}
	for _, v := range all {
		got := operationVector(t, v.Get(t, "why"), Root(v.Hex(t, "root")), v.Hex(t, "witness"),
			v.All("do")...)
		require.Equal(t, v.String(), got.String())
		for _, g := range v.All("gives") {
			seen[strings.Fields(g)[0]] = true
		}
	}
	for _, kind := range []string{"present", "absent", "incomplete", "root"} {
		require.True(t, seen[kind], "no vector gives %q", kind)
	}
	require.False(t, bytes.Contains([]byte(fmt.Sprint(seen)), []byte("error")))
}
