package statetree

import (
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// model is the state as a plain map, with the root by its recursive definition.
type model map[Key][]byte

func (m model) clone() model {
	c := model{}
	for k, v := range m {
		c[k] = v
	}
	return c
}

func (m model) keys() []Key {
	ks := make([]Key, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.SortFunc(ks, Key.compare)
	return ks
}

func (m model) root() Root { return m.rootOf(m.keys(), 0) }

func (m model) rootOf(keys []Key, depth int) Root {
	switch len(keys) {
	case 0:
		return Root{}
	case 1:
		v := sha256.Sum256(m[keys[0]])
		return sha256.Sum256(slices.Concat([]byte{0}, keys[0][:], v[:]))
	}
	var sides [2][]Key
	for _, k := range keys {
		b := k[depth/8] >> (7 - depth%8) & 1
		sides[b] = append(sides[b], k)
	}
	l, r := m.rootOf(sides[0], depth+1), m.rootOf(sides[1], depth+1)
	return sha256.Sum256(slices.Concat([]byte{1}, l[:], r[:]))
}

func (m model) next(k Key) (Key, bool) {
	ks := m.keys()
	for _, o := range ks {
		if o.compare(k) > 0 {
			return o, true
		}
	}
	if len(ks) == 0 {
		return Key{}, false
	}
	return ks[0], true
}

func (m model) apply(ch []Change) {
	for _, c := range ch {
		if c.Delete {
			delete(m, c.Key)
		} else {
			m[c.Key] = c.Value
		}
	}
}

// keyGen draws keys that share long prefixes: few bits of freedom, in the first byte, around the
// borders of pages and bytes, and at the last depth where two leaves can differ.
func keyGen() *rapid.Generator[Key] {
	return rapid.Custom(func(t *rapid.T) Key {
		k := Key{rapid.SampledFrom([]byte{0, 1, 0x40, 0x80, 0x81, 0xff}).Draw(t, "b0")}
		for _, i := range []int{11, 12, 24, 63, 126, 127} {
			if rapid.IntRange(0, 3).Draw(t, "bit") == 0 {
				k = k.flip(i)
			}
		}
		return k
	})
}

func changesGen(max int) *rapid.Generator[[]Change] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Change {
		c := Change{Key: keyGen().Draw(t, "key")}
		if c.Delete = rapid.IntRange(0, 2).Draw(t, "kind") == 0; !c.Delete {
			c.Value = rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "value")
		}
		return c
	}), 0, max)
}

// requireEqual compares a tree with the model in every way that can be asked.
func requireEqual(t require.TestingT, m model, tree *Tree) {
	require.Equal(t, m.root(), tree.Root())
	for k, want := range m {
		got, ok, err := tree.Get(k)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, string(want), string(got))
		require.NotNil(t, got)
	}
	k, seen := Key{}.prefix(0), 0
	for i := range k {
		k[i] = 0xff
	}
	for _, want := range m.keys() {
		next, value, ok, err := tree.Next(k)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, next)
		require.Equal(t, string(m[next]), string(value))
		k, seen = next, seen+1
	}
	require.Equal(t, len(m), seen)
}

func TestTreeAgainstOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, tree := model{}, New()
		for range rapid.IntRange(1, 6).Draw(rt, "rounds") {
			fork, old := tree.Fork(), m.clone()
			ch := changesGen(20).Draw(rt, "changes")
			m.apply(ch)
			require.NoError(rt, tree.Apply(ch))
			requireEqual(rt, m, tree)
			requireEqual(rt, old, fork)
			k := keyGen().Draw(rt, "probe")
			want, wantOK := m.next(k)
			got, _, ok, err := tree.Next(k)
			require.NoError(rt, err)
			require.Equal(rt, wantOK, ok)
			require.Equal(rt, want, got)
			_, present := m[k]
			_, ok, err = tree.Get(k)
			require.NoError(rt, err)
			require.Equal(rt, present, ok)
		}
	})
}

func TestInsertDepth(t *testing.T) {
	t.Parallel()
	tree := New()
	depth := func(k Key) int {
		d, err := tree.InsertDepth(k)
		require.NoError(t, err)
		return d
	}
	a := Key{}
	require.Equal(t, 0, depth(a))
	require.NoError(t, tree.Apply([]Change{{Key: a}}))
	require.Equal(t, 0, depth(a))
	for _, i := range []int{0, 7, 8, 100, 127, 128, 255} {
		require.Equal(t, i+1, depth(a.flip(i)), "bit %d", i)
	}
	require.NoError(t, tree.Apply([]Change{{Key: a.flip(127)}}))
	require.Equal(t, 128, depth(a.flip(127)))
	require.Equal(t, 1, depth(a.flip(0)))

	before := tree.Root()
	err := tree.Apply([]Change{{Key: a.flip(3)}, {Key: a.flip(128)}})
	require.ErrorIs(t, err, ErrTooDeep)
	require.Equal(t, before, tree.Root(), "all or nothing")
	require.NoError(t, tree.Apply([]Change{{Key: a.flip(128)}, {Key: a, Delete: true}}))
	_, ok, err := tree.Get(a.flip(128))
	require.NoError(t, err)
	require.True(t, ok)
}

func TestApplyRefusesLargeValue(t *testing.T) {
	t.Parallel()
	tree := New()
	big := make([]byte, MaxValueBytes+1)
	require.ErrorIs(t, tree.Apply([]Change{{}, {Key: Key{1}, Value: big}}), ErrValueTooLarge)
	require.Equal(t, Root{}, tree.Root())
	require.NoError(t, tree.Apply([]Change{{Value: big[1:]}}))
}

func TestApplyCopiesValues(t *testing.T) {
	t.Parallel()
	v := []byte{1}
	tree := New()
	require.NoError(t, tree.Apply([]Change{{Value: v}}))
	v[0] = 2
	got, _, err := tree.Get(Key{})
	require.NoError(t, err)
	require.Equal(t, []byte{1}, got)
}

// The root of one leaf is written out, so that the hash of the scheme cannot drift unseen.
func TestRootVectors(t *testing.T) {
	t.Parallel()
	tree := New()
	require.Equal(t, Root{}, tree.Root())
	require.NoError(t, tree.Apply([]Change{{Key: Key{0x80}, Value: []byte("a")}}))
	va := sha256.Sum256([]byte("a"))
	la := sha256.Sum256(slices.Concat([]byte{0, 0x80}, make([]byte, 31), va[:]))
	require.Equal(t, Root(la), tree.Root())
	require.NoError(t, tree.Apply([]Change{{Key: Key{}, Value: []byte("b")}}))
	vb := sha256.Sum256([]byte("b"))
	lb := sha256.Sum256(append(make([]byte, 33), vb[:]...))
	require.Equal(t, Root(sha256.Sum256(slices.Concat([]byte{1}, lb[:], la[:]))), tree.Root())
}
