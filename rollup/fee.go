package rollup

import (
	"math/bits"

	"github.com/athenarollup/athena/metering"
)

// priceShift is the binary logarithm of the number of units that a price is for.
const priceShift = 10

// ExecutionFee is Σ ceil(units · price / 2^10) over the four execution dimensions; data is the
// relay's. It is false when the sum does not fit 64 bits.
func ExecutionFee(units, prices metering.Units) (uint64, bool) {
	var sum uint64
	for d := metering.Compute; d < metering.Dimensions; d++ {
		hi, lo := bits.Mul64(units[d], prices[d])
		lo, carry := bits.Add64(lo, 1<<priceShift-1, 0)
		hi += carry // no overflow: the product is at most 2^128 - 2^65 + 1
		if hi>>priceShift != 0 {
			return 0, false
		}
		if sum, carry = bits.Add64(sum, hi<<(64-priceShift)|lo>>priceShift, 0); carry != 0 {
			return 0, false
		}
	}
	return sum, true
}

// RelayFee is what an effective item pays its relay: weight · inclusion price + size · data price +
// tip, at the prices of the block that carried it. A forced item pays none. It is false when the
// sum does not fit 64 bits.
func RelayFee(i *Item) (uint64, bool) {
	if i.Kind != ItemTx || i.Tx == nil {
		return 0, true
	}
	over1, inclusion := bits.Mul64(i.Weight, i.InclusionPrice)
	over2, data := bits.Mul64(uint64(i.Size), i.DataPrice)
	sum, carry1 := bits.Add64(inclusion, data, 0)
	sum, carry2 := bits.Add64(sum, i.Tx.RelayTip, 0)
	if over1|over2|carry1|carry2 != 0 {
		return 0, false
	}
	return sum, true
}

// UnitsFee is the most that a transaction which declares units can pay for them and for what it
// stores. It is false when the sum does not fit 64 bits.
func (p *Params) UnitsFee(units, prices metering.Units) (uint64, bool) {
	execution, ok1 := ExecutionFee(units, prices)
	storage, ok2 := p.StorageFee(units[metering.Alloc])
	sum, carry := bits.Add64(execution, storage, 0)
	if !ok1 || !ok2 || carry != 0 {
		return 0, false
	}
	return sum, true
}

// MaxFeeBound is the most that an item can pay at the given prices: what maxFee must cover for it
// to be effective. It is false when the sum does not fit 64 bits.
func (p *Params) MaxFeeBound(i *Item, prices metering.Units) (uint64, bool) {
	if i.Tx == nil {
		return 0, true
	}
	units, ok1 := p.UnitsFee(i.Tx.MaxUnits, prices)
	relay, ok2 := RelayFee(i)
	sum, carry := bits.Add64(units, relay, 0)
	if !ok1 || !ok2 || carry != 0 {
		return 0, false
	}
	return sum, true
}
