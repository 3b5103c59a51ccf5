package kv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStoreKeepsWhatABatchWrote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir)
	require.NoError(t, err)
	require.NoError(t, s.Apply(
		Write{Key: []byte("a1"), Value: []byte("x")},
		Write{Key: []byte("a2"), Value: []byte("y")},
		Write{Key: []byte("b1"), Value: []byte("z")},
	))
	require.NoError(t, s.Apply(Write{Key: []byte("a1"), Delete: true}, Write{Key: []byte("a3"), Value: nil}))
	require.NoError(t, s.Close())

	s, err = Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, ok, err := s.Get([]byte("a1"))
	require.NoError(t, err)
	require.False(t, ok)
	v, ok, err := s.Get([]byte("a3"))
	require.NoError(t, err)
	require.True(t, ok)
	require.Empty(t, v)
	var keys []string
	require.NoError(t, s.Range([]byte("a"), PrefixEnd([]byte("a")), func(k, _ []byte) bool {
		keys = append(keys, string(k))
		return true
	}))
	require.Equal(t, []string{"a2", "a3"}, keys)
}

func TestPrefixEnd(t *testing.T) {
	t.Parallel()
	require.Equal(t, []byte("b"), PrefixEnd([]byte("a")))
	require.Equal(t, []byte{2}, PrefixEnd([]byte{1, 0xff}))
	require.Nil(t, PrefixEnd([]byte{0xff, 0xff}))
}
