package l1_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// TestDepositsShareALayer [22]: attached units above one deposit's limit bar it; above the block's
// share it waits, with all that its sender posts after it.
func TestDepositsShareALayer(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	p := s.Params()
	call := func(units metering.Units) *rollup.Deposit {
		return &rollup.Deposit{Amount: 5_000, Payload: []byte{1}, MaxUnits: units}
	}
	units := p.MaxDepositUnits
	units[metering.Data] = 0
	fit := int(p.DepositShare()[metering.Compute] / units[metering.Compute])
	require.Equal(t, 6, fit)
	var txs []rollup.L1Tx
	for i := range fit + 3 {
		txs = append(txs, signed(s, "alice", uint64(i), call(units)))
	}
	txs = append(txs, signed(s, "bob", 0, &rollup.Deposit{Amount: 5_000}))
	l, refused := s.Build(txs, env(s, 1))
	require.Empty(t, refused)
	require.Len(t, l.Txs, fit+1, "bob's has no call")
	before := s.Locked()
	mine(t, s, txs...)
	require.Equal(t, before+uint64(fit+1)*5_000, s.Locked(), "what waits is not locked")
	mine(t, s, txs[fit:fit+3]...)
	require.Equal(t, before+uint64(fit+4)*5_000, s.Locked(), "and is not lost")

	units[metering.Compute]++
	_, refused = mine(t, s, signed(s, "alice", uint64(fit+3), call(units)))
	require.Len(t, refused, 1)
	require.Equal(t, rollup.ReasonOverLimit, refused[0].Reason)

	l, _ = s.Build(nil, env(s, 1)) // a proposer that lets one more in
	units[metering.Compute]--
	l.Txs = nil
	for i := range fit + 1 {
		l.Txs = append(l.Txs, signed(s, "alice", uint64(fit+3+i), call(units)))
	}
	l.Header.TxsRoot = rollup.TxsRoot(l.Txs)
	_, err := s.Apply(l)
	require.ErrorContains(t, err, rollup.ReasonQueueFull.String())
}

// TestAttachedCallIsPrepaid: its units weigh, and are burned on L1.
func TestAttachedCallIsPrepaid(t *testing.T) {
	t.Parallel()
	s := newToy(t, func(p *rollup.Params) { p.MinInclusionPrice = 9 })
	d := &rollup.Deposit{
		To: address.Address{1}, Amount: 5_000, Payload: make([]byte, 100),
		MaxUnits: metering.Units{0, 20_000_000, 4_096, 0, 0},
	}
	item := d.Item(account("alice"))
	weight := s.Params().Weight(s.Params().Declared(&item))
	plain := s.Params().Weight(s.Params().Declared(&rollup.Item{Kind: rollup.ItemDeposit}))
	require.Greater(t, weight, plain)
	burned := s.Burned()
	tx := signed(s, "alice", 0, d)
	mine(t, s, tx)
	fee := s.Params().MinByteFee * uint64(len(tx.Encode()))
	require.Equal(t, burned+9*weight+fee-fee/2, s.Burned())
}
