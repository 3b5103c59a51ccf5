package precompile

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBatchSizes: the library adds up batches of different sizes by different algorithms. Honest
// signatures, points of small order and encodings that are not canonical are mixed, and one bad
// signature anywhere is found.
func TestBatchSizes(t *testing.T) {
	t.Parallel()
	var pool []Signed
	for _, c := range specCheck {
		if c.want {
			pool = append(pool, Signed{mustHex(c.message), [32]byte(mustHex(c.key)),
				[64]byte(mustHex(c.sig))})
		}
	}
	for i, a := range smallOrder {
		r := mustHex(smallOrder[len(smallOrder)-1-i])
		pool = append(pool, Signed{[]byte("Zcash"), [32]byte(mustHex(a)),
			[64]byte(append(r, make([]byte, 32)...))})
	}
	one := caseOf(t, "own_ed25519.txt", "one twice").Args
	honest, ok := splitBatch(one[0].Bytes, one[2].Bytes)
	require.True(t, ok)
	pool = append(pool, honest...)
	for _, n := range []int{2, 3, 8, 16, 17, 64, 94, 96, 128, 191, MaxBatch} {
		var batch []Signed
		for i := range n {
			batch = append(batch, pool[(i*7+n)%len(pool)])
		}
		require.True(t, VerifyEd25519Batch(batch), n)
		for _, at := range []int{0, n / 2, n - 1} {
			bad := slices.Clone(batch)
			addScalar(&bad[at].Signature, 1)
			require.False(t, VerifyEd25519Batch(bad), "%d at %d", n, at)
		}
	}
	require.False(t, VerifyEd25519Batch([]Signed{{Key: [32]byte{2}}, {Key: [32]byte{2}}}))
}
