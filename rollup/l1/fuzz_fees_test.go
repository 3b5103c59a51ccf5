package l1

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzNudge [26]: a price of the L1 moves by what math/big says, never below its floor and never
// round the end of 64 bits.
func FuzzNudge(f *testing.F) {
	f.Add(uint64(800), uint64(1<<20), uint64(1<<19), uint64(1))
	f.Add(uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(1), uint64(1))
	f.Add(uint64(1), uint64(0), uint64(1<<40), uint64(1))
	f.Fuzz(func(t *testing.T, price, used, target, floor uint64) {
		target = target%(math.MaxUint64/8) + 1
		price = max(price, floor)
		n := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
		diff := new(big.Int).Sub(n(used), n(target))
		part := new(big.Int).Abs(diff)
		if part.Cmp(n(target)) > 0 {
			part = n(target)
		}
		by := new(big.Int).Mul(n(target), big.NewInt(8))
		move := new(big.Int).Mul(n(price), part)
		move.Div(move.Add(move, by).Sub(move, big.NewInt(1)), by)
		want := n(price)
		switch {
		case diff.Sign() > 0 && move.Sign() == 0:
			want.Add(want, big.NewInt(1))
		case diff.Sign() > 0:
			want.Add(want, move)
		default:
			want.Sub(want, move)
		}
		if want.Cmp(n(floor)) < 0 {
			want.Set(n(floor))
		}
		got := nudge(price, used, target, floor)
		if want.IsUint64() {
			require.Equal(t, want.Uint64(), got)
		} else {
			require.Equal(t, price, got, "it holds where it cannot rise")
		}
		most := max(1, price/8+1)
		require.LessOrEqual(t, max(follow(price, used), price)-min(follow(price, used), price), most)
		if used == price {
			require.Equal(t, price, follow(price, used))
		}
	})
}
