package rollup

import (
	"math/bits"

	"github.com/athenarollup/athena/metering"
)

// mostPrice bounds the prices of storage, so that they fit 64 bits for all bytes that a transaction
// may declare, and the rent index for longer than layers can come.
const mostPrice = 1 << 24

// mostLeafBytes is more than a leaf has beside the value of a slot, a blob or a chunk of code, more
// than a header, and more than any system record has.
const mostLeafBytes = 8 << 10

// defaultFees sets the prices of the development network: they start at their floors and hold still
// at half of a layer.
func (p *Params) defaultFees() {
	p.Prices = metering.Units{0, 16, 64, 256, 1_024}
	p.MinPrices = p.Prices
	for d := metering.Compute; d < metering.Dimensions; d++ {
		p.PriceTarget[d] = p.Layer[d] / 2
	}
	p.PriceWindow, p.PriceChange = 8, 8
	p.DepositPrice, p.RentPrice, p.RentHorizon, p.SweepLeaves = 1, 16, 65_536, 32
}

func (p *Params) validateFees(c *complaints) {
	c.check(p.Prices[metering.Data]|p.MinPrices[metering.Data]|p.PriceTarget[metering.Data] == 0,
		"the price of data is L1's; Prices, MinPrices and PriceTarget must have 0 for it")
	c.check(p.PriceWindow > 0 && p.PriceChange > 0,
		"PriceWindow %d and PriceChange %d must not be 0", p.PriceWindow, p.PriceChange)
	for d := metering.Compute; d < metering.Dimensions; d++ {
		c.check(0 < p.MinPrices[d] && p.MinPrices[d] <= p.Prices[d],
			"%v: MinPrices %d is not between 1 and Prices %d", d, p.MinPrices[d], p.Prices[d])
		c.check(0 < p.PriceTarget[d] && p.PriceTarget[d] <= p.Layer[d],
			"%v: PriceTarget %d is not between 1 and Layer %d", d, p.PriceTarget[d], p.Layer[d])
		over, _ := bits.Mul64(p.Layer[d], uint64(p.PriceWindow)*uint64(p.PriceChange))
		c.check(over == 0, "%v: Layer %d times PriceWindow %d and PriceChange %d is above 2^64-1",
			d, p.Layer[d], p.PriceWindow, p.PriceChange)
	}
}

func (p *Params) validateRent(c *complaints) {
	c.check(p.DepositPrice <= mostPrice && p.RentPrice <= mostPrice && p.RentHorizon <= mostHeights,
		"DepositPrice %d, RentPrice %d or RentHorizon %d is above %d, %d, %d",
		p.DepositPrice, p.RentPrice, p.RentHorizon, mostPrice, mostPrice, uint64(mostHeights))
	c.check(p.SweepLeaves > 0, "SweepLeaves is 0")
}

// sweptBytes bounds what a leaf that the sweep visits and the header of its owner take of a witness.
func (p *Params) sweptBytes() uint64 {
	return mostLeafBytes + uint64(max(p.MaxSlotValueBytes, p.MaxBlobBytes))
}

// rentShift is the binary logarithm of the number of bytes that RentPrice is for.
const rentShift = 20

// PrepaidRent is the rent of one byte for RentHorizon layers, rounded up.
func (p *Params) PrepaidRent() uint64 {
	hi, lo := bits.Mul64(p.RentPrice, p.RentHorizon)
	lo, carry := bits.Add64(lo, 1<<rentShift-1, 0)
	hi += carry
	return hi<<(64-rentShift) | lo>>rentShift // fits: both factors are bounded
}

// StorageFee is what n newly stored bytes of slots cost beside their price in units: the deposit,
// and the rent that is paid ahead. It is false when that does not fit 64 bits.
func (p *Params) StorageFee(n uint64) (uint64, bool) {
	each, carry := bits.Add64(p.DepositPrice, p.PrepaidRent(), 0)
	over, fee := bits.Mul64(n, each)
	return fee, over|carry == 0
}
