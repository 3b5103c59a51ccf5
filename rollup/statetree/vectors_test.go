package statetree

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	_ "github.com/cockroachdb/datadriven" // its flag -rewrite writes the vectors again
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/vectorfile"
)

const vectorCommand = "go test ./rollup/statetree -run Vectors"

func vectors(t *testing.T, file string, fresh func() []*vectorfile.Block) []*vectorfile.Block {
	t.Helper()
	return vectorfile.Load(t, "../../fixtures/vectors/"+file, vectorCommand, fresh)
}

// changeText is a change as vectors write it: the key and the value, - for none.
func changeText(c Change) string {
	switch {
	case c.Delete:
		return fmt.Sprintf("delete %s", c.Key)
	case len(c.Value) == 0:
		return fmt.Sprintf("set %s -", c.Key)
	}
	return fmt.Sprintf("set %s %x", c.Key, c.Value)
}

func parseChange(t testing.TB, s string) (c Change) {
	f := strings.Fields(s)
	c.Key, c.Delete = Key(vectorfile.Unhex(t, f[1])), f[0] == "delete"
	if !c.Delete && f[2] != "-" {
		c.Value = vectorfile.Unhex(t, f[2])
	}
	return c
}

// changesOf reads the changes of a block.
func changesOf(t testing.TB, v *vectorfile.Block) (ch []Change) {
	for _, s := range v.All("change") {
		ch = append(ch, parseChange(t, s))
	}
	return ch
}

func treeOf(changes []Change) *Tree {
	t := New()
	for _, c := range changes {
		if err := t.Apply([]Change{c}); err != nil {
			panic(err)
		}
	}
	return t
}

// counted is a change of the keys of Fuel's published vectors: hashes of counters, big endian.
func counted(i int, value string) Change {
	return Change{
		Key:   Key(HashValue(binary.BigEndian.AppendUint32(nil, uint32(i)))),
		Value: []byte(value),
	}
}

// sampleTree is a small state: keys that share prefixes, some to the last depth, an empty value.
func sampleTree() []Change {
	deep := Key{0xa5, 0x5a}
	out := []Change{
		{Key: keyL, Value: []byte("a")}, {Key: keyL2}, {Key: keyR, Value: []byte("right")},
		{Key: deep, Value: []byte("deep")}, {Key: deep.flip(MaxDepth - 1), Value: []byte("deeper")},
		{Key: deep.flip(64), Value: []byte("half")},
	}
	for i := range 5 {
		out = append(out, counted(i, fmt.Sprint("value ", i)))
	}
	return append(out, counted(5, strings.Repeat("long ", 20)))
}

func rootVector(name string, changes ...Change) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("name", "%s", name)
	for _, c := range changes {
		v.Add("change", "%s", changeText(c))
	}
	v.Add("root", "%s", treeOf(changes).Root())
	return v
}

func rootVectors() (out []*vectorfile.Block) {
	add := func(name string, changes ...Change) { out = append(out, rootVector(name, changes...)) }
	fuel := func(n int) (ch []Change) {
		for i := range n {
			ch = append(ch, counted(i, "DATA"))
		}
		return ch
	}
	deep := Key{0xa5, 0x5a}
	a := Change{Key: keyL, Value: []byte("a")}
	add("nothing")
	add("one leaf", a)
	add("an empty value is present", Change{Key: keyL})
	add("one key twice: the last value counts", a, Change{Key: keyL, Value: []byte("b")})
	add("set and deleted", a, Change{Key: keyL, Delete: true})
	add("an absent key deleted", a, Change{Key: keyR, Delete: true})
	add("two leaves, left and right", a, Change{Key: keyR, Value: []byte("b")})
	add("two leaves on the left", a, Change{Key: keyL2, Value: []byte("b")})
	add("two leaves at depth 128", Change{Key: deep, Value: []byte("a")},
		Change{Key: deep.flip(MaxDepth - 1), Value: []byte("b")})
	add("the lone sibling of a deleted leaf is lifted", a, Change{Key: keyL2, Value: []byte("b")},
		Change{Key: keyL, Delete: true})
	add("a small state", sampleTree()...)
	for _, n := range []int{1, 2, 3, 5, 10} {
		add(fmt.Sprintf("published by Fuel: update %d", n), fuel(n)...)
	}
	add("published by Fuel: update 3, by a detour", append(fuel(5),
		Change{Key: counted(4, "").Key, Delete: true}, Change{Key: counted(3, "").Key, Delete: true})...)
	return out
}

