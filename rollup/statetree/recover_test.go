package statetree

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// sparseChanges changes keys of a small universe whose paths part at several depths, so that pages
// of several levels come, shrink to buckets, and go. Deletions prevail in some rounds.
func sparseChanges(rng *rand.Rand, n int) []Change {
	ch := make([]Change, n)
	deletes := rng.IntN(4)
	for i := range ch {
		k := hashedKey(rng.IntN(600))
		k[0] &= 0x81
		if k[3]&3 != 0 {
			k[1] &= 0x11
		}
		ch[i].Key = k
		if ch[i].Delete = rng.IntN(4) < deletes; !ch[i].Delete {
			ch[i].Value = fmt.Append(nil, rng.IntN(3))
			if rng.IntN(8) == 0 {
				ch[i].Value = make([]byte, inlineMax+rng.IntN(3))
			}
		}
	}
	return ch
}

// TestRecover kills a store, with few of its pages written, after each of many commits and rewinds.
// What opens again is complete: its pages are those that the values make, and none is left over.
func TestRecover(t *testing.T) {
	t.Parallel()
	for _, keysMax := range []int{0, 40, 300, logKeysMax} {
		t.Run(fmt.Sprint(keysMax), func(t *testing.T) {
			t.Parallel()
			recoverRounds(t, keysMax)
		})
	}
}

func recoverRounds(t *testing.T, keysMax int) {
	rng := rand.New(rand.NewPCG(uint64(keysMax), 3))
	fs := vfs.NewCrashableMem()
	open := func(fs vfs.FS) *pebbleStore {
		s, err := OpenPebble("db", Options{History: 5, CacheBytes: 1 << 20, FS: fs})
		require.NoError(t, err)
		p := s.(*pebbleStore)
		p.upkeep.keysMax = keysMax
		return p
	}
	s := open(fs)
	versions := []version{}
	for round := range 24 {
		v := version{state: model{}, aux: map[string]string{}}
		if len(versions) > 0 {
			v = versions[len(versions)-1].clone()
		}
		tree, err := s.Tree()
		require.NoError(t, err)
		ch := sparseChanges(rng, 1+rng.IntN(120))
		require.NoError(t, tree.Apply(ch))
		v.state.apply(ch)
		require.NoError(t, s.Commit(uint64(len(versions)), tree, nil, nil))
		versions = append(versions, v)
		if back := rng.IntN(4); back > 1 && back < len(versions) && round%5 == 0 {
			versions = versions[:len(versions)-back]
			require.NoError(t, s.Rewind(uint64(len(versions)-1)))
		}
		require.Equal(t, bytesOf(s.root), s.bytes)
		layer := len(versions) - 1
		left := open(fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0, RNG: rng}))
		requireVersion(t, left, layer, versions[layer])
		requirePages(t, left)
		require.NoError(t, left.Close())
		if round%7 == 0 { // go on with what was left, as after a real crash
			require.NoError(t, s.Close())
			fs = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0, RNG: rng})
			s = open(fs)
		}
	}
	require.NoError(t, s.Close())
}

// requirePages compares the pages of a store that has nothing dirty with those that its values make.
func requirePages(t *testing.T, s *pebbleStore) {
	require.Empty(t, s.upkeep.log)
	want := map[string]string{}
	_, err := s.derive(func(id nodeID, p *inner) error {
		want[string(id.dbKey())] = string(appendPage(nil, p, 0, pageLevels))
		return nil
	})
	require.NoError(t, err)
	got := map[string]string{}
	it, err := s.db.NewIter(nil)
	require.NoError(t, err)
	for it.SeekGE([]byte{spacePage}); it.Valid() && it.Key()[0] == spacePage; it.Next() {
		got[string(it.Key())] = string(it.Value())
	}
	require.NoError(t, it.Close())
	require.Equal(t, want, got)
}
