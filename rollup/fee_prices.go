package rollup

import (
	"math"
	"math/bits"

	"github.com/athenarollup/athena/metering"
)

// NextPrices returns the execution prices after one more layer, when the last layers (at most
// PriceWindow) used that much in all. A price moves toward the use of PriceTarget a layer, in
// proportion to the difference, by at most 1/PriceChange, rounded up to a whole unit so that a
// small price can move at all; never below MinPrices. See docs/spec/fees.md, "Prices of execution".
func (p *Params) NextPrices(prices, used metering.Units, layers uint64) metering.Units {
	for d := metering.Compute; d < metering.Dimensions; d++ {
		target := p.PriceTarget[d] * layers // fits: validateFees
		next := prices[d]
		if used[d] > target {
			up := max(1, p.priceMove(next, min(used[d]-target, target), target))
			next += min(up, math.MaxUint64-next)
		} else {
			next -= p.priceMove(next, target-used[d], target)
		}
		prices[d] = max(next, p.MinPrices[d])
	}
	return prices
}

// priceMove returns price/PriceChange · part/whole, rounded up, for part <= whole; 0 for a whole of
// 0.
func (p *Params) priceMove(price, part, whole uint64) uint64 {
	by := whole * uint64(p.PriceChange)
	if by == 0 {
		return 0
	}
	hi, lo := bits.Mul64(price, part)
	lo, carry := bits.Add64(lo, by-1, 0)
	q, _ := bits.Div64(hi+carry, lo, by)
	return q
}

// RisenPrices returns the highest that prices can be after some more layers.
func (p *Params) RisenPrices(prices metering.Units, layers int) metering.Units {
	full := metering.Units{}
	for d := range full {
		full[d] = math.MaxUint64
	}
	for range layers {
		prices = p.NextPrices(prices, full, 1)
	}
	return prices
}
