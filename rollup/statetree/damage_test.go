package statetree

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// damaged returns a file system with a store of two layers after fn was let loose on the database.
func damaged(t *testing.T, fn func(db *pebble.DB, k Key) error) (fs vfs.FS, keys []Key) {
	fs = vfs.NewMem()
	s, err := OpenPebble("db", Options{FS: fs})
	require.NoError(t, err)
	tree := New()
	var ch []Change
	for i := range 2000 { // enough for pages below the root's
		keys = append(keys, hashedKey(i))
		ch = append(ch, Change{Key: keys[i], Value: []byte{byte(i)}})
	}
	require.NoError(t, tree.Apply(ch))
	require.NoError(t, s.CommitGenesis(tree, nil, nil))
	require.NoError(t, tree.Apply([]Change{{Key: keys[0], Value: []byte("new")}}))
	require.NoError(t, s.Commit(1, tree, nil, nil))
	require.NoError(t, s.Close())
	db, err := pebble.Open("db", pebbleOptions(Options{FS: fs}))
	require.NoError(t, err)
	require.NoError(t, fn(db, keys[0]))
	require.NoError(t, db.Close())
	return fs, keys
}

func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	rootPage := nodeID{}.dbKey()
	drop := func(key []byte) func(*pebble.DB, Key) error {
		return func(db *pebble.DB, _ Key) error { return db.Delete(key, pebble.Sync) }
	}
	write := func(key, value []byte) func(*pebble.DB, Key) error {
		return func(db *pebble.DB, _ Key) error { return db.Set(key, value, pebble.Sync) }
	}
	tests := []struct {
		name    string
		damage  func(*pebble.DB, Key) error
		says    string
		repairs bool
	}{
		{"no root page", drop(rootPage), "Rebuild", true},
		{"unreadable root page", write(rootPage, []byte{9}), "damaged", true},
		{"another root page", write(rootPage, appendPage(nil, newInner(&stub{h: Root{1}, leaves: 1}, &stub{h: Root{2}, leaves: bucketMax}), 0, pageLevels)),
			"Rebuild", true},
		{"no reverse diff", drop(undoKey(1)), "reverse diff of layer 1", false},
		{"cut reverse diff", write(undoKey(1), []byte{0}), "reverse diff", false},
		{"reverse diff of another layer", write(undoKey(1),
			(&undoRecord{head: Head{Layer: 5}}).appendTo(nil)), "leads to layer 5", false},
		{"cut head", write([]byte{spaceHead}, []byte{1}), "head record", false},
		{"another layout", write([]byte{spaceSchema}, []byte("x")), `layout "x"`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fs, keys := damaged(t, tt.damage)
			_, err := OpenPebble("db", Options{FS: fs})
			require.ErrorContains(t, err, tt.says)
			s, err := OpenPebble("db", Options{FS: fs, Rebuild: true})
			if !tt.repairs {
				require.ErrorContains(t, err, tt.says)
				return
			}
			require.NoError(t, err)
			requireAll(t, s, keys)
			require.NoError(t, s.Close())
		})
	}
}

// requireAll reads every key by its path, and goes back a layer.
func requireAll(t *testing.T, s Store, keys []Key) {
	tree, err := s.Tree()
	require.NoError(t, err)
	_, err = tree.Prove(keys...)
	require.NoError(t, err)
	require.NoError(t, s.Rewind(0))
	tree, err = s.Tree()
	require.NoError(t, err)
	v, ok, err := tree.Get(keys[0])
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []byte{0}, v)
}

// Damage below the root page is found when the path is read, never answered.
func TestDamageBelowRoot(t *testing.T) {
	t.Parallel()
	fs, keys := damaged(t, func(db *pebble.DB, k Key) error {
		return db.DeleteRange([]byte{spacePage, 1}, []byte{spacePage + 1}, pebble.Sync)
	})
	s, err := OpenPebble("db", Options{FS: fs})
	require.NoError(t, err)
	tree, err := s.Tree()
	require.NoError(t, err)
	_, err = tree.Prove(keys[0])
	require.ErrorIs(t, err, ErrCorrupt)
	require.ErrorIs(t, tree.Apply([]Change{{Key: keys[0], Delete: true}}), ErrCorrupt)
	require.NoError(t, s.Close())

	s, err = OpenPebble("db", Options{FS: fs, Rebuild: true})
	require.NoError(t, err)
	requireAll(t, s, keys)
	require.NoError(t, s.Close())
}

func TestDamagedValue(t *testing.T) {
	t.Parallel()
	fs, keys := damaged(t, func(db *pebble.DB, k Key) error {
		return db.Set(valueKey(k), []byte("lie"), pebble.Sync)
	})
	s, err := OpenPebble("db", Options{FS: fs})
	require.NoError(t, err)
	tree, err := s.Tree()
	require.NoError(t, err)
	_, err = tree.Prove(keys[0])
	require.ErrorIs(t, err, ErrCorrupt)
	require.NoError(t, s.Close())
	_, err = OpenPebble("db", Options{FS: fs, Rebuild: true})
	require.ErrorContains(t, err, "derive the state from L1")
}
