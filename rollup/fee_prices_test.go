package rollup

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/metering"
)

func TestNextPrices(t *testing.T) {
	t.Parallel()
	const c = metering.Compute
	for _, tc := range []struct {
		name                       string
		price, floor, used, target uint64
		layers                     uint64
		want                       uint64
	}{
		{"use on target", 800, 1, 100, 100, 1, 800},
		{"empty layer", 800, 1, 0, 100, 1, 700},
		{"empty layer at the floor", 800, 800, 0, 100, 1, 800},
		{"empty layer near the floor", 801, 800, 0, 100, 1, 800},
		{"half of the target", 800, 1, 50, 100, 1, 750},
		{"half above", 800, 1, 150, 100, 1, 850},
		{"double", 800, 1, 200, 100, 1, 900},
		{"more than double moves no further", 800, 1, math.MaxUint64, 100, 1, 900},
		{"a window of layers", 800, 1, 800, 100, 4, 900},
		{"a window on target", 800, 1, 400, 100, 4, 800},
		{"up by a unit at least", 1, 1, 101, 100, 1, 2},
		{"down by a unit", 2, 1, 99, 100, 1, 1},
		{"the move is rounded up", 801, 1, 200, 100, 1, 902},
		{"no way above 2^64-1", math.MaxUint64, 1, 200, 100, 1, math.MaxUint64},
		{"up to 2^64-1", math.MaxUint64 - 5, 1, 101, 100, 1, math.MaxUint64},
		{"a floor that was raised", 5, 50, 0, 100, 1, 50},
	} {
		p := Params{PriceChange: 8}
		p.MinPrices[c], p.PriceTarget[c] = tc.floor, tc.target
		prices, used := metering.Units{}, metering.Units{}
		prices[c], used[c] = tc.price, tc.used
		require.Equal(t, tc.want, p.NextPrices(prices, used, tc.layers)[c], tc.name)
	}
	p := DefaultParams()
	require.Equal(t, metering.Units{0, 16, 64, 256, 1024},
		p.NextPrices(p.Prices, metering.Units{math.MaxUint64}, 1), "data has no price here")
}

// TestNextPricesAgreeWithBigIntegers: the move is what exact arithmetic gives, and is bounded.
func TestNextPricesAgreeWithBigIntegers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultParams()
		p.PriceWindow = rapid.Uint32Range(1, 1000).Draw(t, "window")
		p.PriceChange = rapid.Uint32Range(1, 1000).Draw(t, "change")
		layers := uint64(rapid.Uint32Range(1, p.PriceWindow).Draw(t, "layers"))
		prices, used := metering.Units{}, metering.Units{}
		for d := metering.Compute; d < metering.Dimensions; d++ {
			p.Layer[d] = rapid.Uint64Range(1, math.MaxUint64/1_000_000).Draw(t, "layer")
			p.PriceTarget[d] = rapid.Uint64Range(1, p.Layer[d]).Draw(t, "target")
			p.MinPrices[d] = rapid.Uint64Range(1, 1<<20).Draw(t, "floor")
			prices[d] = rapid.Uint64Min(p.MinPrices[d]).Draw(t, "price")
			used[d] = rapid.Uint64Range(0, p.Layer[d]*layers).Draw(t, "used")
		}
		next := p.NextPrices(prices, used, layers)
		for d := metering.Compute; d < metering.Dimensions; d++ {
			u := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
			target := new(big.Int).Mul(u(p.PriceTarget[d]), u(layers))
			diff := new(big.Int).Sub(u(used[d]), target)
			if diff.Cmp(target) > 0 {
				diff.Set(target)
			}
			by := new(big.Int).Mul(target, u(uint64(p.PriceChange)))
			move := new(big.Int).Mul(u(prices[d]), new(big.Int).Abs(diff))
			move.Add(move, by).Sub(move, big.NewInt(1)).Div(move, by)
			want := u(prices[d])
			if diff.Sign() > 0 {
				want.Add(want, bigMax(move, big.NewInt(1)))
			} else {
				want.Sub(want, move)
			}
			want = bigMax(want, u(p.MinPrices[d]))
			if !want.IsUint64() {
				want.SetUint64(math.MaxUint64)
			}
			require.Equal(t, want.Uint64(), next[d], "%v", d)
		}
	})
}

func bigMax(a, b *big.Int) *big.Int {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// TestPriceAttacks: what somebody who fills or empties layers can do to a price.
func TestPriceAttacks(t *testing.T) {
	t.Parallel()
	const d = metering.Compute
	p := DefaultParams()
	full := p.Layer
	var used metering.Units
	// Filling every layer for a hundred layers raises the price by the bound and no more.
	prices := p.Prices
	for range 100 {
		before := prices[d]
		prices = p.NextPrices(prices, full, 1)
		require.LessOrEqual(t, prices[d]-before, before/8+1)
	}
	require.Equal(t, prices, p.RisenPrices(p.Prices, 100))
	high := prices[d]
	require.Greater(t, high, p.Prices[d]*100_000)
	// Emptying them brings it back to the floor in about the same time.
	layers := 0
	for prices[d] > p.MinPrices[d] {
		prices = p.NextPrices(prices, used, 1)
		layers++
	}
	require.Less(t, layers, 110)
	// Alternating full and empty layers costs the attacker the target and moves the price little:
	// one move up and one down multiply to less than 1, but for rounding.
	prices[d] = 1_000_000
	for range 100 {
		prices = p.NextPrices(p.NextPrices(prices, full, 1), used, 1)
	}
	require.Less(t, prices[d], uint64(1_000_000))
}
