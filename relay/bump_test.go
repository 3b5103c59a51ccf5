package relay

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// never64 is more than anybody bids.
const never64 = ^uint64(0)

// prices are the bids of a bundle.
func prices(p *posting) (all []uint64) {
	for i := range p.bids {
		all = append(all, p.bids[i].price)
	}
	return all
}

// L1 takes only what bids enough: the first bundle in line gets a higher bid under its nonce until it
// is in a block, once, and the one behind it follows.
func TestBidIsRaised(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.Bidding.BumpAfter = 1 })
	n.link.floor.Store(3)
	txs := n.accept(r, 2)
	require.NoError(t, r.Flush(t.Context()))
	first := r.postings[0]
	txs = append(txs, n.accept(r, 1)...)
	require.NoError(t, r.Flush(t.Context()))
	second := r.postings[1]
	id, began := first.id, first.now().id
	for _, want := range [][]uint64{{0}, {0, 1}, {0, 1, 2}, {0, 1, 2, 3}} {
		n.mine(r, 1)
		require.Equal(t, want, prices(first))
		require.Equal(t, []uint64{0}, prices(second), "it waits for the nonce of the first")
	}
	n.requireStage(r, stageBundled, txs...)
	n.mine(r, 1)
	n.requireStage(r, stageOrdered, txs[:2]...)
	n.requireStage(r, stageBundled, txs[2])
	require.Equal(t, id, first.id)
	require.NotEqual(t, began, first.now().id)
	_, rec, err := r.resolve(txs[0].ID())
	require.NoError(t, err)
	require.Equal(t, first.now().id, rec.l1tx, "the status names what L1 took")
	n.mine(r, 4)
	n.requireStage(r, stageOrdered, txs...)
	n.requireOnce(txs)
}

// A bid that L1 does not think is enough to replace the last is no harm: that one still waits.
func TestBidIsRefused(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.Bidding = Bidding{Bid: 16, MaxBid: 18, BumpAfter: 1} })
	n.link.ahead.Store(1) // L1 has the bundle, and waits for the nonce before it
	txs := n.accept(r, 1)
	require.NoError(t, r.Flush(t.Context()))
	p := r.postings[0]
	require.Equal(t, uint64(1), p.nonce())
	n.mine(r, 2)
	require.Equal(t, []uint64{16, 18}, prices(p), "18 is an eighth more, not more than that")
	require.Zero(t, p.at)
	n.requireStage(r, stageBundled, txs...)
	n.link.ahead.Store(0)
	n.mine(r, 2) // the nonce before it is seen to be nobody's, and filled
	n.requireOnce(txs)
}

// Bids end at MaxBid, at what the account has, and at a number of them.
func TestBidsEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*Config)
		money  uint64
		want   []uint64
	}{
		"cap":   {func(c *Config) { c.Bidding.MaxBid = 3 }, rich, []uint64{0, 1, 2, 3}},
		"never": {func(c *Config) { c.Bidding = Bidding{Bid: 9, MaxBid: 9} }, rich, []uint64{9}},
		"money": {func(*Config) {}, 640, []uint64{0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, func(g *rollup.Genesis, _ *simOptions) { g.L1[0].Amount = tt.money })
			r := n.start(func(c *Config) { c.Bidding.BumpAfter = 1; tt.change(c) })
			txs := n.accept(r, 1)
			n.link.floor.Store(never64)
			require.NoError(t, r.Flush(t.Context()))
			n.mine(r, 8)
			require.Equal(t, tt.want, prices(r.postings[0]), "%d", r.postings[0].cost())
			n.link.floor.Store(0)
			n.mine(r, 2)
			n.requireOnce(txs)
		})
	}
	p := &posting{bids: make([]bid, maxBids)}
	_, ok := (&Relay{cfg: Config{Bidding: Bidding{MaxBid: 9}}}).raised(p, &rollup.Header{})
	require.False(t, ok)
}

// L1 may take an older bid than the newest: that one counts, after a reorganisation as well, and
// nothing is posted twice.
func TestOlderBidIsTaken(t *testing.T) {
	t.Parallel()
	for _, forgets := range []bool{false, true} {
		n := newNetwork(t, nil)
		r := n.start(func(c *Config) { c.Bidding.BumpAfter = 1 })
		txs := n.accept(r, 1)
		n.link.floor.Store(never64)
		require.NoError(t, r.Flush(t.Context()))
		p := r.postings[0]
		n.mine(r, 2)
		require.Equal(t, []uint64{0, 1}, prices(p))
		require.Equal(t, 1, p.at)
		_, err := n.link.chain.Load().Submit(t.Context(), p.bids[0].tx) // it was on its way
		require.NoError(t, err)
		n.mine(r, 1)
		n.requireStage(r, stageOrdered, txs...)
		require.Zero(t, p.at)
		n.link.floor.Store(0)
		require.NoError(t, n.link.chain.Load().Fork(1))
		if forgets {
			n.forgetMempool()
		}
		n.sync(r)
		n.mine(r, 2)
		n.requireStage(r, stageOrdered, txs...)
		require.Zero(t, p.at, "the bytes that were in a block are posted again")
		n.requireOnce(txs)
	}
}

// A relay may die around each write of a bump: the next one knows all bids that L1 may have, and
// posts nothing twice.
func TestCrashWhileBidding(t *testing.T) {
	t.Parallel()
	for _, with := range []bool{false, true} {
		died := true
		for at := int64(1); died; at++ {
			n, dir := newNetwork(t, nil), t.TempDir()
			r := n.start(func(c *Config) { c.Dir, c.Bidding.BumpAfter = dir, 1 })
			txs := n.accept(r, 1)
			n.link.floor.Store(never64)
			require.NoError(t, r.Flush(t.Context()))
			n.mine(r, 1)
			require.NoError(t, r.Close())

			store, err := kv.Open(dir)
			require.NoError(t, err)
			d := &dying{Store: store, with: with}
			d.left.Store(at)
			clock := &clock{}
			cfg := n.config()
			cfg.Store, cfg.Bidding.BumpAfter, cfg.Clock, cfg.Listen = d, 1, clock.now, ""
			r, err = Start(t.Context(), cfg)
			require.NoError(t, err)
			for range 5 {
				if err = r.Step(t.Context()); err != nil {
					break
				}
				n.mineOnly(1)
			}
			died = err != nil
			if died {
				require.ErrorIs(t, err, errPower)
			} else {
				require.Greater(t, len(r.postings[0].bids), 3)
			}
			_ = r.Close()
			n.link.floor.Store(0)
			r = n.start(func(c *Config) { c.Dir = dir })
			n.mine(r, 3)
			n.requireStage(r, stageOrdered, txs...)
			n.requireOnce(txs)
		}
	}
}
