package stf_test

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
)

// TestKeysStayShallow [33]: the keys of an account are neighbours without hanging below a chain of
// nodes that have one child. 10_000 accounts of three leaves lie as deep as so many leaves must, and
// some levels more; with 8 common bytes they would be at 65 and below.
func TestKeysStayShallow(t *testing.T) {
	t.Parallel()
	var keys []state.Key
	for i := range uint64(10_000) {
		var a address.Address
		binary.LittleEndian.PutUint64(a[8:], i)
		keys = append(keys, state.KeyOf(state.KindHeader, a, nil), state.KeyOf(state.KindBlob, a, nil),
			state.KeyOf(state.KindSlot, a, make([]byte, 32)))
	}
	slices.SortFunc(keys, func(a, b state.Key) int { return slices.Compare(a[:], b[:]) })
	common := func(a, b state.Key) int {
		for i := range a {
			if x := a[i] ^ b[i]; x != 0 {
				return 8*i + bits.LeadingZeros8(x)
			}
		}
		return 256
	}
	sum, deepest := 0, 0
	for i, k := range keys {
		depth := 0 // a leaf lies below what it shares with a neighbour
		if i > 0 {
			depth = common(k, keys[i-1]) + 1
		}
		if i+1 < len(keys) {
			depth = max(depth, common(k, keys[i+1])+1)
		}
		sum, deepest = sum+depth, max(deepest, depth)
	}
	t.Logf("mean depth %.1f, deepest %d", float64(sum)/float64(len(keys)), deepest)
	require.Less(t, sum, 28*len(keys))
	require.Less(t, deepest, 64)
}
