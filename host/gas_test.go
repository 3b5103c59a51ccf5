package host

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPerWord: words are of 32 bytes, begun ones count, and nothing wraps.
func TestPerWord(t *testing.T) {
	t.Parallel()
	for n, words := range map[int]uint64{0: 0, 1: 1, 31: 1, 32: 1, 33: 2, 64: 2, 4_096: 128} { //lint:unordered
		require.Equal(t, 7+3*words, perWord(7, 3, n), n)
	}
	require.Equal(t, uint64(math.MaxUint64), perWord(1, math.MaxUint64, 32))
	require.Equal(t, uint64(math.MaxUint64), perWord(0, 1<<60, 32*16))
	require.Equal(t, uint64(1<<59), perWord(0, 1, -1), "far above any limit, not 0")
	require.Equal(t, uint64(math.MaxUint64), times(1, 1<<32, 1<<32))
	require.Equal(t, uint64(math.MaxUint64-1), times(0, 2, math.MaxInt64))
}
