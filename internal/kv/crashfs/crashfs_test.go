package crashfs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/internal/kv/crashfs"
)

func put(t *testing.T, s *kv.Store, key string) {
	t.Helper()
	require.NoError(t, s.Apply(kv.Write{Key: []byte(key), Value: []byte("v")}))
}

// What was written before the power failed is there, and nothing that was written afterwards.
func TestPowerFailsAtAWrite(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		d := crashfs.New()
		s, err := kv.OpenOn(d, "one/store")
		require.NoError(t, err)
		put(t, s, "a")
		writes := d.Writes()
		d.Arm(2, after, "")
		put(t, s, "b")
		require.False(t, d.Dead())
		put(t, s, "c")
		require.True(t, d.Dead())
		require.Equal(t, writes+2, d.Writes())
		put(t, s, "d") // nobody will read it
		_ = s.Close()

		d = d.Restored()
		require.False(t, d.Dead())
		s, err = kv.OpenOn(d, "one/store")
		require.NoError(t, err)
		for key, want := range map[string]bool{"a": true, "b": true, "c": after, "d": false} {
			_, ok, err := s.Get([]byte(key))
			require.NoError(t, err)
			require.Equal(t, want, ok, "%s, after the write: %v", key, after)
		}
		require.NoError(t, s.Close())
	}
}

// Only the writes of a folder count, if one is named; files that are made whole count as logs do.
func TestWritesOfAFolder(t *testing.T) {
	t.Parallel()
	d := crashfs.New()
	d.Arm(1, false, "one/files")
	s, err := kv.OpenOn(d, "one/store")
	require.NoError(t, err)
	put(t, s, "a")
	require.False(t, d.Dead())
	require.NoError(t, s.Close())
	require.NoError(t, kv.WriteFile(d, "one/files", "f", []byte("whole")))
	require.True(t, d.Dead())
	_, err = kv.ReadFile(d.Restored(), "one/files/f", 10)
	require.True(t, kv.NotExist(err))
}
