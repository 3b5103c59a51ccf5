package statetree

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const testHistory = 3

// backend is one implementation of Store. reopen is nil where nothing survives Close.
type backend struct {
	open   func(t require.TestingT) Store
	reopen func(t require.TestingT, s Store) Store
}

// backends returns fresh ones: each has a file system of its own.
func backends() map[string]backend {
	fs := vfs.NewMem()
	pebbleOn := func(t require.TestingT) Store {
		s, err := OpenPebble("db", Options{History: testHistory, CacheBytes: 1 << 20, FS: fs})
		require.NoError(t, err)
		return s
	}
	return map[string]backend{
		"memory": {open: func(require.TestingT) Store { return NewMemory(testHistory) }},
		"pebble": {open: pebbleOn, reopen: func(t require.TestingT, s Store) Store {
			require.NoError(t, s.Close())
			return pebbleOn(t)
		}},
	}
}

// each runs a test on each back end.
func each(t *testing.T, fn func(t *testing.T, b backend)) {
	t.Parallel()
	for name, b := range backends() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, b)
		})
	}
}

// version is what a store should hold at a layer.
type version struct {
	state model
	aux   map[string]string
	meta  string
}

func (v version) clone() version {
	c := version{state: v.state.clone(), aux: map[string]string{}, meta: v.meta}
	for k, a := range v.aux {
		c.aux[k] = a
	}
	return c
}

func requireVersion(t require.TestingT, s Store, layer int, v version) {
	head, ok := s.Head()
	require.True(t, ok)
	require.Equal(t, uint64(layer), head.Layer)
	require.Equal(t, v.meta, string(head.Meta))
	tree, err := s.Tree()
	require.NoError(t, err)
	require.Equal(t, head.Root, tree.Root())
	requireEqual(t, v.state, tree)
	got := map[string]string{}
	var order []string
	require.NoError(t, s.AuxRange(7, nil, nil, func(k, value []byte) error {
		one, ok, err := s.Aux(7, k)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, value, one)
		got[string(k)] = string(value)
		order = append(order, string(k))
		return nil
	}))
	require.Equal(t, v.aux, got)
	require.True(t, slices.IsSorted(order))
}

func auxGen() *rapid.Generator[[]Aux] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Aux {
		return Aux{
			Space:  7,
			Key:    rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0xff}), 0, 2).Draw(t, "key"),
			Value:  rapid.SliceOfN(rapid.Byte(), 0, 2).Draw(t, "value"),
			Delete: rapid.IntRange(0, 3).Draw(t, "kind") == 0,
		}
	}), 0, 4)
}

// TestStoreHistories runs random histories of commits, rewinds and restarts against a model.
func TestStoreHistories(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"memory", "pebble"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				b := backends()[name]
				h := history{b: b, s: b.open(rt)}
				defer func() { require.NoError(rt, h.s.Close()) }()
				h.commit(rt)
				for range rapid.IntRange(1, 8).Draw(rt, "rounds") {
					h.round(rt)
				}
			})
		})
	}
}

type history struct {
	b        backend
	s        Store
	versions []version
	oldest   int // the oldest layer that can be gone back to
}

func (h *history) head() int { return len(h.versions) - 1 }

func (h *history) round(rt *rapid.T) {
	switch rapid.IntRange(0, 5).Draw(rt, "action") {
	case 0:
		layer := rapid.IntRange(0, h.head()+1).Draw(rt, "layer")
		err := h.s.Rewind(uint64(layer))
		if layer > h.head() || layer < h.oldest {
			require.ErrorIs(rt, err, ErrHistory)
		} else {
			require.NoError(rt, err)
			h.versions = h.versions[:layer+1]
		}
	case 1:
		layer := rapid.IntRange(0, h.head()+1).Draw(rt, "layer")
		tree, err := h.s.At(uint64(layer))
		if layer > h.head() || layer < h.oldest {
			require.ErrorIs(rt, err, ErrHistory)
		} else {
			require.NoError(rt, err)
			requireEqual(rt, h.versions[layer].state, tree)
		}
	case 2:
		if h.b.reopen != nil {
			h.s = h.b.reopen(rt, h.s)
		}
	default:
		h.commit(rt)
	}
	requireVersion(rt, h.s, h.head(), h.versions[h.head()])
}

func (h *history) commit(rt *rapid.T) {
	v := version{state: model{}, aux: map[string]string{}}
	if len(h.versions) > 0 {
		v = h.versions[h.head()].clone()
	}
	layer := uint64(len(h.versions))
	v.meta = fmt.Sprintf("meta of %d", layer)
	tree, err := h.s.Tree()
	require.NoError(rt, err)
	stale := tree.Fork()
	for range rapid.IntRange(1, 2).Draw(rt, "applies") {
		ch := changesGen(15).Draw(rt, "changes")
		require.NoError(rt, tree.Apply(ch))
		v.state.apply(ch)
		tree = tree.Fork()
	}
	aux := auxGen().Draw(rt, "aux")
	for _, a := range aux {
		if a.Delete {
			delete(v.aux, string(a.Key))
		} else {
			v.aux[string(a.Key)] = string(a.Value)
		}
	}
	require.ErrorIs(rt, h.s.Commit(layer+1, tree, nil, nil), ErrLayer)
	if layer == 0 {
		require.NoError(rt, h.s.CommitGenesis(tree, []byte(v.meta), aux))
	} else {
		require.ErrorIs(rt, h.s.CommitGenesis(tree, nil, nil), ErrLayer)
		require.NoError(rt, h.s.Commit(layer, tree, []byte(v.meta), aux))
	}
	h.versions = append(h.versions, v)
	h.oldest = max(h.oldest, h.head()-testHistory)
	requireEqual(rt, v.state, tree)
	require.ErrorIs(rt, h.s.Commit(layer+1, stale, nil, nil), ErrStale)
	_, _, err = stale.Get(Key{})
	require.ErrorIs(rt, err, ErrStale)
}

