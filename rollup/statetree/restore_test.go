package statetree

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

// snapshot returns a state with pages of several levels, and its chunks.
func snapshot(t *testing.T, seed uint64) (m model, chunks []Chunk) {
	rng := rand.New(rand.NewPCG(seed, 9))
	m, tree := model{}, New()
	for range 4 {
		ch := sparseChanges(rng, 150)
		m.apply(ch)
		require.NoError(t, tree.Apply(ch))
	}
	for at, more := (Key{}), true; more; {
		c, err := tree.ProveRange(at, 1200)
		require.NoError(t, err)
		chunks = append(chunks, c)
		at, more = c.Next()
	}
	require.Greater(t, len(chunks), 5)
	return m, chunks
}

func installAll(t *testing.T, r *Restore, chunks []Chunk) {
	for _, c := range chunks {
		if next, ok := r.Next(); ok && c.From == next {
			require.NoError(t, r.Install(c))
		}
	}
	_, ok := r.Next()
	require.False(t, ok)
}

var restoreAux = []Aux{{Space: 7, Key: []byte("k"), Value: []byte("v")}}

func TestRestore(t *testing.T) {
	t.Parallel()
	m, chunks := snapshot(t, 1)
	for name, open := range map[string]func() *Restore{
		"memory": func() *Restore { return NewMemoryRestore(3, m.root()) },
		"pebble": func() *Restore {
			r, err := OpenRestore("db", Options{History: 3, FS: vfs.NewMem()}, m.root())
			require.NoError(t, err)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open()
			_, err := r.Finish(40, nil, nil)
			require.ErrorIs(t, err, ErrIncomplete)
			require.Error(t, r.Install(chunks[1]), "a gap")
			lie := chunks[0]
			lie.Proof = append([]byte{}, lie.Proof...)
			lie.Proof[len(lie.Proof)/2] ^= 1
			require.ErrorIs(t, r.Install(lie), ErrBadWitness)
			wide := chunks[0]
			wide.To = chunks[1].To
			require.ErrorIs(t, r.Install(wide), ErrIncomplete)
			require.NoError(t, r.Install(chunks[0]))
			require.Error(t, r.Install(chunks[0]), "twice")
			installAll(t, r, chunks)
			require.Error(t, r.Install(chunks[0]), "too many")
			s, err := r.Finish(40, []byte("meta"), restoreAux)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			requireRestored(t, s, m)
			require.NoError(t, s.Close())
		})
	}
}

// requireRestored checks a store that was restored at layer 40, and that it goes on from there.
func requireRestored(t *testing.T, s Store, m model) {
	v := version{state: m, aux: map[string]string{"k": "v"}, meta: "meta"}
	requireVersion(t, s, 40, v)
	require.ErrorIs(t, s.Rewind(39), ErrHistory)
	tree, err := s.Tree()
	require.NoError(t, err)
	require.NoError(t, tree.Apply([]Change{{Key: Key{1, 2}, Value: []byte("x")}}))
	require.NoError(t, s.Commit(41, tree, nil, nil))
	require.NoError(t, s.Rewind(40))
	requireVersion(t, s, 40, v)
}

// TestRestoreSurvivesCrashes loses power at every write of a restore: it goes on where it was, and
// what is not finished opens as no store.
func TestRestoreSurvivesCrashes(t *testing.T) {
	t.Parallel()
	m, chunks := snapshot(t, 2)
	c := &crashes{mem: vfs.NewCrashableMem(), rng: rand.New(rand.NewPCG(1, 2))}
	opt := Options{History: 3, FS: errorfs.Wrap(c.mem, errorfs.InjectorFunc(c.maybeTake))}
	r, err := OpenRestore("db", opt, m.root())
	require.NoError(t, err)
	installAll(t, r, chunks)
	s, err := r.Finish(40, []byte("meta"), restoreAux)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Greater(t, len(c.taken), 20)

	finished, resumed := 0, 0
	for _, crash := range c.taken {
		opt := Options{History: 3, FS: crash.fs}
		s, err := OpenPebble("db", opt)
		_, whole := Head{}, false
		if err == nil {
			if _, whole = s.Head(); !whole {
				require.NoError(t, s.Close()) // from before the restore began
			}
		} else {
			require.ErrorIs(t, err, ErrRestoring, crash.where)
		}
		if !whole {
			r, err := OpenRestore("db", opt, m.root())
			require.NoError(t, err, crash.where)
			if next, _ := r.Next(); next != (Key{}) {
				resumed++
			}
			installAll(t, r, chunks)
			s, err = r.Finish(40, []byte("meta"), restoreAux)
			require.NoError(t, err, crash.where)
		} else {
			finished++
		}
		requireRestored(t, s, m)
		require.NoError(t, s.Close())
		s, err = OpenPebble("db", opt)
		require.NoError(t, err)
		requirePages(t, s.(*pebbleStore))
		require.NoError(t, s.Close())
	}
	require.Positive(t, resumed)
	require.Positive(t, finished)
}

// A restore of another state begins anew, and a store is not restored over.
func TestRestoreElse(t *testing.T) {
	t.Parallel()
	opt := Options{FS: vfs.NewMem()}
	first, chunks := snapshot(t, 3)
	r, err := OpenRestore("db", opt, first.root())
	require.NoError(t, err)
	require.NoError(t, r.Install(chunks[0]))
	require.NoError(t, r.Close())
	_, err = OpenPebble("db", opt)
	require.ErrorIs(t, err, ErrRestoring)

	m, chunks := snapshot(t, 4)
	r, err = OpenRestore("db", opt, m.root())
	require.NoError(t, err)
	next, ok := r.Next()
	require.True(t, ok)
	require.Equal(t, Key{}, next)
	installAll(t, r, chunks)
	s, err := r.Finish(40, []byte("meta"), restoreAux)
	require.NoError(t, err)
	requireRestored(t, s, m)
	require.NoError(t, s.Close())
	_, err = OpenRestore("db", opt, m.root())
	require.ErrorContains(t, err, "holds a state already")
}
