package relay

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
)

// accounts asks the relay for its accounts.
func (n *network) accounts(r *Relay, bundles uint32) *athenav1.AccountingResponse {
	n.t.Helper()
	resp, err := r.Service().Accounting(n.t.Context(), &athenav1.AccountingRequest{Bundles: bundles})
	require.NoError(n.t, err)
	return resp
}

// execute makes d an executor of a layer in which the transactions had an outcome.
func (d *dry) execute(layer uint64, relay address.Address, out rollup.Outcome, txs ...*rollup.Tx) {
	d.set(func() {
		d.layer = max(d.layer, layer)
		if d.receipts == nil {
			d.receipts = map[rollup.Hash]*wire.Executed{}
		}
		for _, tx := range txs {
			x := &wire.Executed{TxID: tx.ID(), Layer: layer}
			x.Receipt = rollup.Receipt{TxHash: tx.Hash(), Outcome: out, Relay: relay}
			d.receipts[tx.Hash()] = x
		}
	})
}

// owes is what an effective transaction pays at the prices of a block.
func (n *network) owes(tx *rollup.Tx, height uint64) (data, inclusion uint64) {
	n.t.Helper()
	p := &n.genesis.Params
	block, err := n.link.chain.Load().Layer(n.t.Context(), height)
	require.NoError(n.t, err)
	size := uint32(len(tx.Encode()))
	weight := p.Weight(p.Declared(&rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: size}))
	return uint64(size) * block.Header.DataPrice, weight * block.Header.InclusionPrice
}

// stepped is a relay that the test steps, on a store that outlives it.
func (n *network) stepped(d *dry, s Store, change func(*Config)) *Relay {
	n.t.Helper()
	cfg := n.config()
	cfg.Clock, cfg.Listen, cfg.Store, cfg.ExecutorClient = new(clock).now, "", s, d
	if d == nil {
		cfg.ExecutorClient = nil
	}
	if change != nil {
		change(&cfg)
	}
	r, err := Start(n.t.Context(), cfg)
	require.NoError(n.t, err)
	n.t.Cleanup(func() { _ = r.Close() })
	require.NoError(n.t, r.Step(n.t.Context()))
	return r
}

// pass makes blocks, and steps after each.
func (n *network) pass(r *Relay, blocks int) {
	n.t.Helper()
	for range blocks {
		n.mineOnly(1)
		require.NoError(n.t, r.Step(n.t.Context()))
	}
}

