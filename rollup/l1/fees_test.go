package l1

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

func TestNudgeMovesByAtMostAnEighth(t *testing.T) {
	t.Parallel()
	const target = 1 << 19
	for _, c := range []struct {
		name               string
		price, used, floor uint64
		want               uint64
	}{
		{"holds at the target", 800, target, 1, 800},
		{"full: up an eighth", 800, 2 * target, 1, 900},
		{"more than full: still an eighth", 800, math.MaxUint64, 1, 900},
		{"empty: down an eighth", 800, 0, 1, 700},
		{"half of the way", 800, target / 2, 1, 750},
		{"a small price can rise", 1, target + 1, 1, 2},
		{"and fall", 2, 0, 1, 1},
		{"never below the floor", 1, 0, 1, 1},
		{"from nothing", 0, target + 1, 0, 1},
		{"does not overflow", math.MaxUint64, 2 * target, 1, math.MaxUint64},
	} {
		require.Equal(t, c.want, nudge(c.price, c.used, target, c.floor), c.name)
	}
}

func TestFollowMovesTowardTheGoal(t *testing.T) {
	t.Parallel()
	require.Equal(t, uint64(900), follow(800, 2_000))
	require.Equal(t, uint64(810), follow(800, 810))
	require.Equal(t, uint64(700), follow(800, 1))
	require.Equal(t, uint64(799), follow(800, 799))
	require.Equal(t, uint64(1), follow(0, 9))
	require.Equal(t, uint64(5), follow(5, 5))
}

func TestPricesFollowUse(t *testing.T) {
	t.Parallel()
	p := rollup.DefaultParams()
	c := prices{byteFee: 80, data: 80, inclusion: 80, forced: 8}
	idle := c.next(&p, 0, 0, 0)
	require.Equal(t, prices{byteFee: 70, data: 70, inclusion: 70, forced: 7}, idle)
	busy := c.next(&p, uint64(p.MaxL1BlockBytes), fullWeight, fullWeight)
	require.Equal(t, prices{byteFee: 90, data: 90, inclusion: 90, forced: 9}, busy)
	floor := genesisPrices(&p).next(&p, 0, 0, 0)
	require.Equal(t, genesisPrices(&p), floor)
}

func TestSums(t *testing.T) {
	t.Parallel()
	_, ok := mul(1<<32, 1<<32)
	require.False(t, ok)
	_, ok = sum(math.MaxUint64, 1)
	require.False(t, ok)
	v, ok := sum(1, 2, 3)
	require.True(t, ok)
	require.Equal(t, uint64(6), v)
	require.Equal(t, uint64(math.MaxUint64/5), part(math.MaxUint64, 20))
}
