package state

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRent [12, 26, 28]: what an account owes is ⌊bytes · index / 2^20⌋, or more than anybody has;
// settling takes no more than that and a unit, leaves no debt, and makes no money.
func FuzzRent(f *testing.F) {
	f.Add(uint64(1000), uint64(5), uint64(5+1049), uint64(3), uint64(9), true)
	f.Add(uint64(math.MaxUint64), uint64(0), uint64(math.MaxUint64), uint64(1), uint64(1)<<63, false)
	f.Fuzz(func(t *testing.T, stored, from, now, reserve, balance uint64, whole bool) {
		balance = min(balance, math.MaxUint64-reserve)
		h := Header{StoredBytes: stored, RentIndex: from, RentReserve: reserve, Balance: balance}
		want := new(big.Int).SetUint64(now - min(now, from))
		want.Mul(want, new(big.Int).SetUint64(stored)).Rsh(want, rentShift)
		due, rest := h.rent(now)
		if want.IsUint64() {
			require.Equal(t, want.Uint64(), due)
		} else {
			require.Equal(t, uint64(math.MaxUint64), due)
		}
		require.Less(t, rest, uint64(1)<<rentShift)
		solvent := due <= h.funds()
		paid := h.settle(now, whole)
		require.Equal(t, reserve+balance, paid+h.RentReserve+h.Balance, "no money is made or lost")
		require.True(t, h.Balance == balance || h.RentReserve == 0, "the reserve pays first")
		if !solvent {
			require.Zero(t, h.funds())
			return
		}
		require.True(t, paid == due || whole && paid == due+1, "due %d, paid %d", due, paid)
		again, _ := h.rent(now)
		require.Zero(t, again)
	})
}
