package l1

import (
	"math/bits"

	"github.com/athenarollup/athena/rollup"
)

// fullWeight is the weight of all of a layer; the price of inclusion holds still at half of it.
const (
	fullWeight   = 1 << 20
	targetWeight = fullWeight / 2
)

// prices are what the next block charges. All but forced are in its header.
type prices struct {
	byteFee   uint64
	data      uint64
	inclusion uint64
	forced    uint64 // surcharge per unit of weight of a forced transaction
}

func genesisPrices(p *rollup.Params) prices {
	return prices{byteFee: p.MinByteFee, data: p.MinByteFee, inclusion: p.MinInclusionPrice}
}

// next returns the prices of the block after one of the given size whose bundles and forced
// transactions weigh that much, with the queue of forced transactions filled to queue parts of
// fullWeight (docs/spec/fees.md).
func (c prices) next(p *rollup.Params, size, weight, queue uint64) prices {
	n := prices{
		byteFee:   nudge(c.byteFee, size, uint64(p.MaxL1BlockBytes)/2, p.MinByteFee),
		inclusion: nudge(c.inclusion, weight, targetWeight, p.MinInclusionPrice),
		forced:    nudge(c.forced, queue, targetWeight, 0),
	}
	n.data = follow(c.data, n.byteFee)
	return n
}

// raise lifts prices to the floors of the parameters of the next block.
func (c *prices) raise(p *rollup.Params) {
	c.byteFee = max(c.byteFee, p.MinByteFee)
	c.inclusion = max(c.inclusion, p.MinInclusionPrice)
}

// nudge moves a price by up to an eighth, up if more than the target was used and down if less, in
// proportion. The move is rounded up to a whole unit, so that a small price can move at all.
func nudge(price, used, target, floor uint64) uint64 {
	if used > target {
		diff := min(used-target, target)
		if next := price + max(1, eighth(price, diff, target)); next > price {
			return max(next, floor)
		}
		return price // 2^64-1
	}
	return max(price-eighth(price, target-used, target), floor)
}

// eighth returns price/8 · part/whole, rounded up, for part <= whole; 0 for a whole of 0.
func eighth(price, part, whole uint64) uint64 {
	if whole == 0 {
		return 0
	}
	hi, lo := bits.Mul64(price, part)
	lo, carry := bits.Add64(lo, 8*whole-1, 0)
	q, _ := bits.Div64(hi+carry, lo, 8*whole)
	return q
}

// follow moves a price by at most an eighth, rounded up, toward a goal.
func follow(price, goal uint64) uint64 {
	most := max(1, eighth(price, 1, 1))
	if goal > price {
		return price + min(most, goal-price)
	}
	return price - min(most, price-goal)
}

// mul returns a·b; ok is false when it does not fit.
func mul(a, b uint64) (product uint64, ok bool) {
	hi, lo := bits.Mul64(a, b)
	return lo, hi == 0
}

// sum returns the sum of terms; ok is false when it does not fit.
func sum(terms ...uint64) (total uint64, ok bool) {
	for _, t := range terms {
		var carry uint64
		if total, carry = bits.Add64(total, t, 0); carry != 0 {
			return 0, false
		}
	}
	return total, true
}

// part returns percent of amount, rounded down.
func part(amount, percent uint64) uint64 {
	hi, lo := bits.Mul64(amount, percent)
	q, _ := bits.Div64(hi, lo, 100)
	return q
}
