package stf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// TestMintIntoAnyAccount [22]: dead and expired accounts are credited; what they were stays.
func TestMintIntoAnyAccount(t *testing.T) {
	t.Parallel()
	for _, status := range []state.Status{state.Stub, state.Live, state.Dead, state.Expired} {
		c := newChain(t)
		at := address.Address{23: 7}
		s := state.New(stf.Backend(c.Tree))
		before := state.Header{Status: status, Nonce: 3}
		s.SetHeader(at, before)
		require.NoError(t, stf.Commit(c.Tree, s.Changes()))
		d := rollup.DepositItem{ID: rollup.Hash{1}, To: at, Amount: 500}
		out, err := c.Apply(c.Layer([]rollup.Item{{Kind: rollup.ItemDeposit, Deposit: d}}, 1), nil)
		require.NoError(t, err)
		require.Equal(t, rollup.OutcomeSuccess, out.Receipts()[1].Outcome, "status %d", status)
		h, err := stf.Account(c.Tree, at)
		require.NoError(t, err)
		before.Balance = 500
		require.Equal(t, before, h)
	}
}

// withdrawing is an item of a wallet that withdraws some amounts.
func withdrawing(t *testing.T, c *stftest.Chain, who string, amounts ...uint64) rollup.Item {
	h, err := stf.Account(c.Tree, c.Address(who))
	require.NoError(t, err)
	tx := &rollup.Tx{
		ChainID: c.ChainID, Principal: c.Address(who), MaxFee: 3_000_000, ExpiryLayer: 100,
		MaxUnits: stftest.DefaultUnits(), Nonce: rollup.Nonce{Value: h.Nonce},
	}
	for i, amount := range amounts {
		tx.Calls = append(tx.Calls, wallet.Withdraw(address.Address{byte(i)}, amount))
	}
	stftest.Sign(tx, who, "")
	return c.Item(tx, address.Address{})
}

// TestWithdrawalsOfALayer: the list runs through the steps of a layer in item order, starts anew in
// the next, and is what the sealed record commits to.
func TestWithdrawalsOfALayer(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for range 2 {
		items := []rollup.Item{
			withdrawing(t, c, "alice", 10, 11), withdrawing(t, c, "bob", 1<<62),
			withdrawing(t, c, "bob", 12),
		}
		items[2].Tx.Nonce.Value++ // bob's first one fails, and takes a nonce
		stftest.Sign(items[2].Tx, "bob", "")
		out, err := c.Apply(c.Layer(items, 1), nil)
		require.NoError(t, err)
		list := out.Withdrawals()
		var leaves [][]byte
		for i, w := range list {
			require.Equal(t, rollup.Withdrawal{
				ChainID: c.ChainID, Layer: c.Height, Index: uint64(i),
				From: c.Address([]string{"alice", "alice", "bob"}[i]), To: address.Address{byte(i % 2)},
				Amount: uint64(10 + i),
			}, w)
			leaves = append(leaves, w.Encode())
		}
		require.Len(t, list, 3)
		rec, ok, err := stf.SealedLayer(c.Tree, c.Height)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, rollup.MMRRoot(leaves), rec.WithdrawalsRoot)
		require.Equal(t, uint64(3), rec.WithdrawalsCount)
	}
}

// TestAttachedCallReceipt: what it used is in the receipt and in the layer's sum; it pays no fee.
func TestAttachedCallReceipt(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	apply(t, c, "alice: deploy counter", "alice: create tally counter 7")
	var e, in scale.Encoder
	selector := rollup.Selector("increment")
	in.U64(5)
	e.Bool(true)
	e.Raw(selector[:])
	e.Bytes(in.B)
	d := rollup.DepositItem{
		ID: rollup.Hash{1}, From: address.Address{8}, To: c.Address("tally"), Amount: 500, Payload: e.B,
		MaxUnits: c.Params.MaxDepositUnits,
	}
	d.MaxUnits[metering.Data] = 0
	item := rollup.Item{Kind: rollup.ItemDeposit, Deposit: d}
	out, err := c.Apply(c.Layer([]rollup.Item{item}, 1), nil)
	require.NoError(t, err)
	r := out.Receipts()[1]
	require.Equal(t, rollup.OutcomeSuccess, r.Outcome)
	require.Zero(t, r.Fee)
	require.True(t, r.Units.Fits(d.Attached()))
	require.EqualValues(t, len(d.Payload), r.Units[metering.Data])
	require.Positive(t, r.Units[metering.Compute])
	require.Equal(t, r.Units[metering.Compute], out.Steps[1].GasUsed)
	var sum scale.Encoder
	sum.U64(12)
	require.Equal(t, sum.B, out.Steps[1].Returns[0])
	rec, _, err := stf.SealedLayer(c.Tree, c.Height)
	require.NoError(t, err)
	require.Equal(t, r.Units, rec.Used)
	require.Zero(t, rec.FeePool)

	d.MaxUnits[metering.Compute] = r.Units[metering.Compute] - 1
	item.Deposit = d
	out, err = c.Apply(c.Layer([]rollup.Item{item}, 1), nil)
	require.NoError(t, err)
	require.Equal(t, rollup.OutcomeFailed, out.Receipts()[1].Outcome)
	require.Equal(t, d.MaxUnits[metering.Compute], out.Receipts()[1].Units[metering.Compute])
}
