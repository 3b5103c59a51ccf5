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

func unitsOf(t *testing.T, v *block, key string) (u metering.Units) {
	parts := strings.Split(v.Get(t, key), " / ")
	require.Len(t, parts, len(u))
	for i, s := range parts {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		u[i] = n
	}
	return u
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
	v.Add("units", "%s", decimals(units))
	v.Add("prices", "%s", decimals(prices))
	v.Add("fee", "%s", fee(ExecutionFee(units, prices)))
	return v
}

func relayVector(i *Item) *block {
	v := new(block)
	v.Add("weight", "%d", i.Weight)
	v.Add("inclusion price", "%d", i.InclusionPrice)
	v.Add("size", "%d", i.Size)
	v.Add("data price", "%d", i.DataPrice)
	v.Add("tip", "%d", i.Tx.RelayTip)
	v.Add("fee", "%s", fee(RelayFee(i)))
	return v
}

func weightVector(layer, declared metering.Units) *block {
	v := new(block)
	v.Add("layer", "%s", decimals(layer))
	v.Add("declared", "%s", decimals(declared))
	v.Add("weight", "%d", (&Params{Layer: layer}).Weight(Declared{Units: declared}))
	return v
}

func pricesVector(p *Params, prices, used metering.Units, layers uint64) *block {
	v := new(block)
	v.Add("target", "%s", decimals(p.PriceTarget))
	v.Add("floor", "%s", decimals(p.MinPrices))
	v.Add("change", "%d", p.PriceChange)
	v.Add("prices", "%s", decimals(prices))
	v.Add("used", "%s", decimals(used))
	v.Add("layers", "%d", layers)
	v.Add("next", "%s", decimals(p.NextPrices(prices, used, layers)))
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
		require.Equal(t, v.String(), executionVector(unitsOf(t, v, "units"), unitsOf(t, v, "prices")).String())
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
			Kind: ItemTx, Tx: &Tx{RelayTip: v.Uint(t, "tip")}, Weight: v.Uint(t, "weight"),
			InclusionPrice: v.Uint(t, "inclusion price"), Size: uint32(v.Uint(t, "size")),
			DataPrice: v.Uint(t, "data price"),
		}).String())
	}
	for _, v := range vectors(t, "fees/weight.txt", func() (out []*block) {
		for range n {
			out = append(out, weightVector(DefaultParams().Layer, feeUnits(g)))
		}
		return out
	}) {
		require.Equal(t, v.String(), weightVector(unitsOf(t, v, "layer"), unitsOf(t, v, "declared")).String())
	}
	for _, v := range vectors(t, "fees/prices.txt", func() (out []*block) {
		p := DefaultParams()
		for i := range uint64(n) {
			out = append(out, pricesVector(&p, feeUnits(g), feeUnits(g), 1+i%uint64(p.PriceWindow)))
		}
		return out
	}) {
		p := DefaultParams()
		p.PriceTarget, p.MinPrices = unitsOf(t, v, "target"), unitsOf(t, v, "floor")
		p.PriceChange = uint32(v.Uint(t, "change"))
		require.Equal(t, v.String(), pricesVector(&p, unitsOf(t, v, "prices"), unitsOf(t, v, "used"),
			v.Uint(t, "layers")).String())
	}
}
