package rollup

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/metering"
)

const top = ^uint64(0)

func TestExecutionFee(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		units, prices metering.Units
		fee           uint64
		ok            bool
	}{
		{metering.Units{}, metering.Units{9, 9, 9, 9, 9}, 0, true},
		{metering.Units{top}, metering.Units{top}, 0, true}, // data is the relay's
		{metering.Units{0, 1}, metering.Units{0, 1}, 1, true},
		{metering.Units{0, 1024}, metering.Units{0, 1}, 1, true},
		{metering.Units{0, 1025}, metering.Units{0, 1}, 2, true},
		{metering.Units{0, 1, 1, 1, 1}, metering.Units{0, 1, 1, 1, 1}, 4, true},
		{metering.Units{0, top}, metering.Units{0, 1024}, top, true},
		{metering.Units{0, top}, metering.Units{0, 1025}, 0, false},
		{metering.Units{0, top, 1}, metering.Units{0, 1024, 1}, 0, false},
		{metering.Units{0, top}, metering.Units{0, top}, 0, false},
	} {
		fee, ok := ExecutionFee(tc.units, tc.prices)
		require.Equal(t, tc.ok, ok, "%v", tc)
		require.Equal(t, tc.fee, fee, "%v", tc)
	}
}

func TestFeesAgreeWithBigIntegers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGen(t)
		it := &Item{
			Kind: ItemTx, Tx: &Tx{MaxUnits: g.units(), RelayTip: g.u64()}, Size: g.r.Uint32(),
			Weight: g.u64(), DataPrice: g.u64(), InclusionPrice: g.u64(),
		}
		prices := g.units()
		u := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
		mul := func(a, b uint64) *big.Int { return new(big.Int).Mul(u(a), u(b)) }
		want := u(0)
		for d := metering.Compute; d < metering.Dimensions; d++ {
			part := mul(it.Tx.MaxUnits[d], prices[d])
			want.Add(want, part.Rsh(part.Add(part, u(1023)), 10))
		}
		same := func(want *big.Int, fee uint64, ok bool) {
			require.Equal(t, want.IsUint64(), ok)
			if ok {
				require.Equal(t, want.Uint64(), fee)
			} else {
				require.Zero(t, fee)
			}
		}
		fee, ok := ExecutionFee(it.Tx.MaxUnits, prices)
		same(want, fee, ok)
		relay := mul(it.Weight, it.InclusionPrice)
		relay.Add(relay, mul(uint64(it.Size), it.DataPrice)).Add(relay, u(it.Tx.RelayTip))
		fee, ok = RelayFee(it)
		same(relay, fee, ok)
		p := Params{
			DepositPrice: g.u64() >> 1, RentPrice: uint64(g.r.Uint32()), RentHorizon: uint64(g.r.Uint32()),
		}
		perByte := mul(p.RentPrice, p.RentHorizon)
		perByte.Rsh(perByte.Add(perByte, u(1<<20-1)), 20).Add(perByte, u(p.DepositPrice))
		storage := perByte.Mul(perByte, u(it.Tx.MaxUnits[metering.Alloc]))
		fee, ok = p.StorageFee(it.Tx.MaxUnits[metering.Alloc])
		require.Equal(t, storage.IsUint64(), ok)
		require.True(t, !ok || storage.Uint64() == fee)
		fee, ok = p.MaxFeeBound(it, prices)
		same(want.Add(want, relay).Add(want, storage), fee, ok)
	})
}

func TestForcedAndSystemItemsPayNoRelay(t *testing.T) {
	t.Parallel()
	it := &Item{
		Kind: ItemForced, Tx: &Tx{RelayTip: 5}, Weight: top, InclusionPrice: top, Size: 1, DataPrice: 1,
	}
	fee, ok := RelayFee(it)
	require.True(t, ok)
	require.Zero(t, fee)
	p := DefaultParams()
	fee, ok = p.MaxFeeBound(&Item{Kind: ItemDeposit}, metering.Units{1, 1, 1, 1, 1})
	require.True(t, ok)
	require.Zero(t, fee)
}