// TestVectorsRoots: a root is a function of what is there, however it came there.
func TestVectorsRoots(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "tree/roots.txt", rootVectors) {
		name, changes := v.Get(t, "name"), changesOf(t, v)
		require.Equal(t, v.String(), rootVector(name, changes...).String())
		m, once := model{}, New()
		m.apply(changes)
		require.Equal(t, v.Get(t, "root"), m.root().String(), name)
		require.NoError(t, once.Apply(changes))
		require.Equal(t, v.Get(t, "root"), once.Root().String(), name)
		order := m.keys()
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(order), func(i, j int) {
			order[i], order[j] = order[j], order[i]
		})
		shuffled := New()
		for _, k := range order {
			require.NoError(t, shuffled.Apply([]Change{{Key: k, Value: m[k]}}))
		}
		require.Equal(t, v.Get(t, "root"), shuffled.Root().String(), name)
	}
}

// shown is what a proof shows, or that it shows nothing.
func shown(value []byte, ok bool, err error) string {
	switch {
	case errors.Is(err, ErrBadWitness):
		return "bad witness"
	case errors.Is(err, ErrIncomplete):
		return "incomplete"
	case err != nil:
		return "error"
	case !ok:
		return "absent"
	case len(value) == 0:
		return "present -"
	}
	return fmt.Sprintf("present %x", value)
}

func proofVector(why string, root Root, key Key, proof []byte) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("why", "%s", why)
	v.Add("root", "%s", root)
	v.Add("key", "%s", key)
	v.Add("proof", "%x", proof)
	v.Add("shows", "%s", shown(VerifyProof(root, proof, key)))
	return v
}

func proofVectors() (out []*vectorfile.Block) {
	tree := treeOf(sampleTree())
	prove := func(keys ...Key) []byte {
		proof, err := tree.Prove(keys...)
		if err != nil {
			panic(err)
		}
		return proof
	}
	add := func(why string, key Key, proof []byte) {
		out = append(out, proofVector(why, tree.Root(), key, proof))
	}
	deep := Key{0xa5, 0x5a}
	add("present", keyL, prove(keyL))
	add("present, empty value", keyL2, prove(keyL2))
	long := counted(5, "").Key
	add("present, a value whose length takes two bytes", long, prove(long))
	add("present at depth 128", deep, prove(deep))
	add("present, in a proof of three keys", keyR, prove(keyL, keyR, deep))
	add("absent: another leaf is in its place", keyL.flip(200), prove(keyL.flip(200)))
	add("absent: an empty place", deep.flip(100), prove(deep.flip(100)))
	add("another key's proof", keyL2, prove(deep))
	add("cut", keyL, prove(keyL)[:len(prove(keyL))-1])
	add("a byte more", keyL, append(prove(keyL), 0))
	changed := prove(keyR)
	changed[len(changed)-1] ^= 1
	add("the last byte changed", keyR, changed)
	out = append(out, proofVector("of another root", Root{1}, keyL, prove(keyL)))
	out = append(out, proofVector("of the empty state", Root{}, keyL, []byte{0xc0}))
	return out
}

func TestVectorsProofs(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "tree/proofs.txt", proofVectors) {
		got := proofVector(v.Get(t, "why"), Root(v.Hex(t, "root")), Key(v.Hex(t, "key")),
			v.Hex(t, "proof"))
		require.Equal(t, v.String(), got.String())
	}
}

func rangeVector(why string, root Root, c Chunk) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("why", "%s", why)
	v.Add("root", "%s", root)
	v.Add("from", "%s", c.From)
	v.Add("to", "%s", c.To)
	v.Add("proof", "%x", c.Proof)
	leaves, err := VerifyRange(root, c)
	if err != nil {
		v.Add("shows", "%s", shown(nil, false, err))
		return v
	}
	v.Add("shows", "%d leaves", len(leaves))
	for _, l := range leaves {
		v.Add("leaf", "%s", changeText(Change{Key: l.Key, Value: l.Value}))
	}
	return v
}

func rangeVectors() (out []*vectorfile.Block) {
	tree := treeOf(sampleTree())
	add := func(why string, c Chunk) { out = append(out, rangeVector(why, tree.Root(), c)) }
	var chunks []Chunk
	for at, more := (Key{}), true; more; {
		c, err := tree.ProveRange(at, 500)
		if err != nil {
			panic(err)
		}
		add(fmt.Sprint("chunk ", len(chunks)), c)
		chunks = append(chunks, c)
		at, more = c.Next()
	}
	hides := chunks[0]
	hides.To = chunks[1].To
	add("says that it reaches further", hides)
	turned := chunks[1]
	turned.From, turned.To = turned.To, turned.From
	add("ends before it begins", turned)
	out = append(out, rangeVector("of another root", Root{1}, chunks[0]))
	out = append(out, rangeVector("all of the empty state", Root{}, Chunk{To: lastKey, Proof: []byte{0xc0}}))
	return out
}

func TestVectorsRanges(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "tree/ranges.txt", rangeVectors) {
		c := Chunk{From: Key(v.Hex(t, "from")), To: Key(v.Hex(t, "to")), Proof: v.Hex(t, "proof")}
		require.Equal(t, v.String(), rangeVector(v.Get(t, "why"), Root(v.Hex(t, "root")), c).String())
	}
}
