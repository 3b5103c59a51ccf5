package l1

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/vectorfile"
)

func nudgeVector(price, used, target, floor, goal uint64) *vectorfile.Block {
	v := new(vectorfile.Block)
	v.Add("price", "%d", price)
	v.Add("used", "%d", used)
	v.Add("target", "%d", target)
	v.Add("floor", "%d", floor)
	v.Add("nudged", "%d", nudge(price, used, target, floor))
	v.Add("goal", "%d", goal)
	v.Add("followed", "%d", follow(price, goal))
	return v
}

func nudgeVectors() (out []*vectorfile.Block) {
	const target = 1 << 19
	for _, price := range []uint64{1, 7, 8, 9, 800, 1 << 40, math.MaxUint64 - 1, math.MaxUint64} {
		for _, used := range []uint64{0, 1, target / 2, target, target + 1, 2 * target, math.MaxUint64} {
			out = append(out, nudgeVector(price, used, target, 1, used))
		}
	}
	return append(out, nudgeVector(100, 0, target, 95, 95), nudgeVector(0, target+1, target, 0, 1))
}

// TestVectorsNudge: how the prices of L1 move.
func TestVectorsNudge(t *testing.T) {
	t.Parallel()
	for _, v := range vectorfile.Load(t, "../../fixtures/vectors/fees/l1.txt",
		"go test ./rollup/l1 -run Vectors", nudgeVectors) {
		got := nudgeVector(v.Uint(t, "price"), v.Uint(t, "used"), v.Uint(t, "target"),
			v.Uint(t, "floor"), v.Uint(t, "goal"))
		require.Equal(t, v.String(), got.String())
	}
}
