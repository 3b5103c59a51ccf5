package rollup

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
)

// fee writes the result of a sum that may not fit 64 bits.
func fee(v uint64, ok bool) string {
	if !ok {
		return "overflow"
	}
	return strconv.FormatUint(v, 10)
}

func decimals(u metering.Units) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([metering.Dimensions]uint64(u)), " ", " / "), "[]")
}

func (v *block) units(t *testing.T, key string) (u metering.Units) {
	parts := strings.Split(v.get(t, key), " / ")
	require.Len(t, parts, len(u))
	for i, s := range parts {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		u[i] = n
	}
	return u
}

func (v *block) u64(t *testing.T, key string) uint64 {
	n, err := strconv.ParseUint(v.get(t, key), 10, 64)
	require.NoError(t, err)
	return n
}

// feeUnits draws units of the sizes that occur, and now and then those at the edges.
func feeUnits(g *gen) metering.Units {
	u := g.units()
	for d := range u {
		switch g.r.IntN(8) {
		case 0:
			u[d] = 0
		case 1:
			u[d] = top
		default:
			u[d] >>= 24 + g.r.IntN(30)
		}
	}
	return u
}

func executionVector(units, prices metering.Units) *block {
	v := new(block)
	v.add("units", "%s", decimals(units))
	v.add("prices", "%s", decimals(prices))
	v.add("fee", "%s", fee(ExecutionFee(units, prices)))
	return v
}

func relayVector(i *Item) *block {
	v := new(block)
	v.add("weight", "%d", i.Weight)
	v.add("inclusion price", "%d", i.InclusionPrice)
	v.add("size", "%d", i.Size)
	v.add("data price", "%d", i.DataPrice)
	v.add("tip", "%d", i.Tx.RelayTip)
	v.add("fee", "%s", fee(RelayFee(i)))
	return v
}

func weightVector(layer, declared metering.Units) *block {
	v := new(block)
	v.add("layer", "%s", decimals(layer))
	v.add("declared", "%s", decimals(declared))
	v.add("weight", "%d", (&Params{Layer: layer}).Weight(Declared{Units: declared}))
	return v
}

func pricesVector(p *Params, prices, used metering.Units, layers uint64) *block {
	v := new(block)
	v.add("target", "%s", decimals(p.PriceTarget))
	v.add("floor", "%s", decimals(p.MinPrices))
	v.add("change", "%d", p.PriceChange)
	v.add("prices", "%s", decimals(prices))
	v.add("used", "%s", decimals(used))
	v.add("layers", "%d", layers)
	v.add("next", "%s", decimals(p.NextPrices(prices, used, layers)))
	return v
}

// TestVectorsFees: what fees.md computes, with the numbers that a reader can check by hand.
func TestVectorsFees(t *testing.T) {
	t.Parallel()
	const n = 24
	g := newGen(0xfee)
	for _, v := range vectors(t, "fees/execution.txt", func() (out []*block) {
		out = append(out, executionVector(metering.Units{7, 1, 1024, 1025, 0}, metering.Units{9, 1, 1, 1, 9}))
		for range n {
			out = append(out, executionVector(feeUnits(g), feeUnits(g)))
		}
		return out
	}) {
		require.Equal(t, v.String(), executionVector(v.units(t, "units"), v.units(t, "prices")).String())
	}
	for _, v := range vectors(t, "fees/relay.txt", func() (out []*block) {
		for range n {
			u := feeUnits(g)
			out = append(out, relayVector(&Item{Kind: ItemTx, Tx: &Tx{RelayTip: u[0]}, Weight: u[1],
				InclusionPrice: u[2], Size: uint32(u[3]), DataPrice: u[4]}))
		}
		return out
	}) {
		require.Equal(t, v.String(), relayVector(&Item{
			Kind: ItemTx, Tx: &Tx{RelayTip: v.u64(t, "tip")}, Weight: v.u64(t, "weight"),
			InclusionPrice: v.u64(t, "inclusion price"), Size: uint32(v.u64(t, "size")),
			DataPrice: v.u64(t, "data price"),
		}).String())
	}
	for _, v := range vectors(t, "fees/weight.txt", func() (out []*block) {
		for range n {
			out = append(out, weightVector(DefaultParams().Layer, feeUnits(g)))
		}
		return out
	}) {
		require.Equal(t, v.String(), weightVector(v.units(t, "layer"), v.units(t, "declared")).String())
	}
	for _, v := range vectors(t, "fees/prices.txt", func() (out []*block) {
		p := DefaultParams()
		for i := range uint64(n) {
			out = append(out, pricesVector(&p, feeUnits(g), feeUnits(g), 1+i%uint64(p.PriceWindow)))
		}
		return out
	}) {
		p := DefaultParams()
		p.PriceTarget, p.MinPrices = v.units(t, "target"), v.units(t, "floor")
		p.PriceChange = uint32(v.u64(t, "change"))
		require.Equal(t, v.String(), pricesVector(&p, v.units(t, "prices"), v.units(t, "used"),
			v.u64(t, "layers")).String())
	}
}