// Costs are what left the L1 account, income is what receipts say, each bundle counts once, and an
// executor that is late or away is asked again.
func TestAccounting(t *testing.T) {
	t.Parallel()
	n, d := newNetwork(t, nil), &dry{}
	bound := int(n.genesis.Params.ReorgBound)
	r := n.stepped(d, nil, func(c *Config) { c.Bidding.Bid = 5 })
	d.set(func() { d.layer = 1 })
	tip := func(x *rollup.Tx) { x.RelayTip = 7 }
	txs := []*rollup.Tx{n.tx(tip), n.tx(tip), n.tx(tip), n.tx(tip)}
	for _, tx := range txs {
		require.NoError(t, submit(t.Context(), r, tx))
	}
	before, err := n.link.Account(t.Context(), l1Account("relay"))
	require.NoError(t, err)
	require.NoError(t, r.Flush(t.Context()))
	n.pass(r, 1)
	after, err := n.link.Account(t.Context(), l1Account("relay"))
	require.NoError(t, err)
	paid := before.Balance - after.Balance

	got := n.accounts(r, 9)
	require.Equal(t, &athenav1.Tally{}, got.GetTotal())
	require.Empty(t, got.GetBundles())
	open := got.GetOpen()
	require.EqualValues(t, 1, open.GetBundles())
	require.EqualValues(t, 4, open.GetTxs())
	require.Equal(t, paid, open.GetByteCost()+open.GetInclusionCost()+open.GetBidCost())
	require.Equal(t, 5*open.GetInclusionCost(), open.GetBidCost(), "the price of inclusion is 1")
	st, err := r.Service().Status(t.Context(), &athenav1.StatusRequest{Id: idOf(txs[0])})
	require.NoError(t, err)
	require.Equal(t, paid, st.GetBundleCost())
	bundle := st.GetBundleId()

	// Two pay, one is in vain, one was earlier in somebody else's bundle.
	data, inclusion := n.owes(txs[0], 1)
	d.execute(2, r.cfg.Account, rollup.OutcomeSuccess, txs[0])
	d.execute(2, r.cfg.Account, rollup.OutcomeFailed, txs[1])
	d.execute(2, r.cfg.Account, rollup.OutcomeIneffective, txs[2])
	d.execute(2, address.Address{9}, rollup.OutcomeSuccess, txs[3])
	d.set(func() { d.layer, d.down = 1, false })
	n.pass(r, bound)
	total := n.accounts(r, 9).GetTotal()
	require.EqualValues(t, 4, total.GetTxs())
	require.Zero(t, total.GetEffective()+total.GetVain()+total.GetUnknown(), "the executor is behind")
	require.Equal(t, 4*(data+inclusion+7), total.GetExpected())
	d.set(func() { d.layer, d.down = 9, true })
	n.pass(r, 1)
	require.Zero(t, n.accounts(r, 0).GetTotal().GetEffective(), "the executor is away")
	d.set(func() { d.down = false })
	n.pass(r, 1)

	want := &athenav1.Tally{
		Bundles: 1, Txs: 4, Effective: 2, Vain: 2, ByteCost: open.GetByteCost(),
		InclusionCost: open.GetInclusionCost(), BidCost: open.GetBidCost(),
		Data: 2 * data, Inclusion: 2 * inclusion, Tips: 14, Expected: 4 * (data + inclusion + 7),
	}
	for range 2 {
		got = n.accounts(r, 9)
		require.Equal(t, want.String(), got.GetTotal().String())
		require.Equal(t, new(athenav1.Tally).String(), got.GetOpen().String())
		require.Len(t, got.GetBundles(), 1)
		require.Equal(t, want.String(), got.GetBundles()[0].GetTally().String())
		require.Equal(t, bundle, got.GetBundles()[0].GetBundleId())
		require.EqualValues(t, 1, got.GetBundles()[0].GetL1Height())
		n.pass(r, 1)
	}
	st, err = r.Service().Status(t.Context(), &athenav1.StatusRequest{Id: idOf(txs[2])})
	require.NoError(t, err)
	require.Equal(t, paid, st.GetBundleCost())
	require.Equal(t, bundle, st.GetBundleId())
}

// Without an executor the costs are known, and the income is not. The newest bundles come first.
func TestAccountingWithoutExecutor(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.stepped(nil, nil, nil)
	for range 3 {
		n.accept(r, 1)
		require.NoError(t, r.Flush(t.Context()))
		n.pass(r, 1)
	}
	n.pass(r, int(n.genesis.Params.ReorgBound))
	got := n.accounts(r, 2)
	require.EqualValues(t, 3, got.GetTotal().GetUnknown())
	require.Zero(t, got.GetTotal().GetEffective()+got.GetTotal().GetData())
	require.NotZero(t, got.GetTotal().GetByteCost())
	require.Len(t, got.GetBundles(), 2)
	require.Greater(t, got.GetBundles()[0].GetL1Height(), got.GetBundles()[1].GetL1Height())
}

// A reorganisation takes costs back, and books them anew at the prices of the new block.
func TestAccountingOfAReorganisation(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.stepped(nil, nil, nil)
	n.accept(r, 1)
	require.NoError(t, r.Flush(t.Context()))
	n.pass(r, 3)
	was := n.accounts(r, 0).GetOpen()
	require.NotZero(t, was.GetByteCost())
	require.NoError(t, n.link.chain.Load().Fork(3))
	n.forgetMempool()
	n.link.blackHole.Store(true)
	require.NoError(t, r.Step(t.Context()))
	require.Zero(t, n.accounts(r, 0).GetOpen().GetBundles())
	heavy := &rollup.L1Tx{
		ChainID: n.genesis.ChainID(), Payload: &rollup.PostBundle{Weight: 1 << 22, Bid: 1},
	}
	heavy.Sign(key("user")) // raises the price
	_, err := n.link.chain.Load().Submit(t.Context(), heavy)
	require.NoError(t, err)
	n.link.blackHole.Store(false)
	n.pass(r, 2+int(n.genesis.Params.ReorgBound))
	got := n.accounts(r, 9)
	require.EqualValues(t, 1, got.GetTotal().GetBundles())
	height := got.GetBundles()[0].GetL1Height()
	require.Greater(t, height, uint64(1))
	block, err := n.link.Layer(t.Context(), height)
	require.NoError(t, err)
	require.Greater(t, block.Header.InclusionPrice, uint64(1))
	require.Equal(t, was.GetInclusionCost()*block.Header.InclusionPrice,
		got.GetTotal().GetInclusionCost())
}

