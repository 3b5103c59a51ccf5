package rollup

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
)

// exactly reports what a sum is that must be refused when it does not fit 64 bits.
func exactly(t *testing.T, want *big.Int, fee uint64, ok bool) {
	t.Helper()
	require.Equal(t, want.IsUint64(), ok, "%v", want)
	if ok {
		require.Equal(t, want.Uint64(), fee)
	}
}

// FuzzFees [26]: what is paid for units of each dimension, to the relay and for storage is what
// math/big gives, rounded up once a dimension, or refused as too much.
func FuzzFees(f *testing.F) {
	f.Add(uint64(1), uint64(1), uint64(1024), uint64(1), uint64(1), uint64(1), uint32(1))
	f.Add(top, uint64(1025), top, top, top, top, uint32(math.MaxUint32))
	f.Add(top, uint64(1024), uint64(0), uint64(0), uint64(1)<<44, uint64(1)<<20, uint32(7))
	f.Fuzz(func(t *testing.T, used, price, used2, price2, weight, tip uint64, size uint32) {
		n := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
		mul := func(a, b uint64) *big.Int { return new(big.Int).Mul(n(a), n(b)) }
		units := metering.Units{top, used, used2, 1, used}
		prices := metering.Units{top, price, price2, price, price2}
		want := new(big.Int)
		for d := metering.Compute; d < metering.Dimensions; d++ {
			part := mul(units[d], prices[d])
			want.Add(want, part.Rsh(part.Add(part, big.NewInt(1023)), 10))
		}
		fee, ok := ExecutionFee(units, prices)
		exactly(t, want, fee, ok)
		it := &Item{Kind: ItemTx, Tx: &Tx{RelayTip: tip, MaxUnits: units}, Size: size, Weight: weight,
			DataPrice: price2, InclusionPrice: price}
		relay := mul(weight, price)
		relay.Add(relay, mul(uint64(size), price2)).Add(relay, n(tip))
		fee, ok = RelayFee(it)
		exactly(t, relay, fee, ok)
		p := Params{DepositPrice: price >> 1, RentPrice: uint64(size), RentHorizon: tip & math.MaxUint32}
		each := mul(p.RentPrice, p.RentHorizon)
		each.Rsh(each.Add(each, big.NewInt(1<<20-1)), 20).Add(each, n(p.DepositPrice))
		storage := each.Mul(each, n(used))
		fee, ok = p.StorageFee(used)
		exactly(t, storage, fee, ok)
		fee, ok = p.MaxFeeBound(it, prices)
		exactly(t, want.Add(want, relay).Add(want, storage), fee, ok)
	})
}

// FuzzNextPrices [26]: a price moves by at most one part in PriceChange, rounded up, in the direction
// of use, never below its floor, and exactly as far as math/big says.
func FuzzNextPrices(f *testing.F) {
	f.Add(uint64(800), uint64(100), uint64(200), uint64(1), uint32(8), uint32(1))
	f.Add(top, uint64(1), top, uint64(1), uint32(1), uint32(64))
	f.Add(uint64(1), uint64(1)<<40, uint64(0), uint64(1), uint32(1000), uint32(1000))
	f.Fuzz(func(t *testing.T, price, target, used, floor uint64, change, layers uint32) {
		const d = metering.Compute
		p := DefaultParams() // keep to what Validate lets through
		p.PriceChange, p.PriceWindow = change%1000+1, layers%1000+1
		p.PriceTarget[d] = target%(math.MaxUint64/1_000_000) + 1
		p.MinPrices[d] = floor
		var prices, sum metering.Units
		prices[d], sum[d] = max(price, floor), used
		got := p.NextPrices(prices, sum, uint64(p.PriceWindow))[d]

		n := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
		whole := n(p.PriceTarget[d] * uint64(p.PriceWindow))
		diff := new(big.Int).Sub(n(used), whole)
		by := new(big.Int).Mul(whole, big.NewInt(int64(p.PriceChange)))
		part := new(big.Int).Abs(diff)
		if part.Cmp(whole) > 0 {
			part = whole
		}
		move := new(big.Int).Mul(n(prices[d]), part)
		move.Div(move.Add(move, by).Sub(move, big.NewInt(1)), by)
		want := n(prices[d])
		if diff.Sign() > 0 {
			want.Add(want, bigMax(move, big.NewInt(1)))
		} else {
			want.Sub(want, move)
		}
		if want = bigMax(want, n(floor)); !want.IsUint64() {
			want.SetUint64(math.MaxUint64)
		}
		require.Equal(t, want.Uint64(), got)
	})
}

