package l1_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

func TestBuildOrdersByNonce(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	pay := func(amount uint64) rollup.L1Payload {
		return &rollup.Transfer{To: account("dave"), Amount: amount}
	}
	l, refused := s.Build([]rollup.L1Tx{
		signed(s, "alice", 1, pay(1)),
		signed(s, "bob", 0, pay(2)),
		signed(s, "alice", 0, pay(3)),
		signed(s, "carol", 4, pay(4)), // waits for four others
		signed(s, "bob", 0, pay(5)),   // too late
	}, env(s, 1))
	var amounts []uint64
	for i := range l.Txs {
		amounts = append(amounts, l.Txs[i].Payload.(*rollup.Transfer).Amount)
	}
	require.Equal(t, []uint64{3, 2, 1}, amounts)
	require.Len(t, refused, 1)
	require.Equal(t, rollup.ReasonL1BadNonce, refused[0].Reason)
}

func TestBuildLeavesOutWhatHasNoRoom(t *testing.T) {
	t.Parallel()
	s := newToy(t, func(p *rollup.Params) { p.MaxDepositsPerLayer = 2 })
	var txs []rollup.L1Tx
	for nonce := range uint64(5) {
		txs = append(txs, signed(s, "alice", nonce, &rollup.Deposit{Amount: 1_000}))
	}
	for want := uint32(2); len(txs) > 0; want = uint32(min(2, len(txs))) {
		l, refused := s.Build(txs, env(s, 1))
		require.Empty(t, refused)
		require.Len(t, l.Txs, int(want))
		_, err := s.Apply(l)
		require.NoError(t, err)
		txs = txs[len(l.Txs):]
	}
	require.Equal(t, uint64(5_000+5*1_000), s.Locked())
	require.NoError(t, s.CheckMoney())

	// 1 MiB each: 15 fit a block of 16 MiB beside what they are wrapped in.
	full := make([]byte, s.Params().MaxBundleBytes)
	for nonce := range uint64(17) {
		txs = append(txs, signed(s, "bob", nonce, &rollup.PostBundle{Bundle: full}))
	}
	l, refused := s.Build(txs, env(s, 1))
	require.Empty(t, refused)
	require.Len(t, l.Txs, 15)
	_, err := s.Apply(l)
	require.NoError(t, err)
	b := l.Encode()
	_, err = rollup.DecodeLayer(b, s.Params())
	require.NoError(t, err, "a full block decodes")
	byteFee, _, _ := s.NextPrices()
	require.Equal(t, uint64(2), byteFee)
}

func TestTimeRises(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	l, _ := s.Build(nil, l1.Env{Time: 3})
	require.Equal(t, uint64(1_001), l.Header.Time)
}

func TestInboxPays(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	tx := signed(s, "alice", 0, &rollup.PostBundle{Bundle: []byte("junk"), Weight: 1 << 20, Bid: 3})
	fee := uint64(len(tx.Encode()))
	events, refused := mine(t, s, tx)
	require.Empty(t, refused)
	require.Len(t, events, 1)
	posted := events[0].(l1.BundlePosted)
	require.Equal(t, uint64(4<<20), posted.Paid)
	require.Equal(t, fee, posted.Fee)
	require.Equal(t, toyMoney-fee-4<<20, s.Account(account("alice")).Balance)
	require.Equal(t, fee-fee/2+4<<20, s.Burned())
	require.Equal(t, fee/2, s.Account(account("proposer")).Balance)
	_, inclusion, _ := s.NextPrices()
	require.Equal(t, uint64(2), inclusion, "a full layer raises the price")
}

// TestDepositPrepaysItsWeight [22]: the room that a deposit takes in a layer is paid for like any
// item's, and moves the price of inclusion.
func TestDepositPrepaysItsWeight(t *testing.T) {
	t.Parallel()
	s := newToy(t, func(p *rollup.Params) { p.MinInclusionPrice = 9 })
	weight := s.Params().Weight(s.Params().Declared(&rollup.Item{Kind: rollup.ItemDeposit}))
	require.Equal(t, uint64(1<<20*(64<<10)/(64<<20)), weight, "64 KiB of 64 MiB read units")
	tx := signed(s, "alice", 0, &rollup.Deposit{To: address.Address{1}, Amount: 5_000})
	fee := uint64(len(tx.Encode()))
	locked := s.Locked()
	events, refused := mine(t, s, tx)
	require.Empty(t, refused)
	require.Equal(t, 9*weight, events[0].(l1.DepositLocked).Paid)
	require.Equal(t, toyMoney-fee-5_000-9*weight, s.Account(account("alice")).Balance)
	require.Equal(t, locked+5_000, s.Locked())
	require.Equal(t, fee-fee/2+9*weight, s.Burned())

	// One unit less than all of it, and the deposit may not be in a block.
	left := s.Account(account("alice")).Balance - fee - 9*weight
	_, refused = mine(t, s, signed(s, "alice", 1, &rollup.Deposit{Amount: left + 1}))
	require.Len(t, refused, 1)
	require.Equal(t, rollup.ReasonL1CannotPay, refused[0].Reason)
	_, refused = mine(t, s, signed(s, "alice", 1, &rollup.Deposit{Amount: left}))
	require.Empty(t, refused)
	require.Zero(t, s.Account(account("alice")).Balance)
}

// forced returns a transaction that L1 admits; its execution is not this package's affair.
func forced(s *l1.State, nonce, compute uint64) []byte {
	tx := &rollup.Tx{
		ChainID:     s.ChainID(),
		Principal:   address.Address{7},
		Nonce:       rollup.Nonce{Value: nonce},
		Calls:       []rollup.Call{{Method: rollup.Selector("spend")}},
		MaxUnits:    metering.Units{0, compute, 1 << 10, 1 << 10, 1 << 10},
		ExpiryLayer: 1_000,
	}
	return tx.Encode()
}

func TestForcedQueue(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	share := s.Params().ForcedShare()[metering.Compute]
	most := s.Params().MaxForced()[metering.Compute]
	_, refused := mine(t, s, signed(s, "alice", 0, &rollup.ForcedTx{Tx: forced(s, 0, most+1)}))
	require.Len(t, refused, 1)
	require.Equal(t, rollup.ReasonForcedTooLarge, refused[0].Reason)

	// Eight fill a layer's share; the queue holds MaxCarryDelay such layers.
	room := int(share / most * s.Params().MaxCarryDelay)
	var txs []rollup.L1Tx
	for i := range room + 1 {
		txs = append(txs, signed(s, "alice", uint64(i), &rollup.ForcedTx{
			Tx: forced(s, uint64(i), most),
		}))
	}
	events, refused := mine(t, s, txs...)
	require.Len(t, refused, 1)
	require.Equal(t, rollup.ReasonQueueFull, refused[0].Reason)
	require.Len(t, events, room)
	_, inclusion, price := s.NextPrices()
	require.Greater(t, price, inclusion, "a full queue has its price")

	perLayer := int(share / most)
	for left := room - perLayer; left >= 0; left -= perLayer {
		mine(t, s)
		tip, err := s.Layer(s.Tip().Height)
		require.NoError(t, err)
		require.Equal(t, uint32(perLayer)+2, tip.Header.ItemCount)
		require.Len(t, s.Carry().Forced, left)
	}
}
