package relay

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// items derives the whole chain, and counts what became an item, by TxHash.
func (n *network) items() map[rollup.Hash]int {
	n.t.Helper()
	count := map[rollup.Hash]int{}
	carry := new(rollup.Carry)
	for h := uint64(1); h <= n.height(); h++ {
		source, err := n.link.Layer(n.t.Context(), h-1)
		require.NoError(n.t, err)
		next, err := n.link.Layer(n.t.Context(), h)
		require.NoError(n.t, err)
		d := rollup.Derive(&next.Header, source, carry, &n.genesis.Params, n.genesis.ChainID())
		require.Equal(n.t, next.Header.ItemsRoot, d.ItemsRoot())
		for i := range d.Items {
			if tx := d.Items[i].Tx; tx != nil {
				count[tx.Hash()]++
			}
		}
		carry = &d.Carry
	}
	return count
}

// heavy makes transactions of which few fit a layer, and hands them to a relay.
func (n *network) heavy(r *Relay, count int, change func(*rollup.Tx)) (txs []*rollup.Tx) {
	n.t.Helper()
	for range count {
		tx := n.tx(func(x *rollup.Tx) {
			x.MaxUnits[metering.Compute] = n.genesis.Params.MaxTx[metering.Compute]
			x.MaxFee = 1 << 40
			if change != nil {
				change(x)
			}
		})
		_, _, err := r.accept(n.t.Context(), tx.Encode())
		require.NoError(n.t, err)
		txs = append(txs, tx)
	}
	return txs
}

// force posts transactions without a relay, as many as make some of them wait for the layer after
// next.
func (n *network) force(count int) {
	n.t.Helper()
	account, err := n.link.Account(n.t.Context(), l1Account("user"))
	require.NoError(n.t, err)
	for i := range count {
		forced := n.tx(func(x *rollup.Tx) { x.MaxUnits = n.genesis.Params.MaxForced() })
		tx := &rollup.L1Tx{
			ChainID: n.genesis.ChainID(), Nonce: account.Nonce + uint64(i),
			Payload: &rollup.ForcedTx{Tx: forced.Encode()},
		}
		tx.Sign(key("user"))
		_, err := n.link.Submit(n.t.Context(), tx)
		require.NoError(n.t, err)
	}
}

// What a layer has no room for is in one soon: it returns to the queue, and the relay bids more. That
// holds while forced transactions wait, after a crash, and not for what has expired meanwhile.
func TestCrowdedOut(t *testing.T) {
	t.Parallel()
	for _, forced := range []int{0, 20} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint(forced, crash), func(t *testing.T) {
				t.Parallel()
				n, store := newNetwork(t, nil), lasting(t)
				start := func() *Relay {
					return n.stepped(nil, store, func(c *Config) { c.Bidding.MaxBid = 1 << 20 })
				}
				r := start()
				rival := n.stepped(nil, nil, func(c *Config) {
					c.Key, c.Account, c.Bidding.Bid = key("user"), address.Address{1: 8}, 50
					c.Bidding.MaxBid = 50
				})
				n.force(forced)
				n.pass(r, 1)
				require.NoError(t, rival.Step(t.Context()))
				last := n.heavy(r, 8, func(x *rollup.Tx) { x.ExpiryLayer = n.height() + 2 })
				txs := n.heavy(r, 25, nil)
				n.heavy(rival, 25, nil)
				require.NoError(t, r.Flush(t.Context()))
				require.NoError(t, rival.Flush(t.Context()))
				n.pass(r, 1)
				first := n.bundles()
				require.Len(t, first, 2)
				n.requireStage(r, stageOrdered, last...)
				if crash {
					require.NoError(t, r.Close())
					r = start()
				}
				n.pass(r, 1)
				have := n.items()
				require.Less(t, len(have), forced+int(first[0].TxCount+first[1].TxCount), "not over-full")
				for _, tx := range txs {
					_, rec, err := r.resolve(tx.ID())
					require.NoError(t, err)
					require.Equal(t, have[tx.Hash()] > 0, rec.stage == stageOrdered)
				}
				require.Greater(t, r.bid, uint64(0))
				raised := r.bid
				for range 12 {
					require.NoError(t, r.Flush(t.Context()))
					n.pass(r, 1)
				}
				n.pass(r, 1)
				have = n.items()
				for _, tx := range txs {
					require.Equal(t, 1, have[tx.Hash()])
				}
				n.requireStage(r, stageOrdered, txs...)
				late := 0
				for _, tx := range last {
					if have[tx.Hash()] == 0 {
						n.requireStage(r, stageDropped, tx)
						late++
					}
				}
				require.Positive(t, late)
				require.Less(t, r.bid, raised, "layers have room again")
			})
		}
	}
}

// Of a transaction that two relays carry, derivation keeps the copy that bids more. Where that one
// finds no room, the other relay must not take its own for executed.
func TestCrowdedOutWithAnother(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, func(g *rollup.Genesis, _ *simOptions) {
		g.L1 = append(g.L1, rollup.Allocation{Address: l1Account("third"), Amount: rich})
	})
	other := func(name string, bid uint64) *Relay {
		return n.stepped(nil, nil, func(c *Config) {
			c.Key, c.Account = key(name), address.Address{1: 8}
			c.Bidding.Bid, c.Bidding.MaxBid = bid, bid
		})
	}
	r := n.stepped(nil, nil, nil)
	twin, crowd := other("user", 30), other("third", 50)
	n.pass(r, 1)
	require.NoError(t, twin.Step(t.Context()))
	require.NoError(t, crowd.Step(t.Context()))
	txs := n.heavy(r, 10, nil)
	for _, tx := range txs {
		_, _, err := twin.accept(t.Context(), tx.Encode())
		require.NoError(t, err)
	}
	n.heavy(crowd, 25, nil)
	for _, relay := range []*Relay{r, twin, crowd} {
		require.NoError(t, relay.Flush(t.Context()))
	}
	n.pass(r, 2) // the twin is gone
	have, missing := n.items(), 0
	for _, tx := range txs {
		missing += 1 - have[tx.Hash()]
	}
	require.Positive(t, missing, "not over-full")
	require.NoError(t, r.Flush(t.Context()))
	n.pass(r, 2)
	have = n.items()
	for _, tx := range txs {
		require.Equal(t, 1, have[tx.Hash()])
	}
}

// Who asks before the relay has looked hears nothing of a drop that is none; once nothing can be done
// any more, he does.
func TestStatusOfTheCrowdedOut(t *testing.T) {
	t.Parallel()
	n, d := newNetwork(t, nil), &dry{}
	r := n.stepped(d, nil, nil)
	d.set(func() { d.layer = 1 })
	tx := n.tx(nil)
	require.NoError(t, submit(t.Context(), r, tx))
	require.NoError(t, r.Flush(t.Context()))
	n.pass(r, 1)
	d.set(func() {
		d.layer, d.dropped = 2, map[rollup.Hash]rollup.Reason{tx.Hash(): rollup.ReasonLayerFull}
	})
	id := tx.ID()
	stage := func() athenav1.Stage {
		resp, err := r.Service().Status(t.Context(), &athenav1.StatusRequest{Id: id[:]})
		require.NoError(t, err)
		return resp.GetStage()
	}
	require.Equal(t, athenav1.Stage_STAGE_ORDERED, stage())
	n.pass(r, int(n.genesis.Params.ReorgBound))
	require.Equal(t, athenav1.Stage_STAGE_DROPPED, stage())
}
