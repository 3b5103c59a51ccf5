package statetree

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// TestMemoryIsBounded updates a state that is many times larger than its memory, reads and goes back,
// and counts what is in memory.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const keys = 30_000
	opened, err := OpenPebble("db", Options{History: 4, CacheBytes: 1 << 20, FS: vfs.NewMem()})
	require.NoError(t, err)
	s := opened.(*pebbleStore)
	full := New()
	require.NoError(t, full.Apply(bigChanges(keys)))
	require.Greater(t, bytesOf(full.root), 3*s.upkeep.bytesMax)
	require.NoError(t, s.CommitGenesis(full.Fork(), nil, nil))
	rng := rand.New(rand.NewPCG(1, 1))
	roots := []Root{full.Root()}
	for layer := uint64(1); layer <= 40; layer++ {
		ch := updates(rng, 1+rng.IntN(400), keys)
		for i := range ch {
			if rng.IntN(20) == 0 {
				ch[i].Value = make([]byte, 10*inlineMax)
			}
		}
		tree, err := s.Tree()
		require.NoError(t, err)
		_, err = tree.Prove(hashedKey(rng.IntN(keys)), hashedKey(rng.IntN(keys)))
		require.NoError(t, err)
		require.NoError(t, tree.Apply(ch))
		require.NoError(t, full.Apply(ch))
		require.Equal(t, full.Root(), tree.Root())
		require.NoError(t, s.Commit(layer, tree, nil, nil))
		requireBound(t, s)
		for _, c := range ch[:min(len(ch), 10)] {
			want, _, err := full.Get(c.Key)
			require.NoError(t, err)
			got, ok, err := tree.Get(c.Key)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, want, got)
		}
		roots = append(roots, full.Root())
	}
	require.NoError(t, s.Rewind(37))
	require.Equal(t, roots[37], *hashOf(s.root))
	requireBound(t, s)
	require.NoError(t, s.Close())
}

func requireBound(t *testing.T, s *pebbleStore) {
	require.Equal(t, bytesOf(s.root), s.bytes)
	require.LessOrEqual(t, s.bytes, s.upkeep.bytesMax)
	for i := range s.nodes.shards {
		c := &s.nodes.shards[i]
		sum := int64(0)
		for _, slot := range c.slots {
			sum += slot.cost
		}
		require.Equal(t, sum, c.bytes)
		require.LessOrEqual(t, c.bytes, c.bytesMax)
	}
	sum := 0
	for _, r := range s.upkeep.log {
		sum += r.keys
	}
	require.Equal(t, sum, s.upkeep.keys)
	require.LessOrEqual(t, sum, s.upkeep.keysMax)
}
