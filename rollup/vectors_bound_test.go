package rollup

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
)

func boundVector(p *Params, i *Item, prices metering.Units) *block {
	v := new(block)
	v.Add("deposit price", "%d", p.DepositPrice)
	v.Add("rent price", "%d", p.RentPrice)
	v.Add("rent horizon", "%d", p.RentHorizon)
	v.Add("max units", "%s", decimals(i.Tx.MaxUnits))
	v.Add("prices", "%s", decimals(prices))
	v.Add("weight", "%d", i.Weight)
	v.Add("inclusion price", "%d", i.InclusionPrice)
	v.Add("size", "%d", i.Size)
	v.Add("data price", "%d", i.DataPrice)
	v.Add("tip", "%d", i.Tx.RelayTip)
	v.Add("prepaid rent", "%d", p.PrepaidRent())
	v.Add("storage", "%s", fee(p.StorageFee(i.Tx.MaxUnits[metering.Alloc])))
	v.Add("covers", "%s", fee(p.MaxFeeBound(i, prices)))
	return v
}

// boundVectors go through the ends of each part: what just fits, and what is one too much.
func boundVectors() (out []*block) {
	add := func(deposit, rent, horizon uint64, units metering.Units, edit func(*Item)) {
		p := Params{DepositPrice: deposit, RentPrice: rent, RentHorizon: horizon}
		it := &Item{Kind: ItemTx, Tx: &Tx{MaxUnits: units}}
		if edit != nil {
			edit(it)
		}
		out = append(out, boundVector(&p, it, metering.Units{0, 1, 1024, 1025, 1 << 20}))
	}
	add(0, 0, 0, metering.Units{}, nil)
	add(2, 1<<20, 3, metering.Units{top, 1, 1, 1, 1}, nil)
	add(2, 1, 1, metering.Units{0, 1023, 1024, 1025, 7}, nil)
	add(2, 1<<20, 1<<10, metering.Units{0, 1 << 30, 1 << 20, 1 << 20, 1 << 20}, func(i *Item) {
		i.Weight, i.InclusionPrice, i.Size, i.DataPrice, i.Tx.RelayTip = 5_000, 3, 250, 7, 11
	})
	add(0, 0, 0, metering.Units{}, func(i *Item) { i.Tx.RelayTip = top })
	add(0, 0, 0, metering.Units{0, 1}, func(i *Item) { i.Tx.RelayTip = top })
	add(0, 0, 0, metering.Units{}, func(i *Item) { i.Weight, i.InclusionPrice = 1<<32, 1<<32 })
	add(0, 0, 0, metering.Units{}, func(i *Item) { i.Size, i.DataPrice = 1<<31, 1<<33 })
	add(top>>1, 0, 0, metering.Units{0, 0, 0, 0, 2}, nil)
	add(top>>1, 0, 0, metering.Units{0, 0, 0, 0, 3}, nil)
	add(0, 0, 0, metering.Units{0, 0, top, 0, 0}, nil)
	add(0, 0, 0, metering.Units{0, 1, top, 0, 0}, nil)
	add(0, 0, 0, metering.Units{0, 0, 0, top, 0}, nil)
	return out
}

// TestVectorsBound: what maxFee must cover.
func TestVectorsBound(t *testing.T) {
	t.Parallel()
	seen := map[bool]bool{}
	for _, v := range vectors(t, "fees/bound.txt", boundVectors) {
		p := Params{DepositPrice: v.Uint(t, "deposit price"), RentPrice: v.Uint(t, "rent price"),
			RentHorizon: v.Uint(t, "rent horizon")}
		it := &Item{Kind: ItemTx, Tx: &Tx{MaxUnits: unitsOf(t, v, "max units"),
			RelayTip: v.Uint(t, "tip")}, Weight: v.Uint(t, "weight"), Size: uint32(v.Uint(t, "size")),
			InclusionPrice: v.Uint(t, "inclusion price"), DataPrice: v.Uint(t, "data price")}
		require.Equal(t, v.String(), boundVector(&p, it, unitsOf(t, v, "prices")).String())
		seen[v.Get(t, "covers") == "overflow"] = true
	}
	require.Len(t, seen, 2)
}
