package executor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzStoredSnapshot feeds damaged records of cut snapshots to their decoder: an error, or what was
// written.
func FuzzStoredSnapshot(f *testing.F) {
	c := cut{done: true}
	c.Layer, c.Chunks, c.Carry = 7, 3, []byte("carry")
	w := c.write()
	f.Add(w.Key, w.Value)
	f.Add([]byte{keySnapshot}, []byte{})
	f.Fuzz(func(t *testing.T, k, v []byte) {
		if c, err := decodeCut(k, v); err == nil {
			require.Equal(t, v, c.write().Value)
			require.Equal(t, k[1:], c.write().Key[1:])
		}
	})
}