func TestStoreBeforeGenesis(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		s := b.open(t)
		_, ok := s.Head()
		require.False(t, ok)
		tree, err := s.Tree()
		require.NoError(t, err)
		require.Equal(t, Root{}, tree.Root())
		require.ErrorIs(t, s.Commit(1, tree, nil, nil), ErrLayer)
		require.ErrorIs(t, s.Rewind(0), ErrHistory)
		_, err = s.At(0)
		require.ErrorIs(t, err, ErrHistory)
		require.Error(t, s.CommitGenesis(tree, make([]byte, MaxMetaBytes+1), nil))
		_, ok = s.Head()
		require.False(t, ok)
		require.NoError(t, s.Close())
	})
}

// A tree that is pruned cannot become the state, whatever it is committed as.
func TestStoreRefusesPrunedTree(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		full := New()
		a, z := Key{}, Key{0x80}
		require.NoError(t, full.Apply([]Change{{Key: a, Value: []byte("a")}, {Key: z}}))
		proof, err := full.Prove(a)
		require.NoError(t, err)
		pruned, err := Parse(proof, full.Root(), testLimits)
		require.NoError(t, err)
		s := b.open(t)
		require.ErrorIs(t, s.CommitGenesis(pruned, nil, nil), ErrIncomplete)
		require.NoError(t, s.CommitGenesis(full, nil, nil))
		require.ErrorIs(t, s.Commit(1, pruned, nil, nil), ErrStale)
		require.ErrorIs(t, s.Commit(1, New(), nil, nil), ErrStale)
		require.NoError(t, s.Commit(1, full, nil, nil), "a committed tree is at the head")
		require.NoError(t, s.Close())
	})
}

func TestStoreClosed(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		s := b.open(t)
		require.NoError(t, s.CommitGenesis(New(), nil, []Aux{{Key: []byte("k")}}))
		tree, err := s.Tree()
		require.NoError(t, err)
		require.NoError(t, s.Close())
		require.NoError(t, s.Close())
		_, _, err = tree.Get(Key{})
		require.ErrorIs(t, err, ErrClosed)
		require.ErrorIs(t, tree.Apply(nil), ErrClosed)
		_, err = s.Tree()
		require.ErrorIs(t, err, ErrClosed)
		_, err = s.At(0)
		require.ErrorIs(t, err, ErrClosed)
		_, _, err = s.Aux(0, []byte("k"))
		require.ErrorIs(t, err, ErrClosed)
		require.ErrorIs(t, s.AuxRange(0, nil, nil, nil), ErrClosed)
		require.ErrorIs(t, s.Commit(1, tree, nil, nil), ErrClosed)
		require.ErrorIs(t, s.Rewind(0), ErrClosed)
	})
}

func TestAuxRange(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		s := b.open(t)
		var aux []Aux
		for _, space := range []byte{6, 7, 8, 0xff} {
			for _, k := range []string{"", "a", "b", "c", "\xff\xff"} {
				aux = append(aux, Aux{Space: space, Key: []byte(k), Value: []byte{space}})
			}
		}
		require.NoError(t, s.CommitGenesis(New(), nil, aux))
		read := func(space byte, lo, hi []byte) (out []string) {
			require.NoError(t, s.AuxRange(space, lo, hi, func(k, v []byte) error {
				require.Equal(t, []byte{space}, v)
				out = append(out, string(k))
				return nil
			}))
			return out
		}
		for _, space := range []byte{6, 7, 0xff} {
			require.Equal(t, []string{"", "a", "b", "c", "\xff\xff"}, read(space, nil, nil))
			require.Equal(t, []string{"a", "b"}, read(space, []byte("a"), []byte("c")))
			require.Equal(t, []string{"c", "\xff\xff"}, read(space, []byte("b\x00"), nil))
			require.Empty(t, read(space, nil, []byte{}))
		}
		require.Empty(t, read(9, nil, nil))
		stop := errors.New("stop")
		calls := 0
		err := s.AuxRange(7, nil, nil, func(_, _ []byte) error { calls++; return stop })
		require.ErrorIs(t, err, stop)
		require.Equal(t, 1, calls)
		require.NoError(t, s.Close())
	})
}

// Both back ends and a tree alone give the same roots, proofs and witnesses.
func TestBackendsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		state := changesGen(40).Draw(rt, "state")
		ops := rapid.SliceOfN(opGen(), 1, 6).Draw(rt, "ops")
		var results [][]string
		var witnesses [][]byte
		for _, b := range backends() {
			s, tree := b.open(rt), New()
			require.NoError(rt, tree.Apply(state))
			require.NoError(rt, s.CommitGenesis(tree, nil, nil))
			r := tree.Record()
			out, err := runAll(tree, ops)
			require.NoError(rt, err)
			w, err := r.Witness()
			require.NoError(rt, err)
			plain, err := s.Tree()
			require.NoError(rt, err)
			unrecorded, err := runAll(plain, ops)
			require.NoError(rt, err)
			require.Equal(rt, out, unrecorded, "recording is invisible")
			results, witnesses = append(results, out), append(witnesses, w)
			require.NoError(rt, s.Close())
		}
		require.Equal(rt, results[0], results[1])
		require.True(rt, bytes.Equal(witnesses[0], witnesses[1]))
	})
}
