package statetree

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// TestReopenAtTheFloor: a rewind as deep as the history allows leads to a layer whose own reverse diff
// is not kept any more. A store that stops there must open again, and still know where its floor is.
func TestReopenAtTheFloor(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	open := func() Store {
		s, err := OpenPebble("db", Options{History: 3, FS: fs})
		require.NoError(t, err)
		return s
	}
	s := open()
	commit := func(layer uint64) {
		tree := New()
		if layer > 0 {
			var err error
			tree, err = s.Tree()
			require.NoError(t, err)
		}
		require.NoError(t, tree.Apply([]Change{{Key: Key{byte(layer)}, Value: []byte{byte(layer)}}}))
		if layer == 0 {
			require.NoError(t, s.CommitGenesis(tree, nil, nil))
			return
		}
		require.NoError(t, s.Commit(layer, tree, nil, nil))
	}
	for layer := range uint64(6) {
		commit(layer)
	}
	for range 2 {
		require.NoError(t, s.Rewind(2))
		require.NoError(t, s.Close())
		s = open()
		require.ErrorIs(t, s.Rewind(1), ErrHistory)
		commit(3)
		require.NoError(t, s.Close())
		s = open()
	}
	head, ok := s.Head()
	require.True(t, ok)
	require.Equal(t, uint64(3), head.Layer)
	require.NoError(t, s.Close())
}