// FuzzWeight: the weight of declared units is the fullest of five dimensions, rounded up, and never
// less than its share.
func FuzzWeight(f *testing.F) {
	f.Add(uint64(1), uint64(1), uint64(0), uint64(9))
	f.Add(top>>20, uint64(1), uint64(7), top)
	f.Fuzz(func(t *testing.T, a, layerA, b, layerB uint64) {
		p := DefaultParams()
		var declared Declared
		p.Layer[1], p.Layer[3] = max(layerA, 1), max(layerB, 1)
		declared.Units[1], declared.Units[3] = min(a, p.Layer[1]), min(b, p.Layer[3])
		want := new(big.Int)
		for _, d := range []int{1, 3} {
			part := new(big.Int).Lsh(new(big.Int).SetUint64(declared.Units[d]), 20)
			layer := new(big.Int).SetUint64(p.Layer[d])
			part.Add(part, layer).Sub(part, big.NewInt(1)).Div(part, layer)
			want = bigMax(want, part)
		}
		require.Equal(t, want.String(), new(big.Int).SetUint64(p.Weight(declared)).String())
	})
}

// FuzzWithdrawal: the leaf of a withdrawal has one encoding.
func FuzzWithdrawal(f *testing.F) {
	f.Add(newGen(1).withdrawal().Encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if w, err := DecodeWithdrawal(b); err == nil {
			require.Equal(t, b, w.Encode())
		}
	})
}

// FuzzMMRProof [32]: against the root of a list nothing is shown but its leaves, each at its index,
// and by one proof.
func FuzzMMRProof(f *testing.F) {
	var leaves [][]byte
	for i := range 11 {
		leaves = append(leaves, []byte{byte(i)})
	}
	root := MMRRoot(leaves)
	for i := range uint64(len(leaves)) {
		pr, err := ProveMMR(leaves, i)
		require.NoError(f, err)
		var path []byte
		for _, h := range pr.Path {
			path = append(path, h[:]...)
		}
		f.Add(i, uint64(len(leaves)), byte(i), path)
	}
	f.Fuzz(func(t *testing.T, index, count uint64, leaf byte, path []byte) {
		pr := &MMRProof{Index: index, Count: count}
		for ; len(path) >= 32; path = path[32:] {
			pr.Path = append(pr.Path, Hash(path[:32]))
		}
		if !VerifyMMR(root, []byte{leaf}, pr) {
			return
		}
		require.EqualValues(t, len(leaves), count)
		require.Equal(t, uint64(leaf), index)
		want, err := ProveMMR(leaves, index)
		require.NoError(t, err)
		require.Equal(t, &want, pr)
	})
}

// FuzzParseHash: a hash has one text.
func FuzzParseHash(f *testing.F) {
	f.Add(Hash{1}.String())
	f.Add("0x")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHash(s)
		if err != nil {
			return
		}
		again, err := ParseHash(h.String())
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}

// TestFeesNeverWrap [26] goes through the edges of 64 bits in every place of the formulas.
func TestFeesNeverWrap(t *testing.T) {
	t.Parallel()
	edges := []uint64{0, 1, 1023, 1024, 1025, 1 << 32, 1 << 54, 1<<54 + 1, 1 << 63, top - 1, top}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() uint64 { return edges[r.IntN(len(edges))] }
	over, fits := 0, 0
	for range 5_000 {
		units, prices := metering.Units{}, metering.Units{}
		want := new(big.Int)
		for d := metering.Compute; d < metering.Dimensions; d++ {
			units[d], prices[d] = pick(), pick()
			part := new(big.Int).SetUint64(units[d])
			part.Mul(part, new(big.Int).SetUint64(prices[d]))
			want.Add(want, part.Rsh(part.Add(part, big.NewInt(1023)), 10))
		}
		fee, ok := ExecutionFee(units, prices)
		exactly(t, want, fee, ok)
		if ok {
			fits++
		} else {
			over++
		}
	}
	require.Positive(t, over)
	require.Positive(t, fits)
}