// Each write of the books is durable as a whole: a relay that dies around it counts nothing twice.
func TestCrashWhileBooking(t *testing.T) {
	t.Parallel()
	for _, with := range []bool{false, true} {
		died := true
		for at := int64(1); died; at++ {
			n, d := newNetwork(t, nil), &dry{}
			store := lasting(t)
			r := n.stepped(d, store, nil)
			d.set(func() { d.layer = 9 })
			txs := append(n.accept(r, 1), n.accept(r, 1)...)
			require.NoError(t, r.Flush(t.Context()))
			d.execute(2, r.cfg.Account, rollup.OutcomeSuccess, txs...)
			n.pass(r, int(n.genesis.Params.ReorgBound))
			require.NoError(t, r.Close())

			dies := &dying{Store: store.Store, with: with}
			dies.left.Store(at)
			r = n.stepped(d, &keeping{dies}, nil)
			n.mineOnly(1)
			err := r.Step(t.Context())
			died = err != nil
			_ = r.Close()
			r = n.stepped(d, store, nil)
			n.pass(r, 1)
			total := n.accounts(r, 0).GetTotal()
			require.EqualValues(t, 1, total.GetBundles())
			require.EqualValues(t, 2, total.GetEffective())
			data, inclusion := n.owes(txs[0], 1)
			require.Equal(t, 2*data, total.GetData())
			require.Equal(t, 2*inclusion, total.GetInclusion())
		}
	}
}

// [27]: A relay that copies what others carry, at a higher price, earns on what is not pinned; the
// first relay sees in its books that its copy was in vain, and can insist on pins from then on.
func TestGriefingRelay(t *testing.T) {
	t.Parallel()
	n, d := newNetwork(t, nil), &dry{}
	honest := n.stepped(d, nil, nil)
	d.set(func() { d.layer = 1 })
	thief := n.stepped(nil, nil, func(c *Config) {
		c.Key, c.Account, c.Bidding.Bid = key("user"), address.Address{1: 8}, 50
	})
	loose := n.tx(nil)
	pinned := n.tx(func(x *rollup.Tx) { x.Relay = honest.cfg.Account })
	for _, tx := range []*rollup.Tx{loose, pinned} {
		require.NoError(t, submit(t.Context(), honest, tx))
	}
	require.NoError(t, submit(t.Context(), thief, loose))
	requireReason(t, submit(t.Context(), thief, pinned), rollup.ReasonWrongRelay)
	forged := *loose // nor does a copy with another auth take the name of the first
	forged.Auth = append([]byte{1}, loose.Auth[1:]...)
	require.NoError(t, submit(t.Context(), thief, &forged))
	require.NoError(t, honest.Flush(t.Context()))
	require.NoError(t, thief.Flush(t.Context()))
	n.pass(honest, 1)

	// Derivation: one copy of each transaction, the pinned one from its relay.
	p := &n.genesis.Params
	source, err := n.link.Layer(t.Context(), 1)
	require.NoError(t, err)
	got := rollup.Derive(&rollup.Header{Height: 2}, source, nil, p, n.genesis.ChainID())
	carried := map[rollup.Hash]address.Address{}
	for i := range got.Items {
		if it := &got.Items[i]; it.Tx != nil {
			require.NotContains(t, carried, it.Tx.Hash())
			carried[it.Tx.Hash()] = it.Relay
			d.execute(2, it.Relay, rollup.OutcomeSuccess, it.Tx)
		}
	}
	require.Equal(t, honest.cfg.Account, carried[pinned.Hash()])
	require.Equal(t, thief.cfg.Account, carried[loose.Hash()], "the higher bid")
	n.pass(honest, int(p.ReorgBound))
	total := n.accounts(honest, 0).GetTotal()
	require.EqualValues(t, 1, total.GetEffective())
	require.EqualValues(t, 1, total.GetVain())
}
