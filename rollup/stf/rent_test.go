package stf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
	"github.com/athenarollup/athena/trap"
)

// TestStorageOfADeposit: what an attached call stores is paid by the account that it enters, or it is
// undone; money is counted after each layer.
func TestStorageOfADeposit(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	apply(t, c, "alice: deploy keeper", "alice: create shop keeper 1", "alice: keep shop put 1 100")
	shop, err := stf.Account(c.Tree, c.Address("shop"))
	require.NoError(t, err)
	cost := (shop.StoredBytes+100)*c.Params.DepositPrice + 100*c.Params.PrepaidRent()
	for i, tc := range []struct {
		amount uint64
		want   trap.Code
	}{{1, trap.InsufficientBalance}, {cost - 2, trap.InsufficientBalance}, {1, trap.None}} {
		d := rollup.DepositItem{
			ID: rollup.Hash{byte(i)}, From: address.Address{9}, To: c.Address("shop"), Amount: tc.amount,
			Payload: c.KeeperPut(1, 200), MaxUnits: c.Params.MaxDepositUnits,
		}
		out, err := c.Apply(c.Layer([]rollup.Item{{Kind: rollup.ItemDeposit, Deposit: d}}, 1), nil)
		require.NoError(t, err)
		r := out.Receipts()[1]
		require.Equal(t, tc.want, trap.Code(r.Trap))
	}
	after, err := stf.Account(c.Tree, c.Address("shop"))
	require.NoError(t, err)
	require.Zero(t, after.Balance)
	// Alice paid for the first 100 bytes and has her deposit back; the shop pays for all of it now.
	require.Equal(t, shop.StoredBytes+100, after.StoredBytes)
	require.Equal(t, after.StoredBytes*c.Params.DepositPrice, after.LockedDeposit)
}

// TestInsolventPrincipal: who cannot pay his rent cannot send or sponsor; who would not be able to
// after the fee is held cannot pay.
func TestInsolventPrincipal(t *testing.T) {
	t.Parallel()
	p := rollup.DefaultParams()
	p.RentPrice, p.RentHorizon = 1<<20, 0
	c, err := stftest.New(p, map[string]uint64{"alice": 1_000_000_000, "bob": 1_000_000_000})
	require.NoError(t, err)
	apply(t, c, "alice: spawn | fee=100000000", "bob: spawn | fee=100000000")
	reasons := func() (out []rollup.Reason) {
		res := apply(t, c, "bob: spend alice 1 | fee=500000000 void",
			"alice: spend bob 1 | sponsor=bob fee=500000000 void")
		for _, r := range res.Receipts()[1:3] {
			out = append(out, r.Reason)
		}
		return out
	}
	owe := func(bytes uint64) {
		edit(t, c, "bob", func(h *state.Header) {
			h.Slots, h.StoredBytes, h.RentIndex = 1, bytes, (c.Height-1)*p.RentPrice
		})
	}
	for _, tc := range []struct {
		bytes uint64
		want  rollup.Reason
	}{
		{2_000_000_000, rollup.ReasonAccountExpired},
		{600_000_000, rollup.ReasonCannotPay},
	} {
		owe(tc.bytes)
		require.Equal(t, []rollup.Reason{tc.want, tc.want}, reasons())
		edit(t, c, "bob", func(h *state.Header) { h.Status = state.Live })
	}
}

// TestSweepBounds: a layer end visits as many leaves as the parameters say, each at most once, and
// comes round.
func TestSweepBounds(t *testing.T) {
	t.Parallel()
	for _, leaves := range []uint32{1, 3, 50, 140} {
		p := rollup.DefaultParams()
		p.SweepLeaves = leaves
		c, err := stftest.New(p, map[string]uint64{"alice": 1_000_000_000})
		require.NoError(t, err)
		var keys []string
		for range 3 {
			apply(t, c)
			s := state.New(stf.Backend(c.Tree))
			cursor, ok := s.System("sweep")
			require.True(t, ok)
			keys = append(keys, string(cursor))
		}
		total := 0
		require.NoError(t, stf.Walk(c.Tree, func(stf.Leaf) error { total++; return nil }))
		if int(leaves) > total {
			require.Equal(t, keys[1], keys[2], "round in one layer")
		} else {
			require.NotEqual(t, keys[1], keys[2])
		}
	}
}
