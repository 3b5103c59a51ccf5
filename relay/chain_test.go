package relay

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1/sim"
)

// After a reorganisation of any allowed depth the same bundle is ordered again, once, whether L1's
// mempool remembers it or not.
func TestReorganisation(t *testing.T) {
	t.Parallel()
	for depth := 1; depth <= int(rollup.DefaultParams().ReorgBound); depth++ {
		for _, forgets := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", depth, forgets), func(t *testing.T) {
				t.Parallel()
				n := newNetwork(t, nil)
				r := n.start(nil)
				n.mine(r, 1)
				first := n.accept(r, 2)
				require.NoError(t, r.Flush(t.Context()))
				n.mine(r, 1)
				second := n.accept(r, 2)
				require.NoError(t, r.Flush(t.Context()))
				n.mine(r, depth-1)
				all := append(first, second...)
				n.requireStage(r, stageOrdered, first...)
				_, was, err := r.resolve(first[0].ID())
				require.NoError(t, err)
				require.Equal(t, uint64(3), was.layer)

				require.NoError(t, n.link.chain.Load().Fork(depth))
				if forgets {
					n.forgetMempool()
				}
				require.Eventually(t, func() bool {
					_, rec, err := r.resolve(first[0].ID())
					return err == nil && rec.stage == stageBundled && rec.layer == 0
				}, testTime, time.Millisecond)
				n.mine(r, 2)
				n.requireStage(r, stageOrdered, all...)
				n.requireOnce(all)
				_, rec, err := r.resolve(first[0].ID())
				require.NoError(t, err)
				require.Equal(t, was.l1tx, rec.l1tx, "the bytes are unchanged")
				n.mine(r, int(n.genesis.Params.ReorgBound))
				require.Empty(t, r.postings)
			})
		}
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.BundleInterval = time.Millisecond; c.BundleTxs = 1 })
	n.link.down.Store(true)
	txs := n.accept(r, 5)
	require.Error(t, r.Flush(t.Context()))
	before := n.link.asked.Load()
	time.Sleep(300 * time.Millisecond)
	txs = append(txs, n.accept(r, 20)...) // a full queue asks for nothing while L1 is down
	require.Less(t, n.link.asked.Load()-before, int64(8), "the pause grows")
	n.link.down.Store(false)
	n.posts(r, len(txs))
	n.requireOnce(txs)
}

// posts makes blocks until so many transactions are in them, without anybody flushing.
func (n *network) posts(r *Relay, count int) {
	n.t.Helper()
	require.Eventually(n.t, func() bool {
		n.mine(r, 1)
		return len(n.posted()) == count
	}, testTime, 10*time.Millisecond)
}

// L1 took the bundle, but its answer was lost: the same bytes go out again, and take no second effect.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	txs := n.accept(r, 2)
	n.link.loseAnswer.Store(true)
	require.ErrorIs(t, r.Flush(t.Context()), errDown)
	n.requireStage(r, stageBundled, txs...)
	txs = append(txs, n.accept(r, 1)...)
	require.Error(t, r.Flush(t.Context()))
	n.link.loseAnswer.Store(false)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 2)
	n.requireOnce(txs)
	require.Len(t, n.bundles(), 2)
}

// A bundle that L1 never saw keeps its nonce: the next one takes another.
func TestUnsentBundleKeepsItsNonce(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	txs := n.accept(r, 1)
	n.link.blackHole.Store(true)
	require.NoError(t, r.Flush(t.Context()))
	n.link.blackHole.Store(false)
	txs = append(txs, n.accept(r, 1)...)
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, uint64(0), r.postings[0].nonce())
	require.Equal(t, uint64(1), r.postings[1].nonce())
	n.mine(r, 3)
	n.requireOnce(txs)
}

// Somebody else uses the relay's L1 key: the bundle is refused, and goes out under another nonce.
func TestNonceConflict(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	txs := n.accept(r, 3)
	n.link.blackHole.Store(true)
	require.NoError(t, r.Flush(t.Context()))
	n.link.blackHole.Store(false)
	n.transfer("relay", "user", 1)
	n.mine(r, 1)
	n.requireStage(r, stageAccepted, txs...)
	require.Equal(t, []rollup.Hash{txs[0].Hash(), txs[1].Hash(), txs[2].Hash()}, r.queue)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	n.requireStage(r, stageOrdered, txs...)
	n.requireOnce(txs)
}

// transfer posts a transfer under the next nonce of the sender.
func (n *network) transfer(from, to string, amount uint64) {
	n.t.Helper()
	account, err := n.link.chain.Load().Account(n.t.Context(), l1Account(from))
	require.NoError(n.t, err)
	tx := &rollup.L1Tx{
		ChainID: n.genesis.ChainID(), Nonce: account.Nonce,
		Payload: &rollup.Transfer{To: l1Account(to), Amount: amount},
	}
	tx.Sign(key(from))
	_, err = n.link.chain.Load().Submit(n.t.Context(), tx)
	require.NoError(n.t, err)
}

// The mempool has no room: the bundle stays in flight with its bytes, and goes in later.
func TestMempoolFull(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, func(_ *rollup.Genesis, o *sim.Options) { o.MempoolTxs = 1 })
	r := n.start(nil)
	n.transfer("user", "relay", 1)
	txs := n.accept(r, 1)
	require.Error(t, r.Flush(t.Context()))
	n.requireStage(r, stageBundled, txs...)
	id := r.postings[0].now().id
	n.mine(r, 2)
	n.requireOnce(txs)
	require.Equal(t, id, r.postings[0].now().id)
}

// A relay without money keeps its queue, says so, and goes on when it has some.
func TestCannotPay(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, func(g *rollup.Genesis, _ *sim.Options) { g.L1[0].Amount = 100 })
	r := n.start(func(c *Config) { c.BundleInterval = time.Millisecond })
	txs := n.accept(r, 4)
	require.ErrorContains(t, r.Flush(t.Context()), "send it money")
	before := n.link.asked.Load()
	time.Sleep(300 * time.Millisecond)
	require.Less(t, n.link.asked.Load()-before, int64(16), "the pause grows")
	n.mine(r, 1)
	n.requireStage(r, stageAccepted, txs...)
	require.Empty(t, n.posted())
	n.transfer("user", "relay", rich/2)
	n.posts(r, len(txs))
	n.requireOnce(txs)
}

// L1 bars a bundle that it took before: what is in it goes out again, after a pause.
func TestBarredByTheBlock(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.BundleInterval = 200 * time.Millisecond })
	txs := n.accept(r, 2)
	require.NoError(t, r.Flush(t.Context()))
	n.forgetMempool()
	n.link.barred.Store(true)
	n.mine(r, 1)
	n.requireStage(r, stageAccepted, txs...)
	n.link.barred.Store(false)
	n.posts(r, 2)
	n.requireOnce(txs)
}

func TestBundlesBySize(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	size := len(n.tx(nil).Encode())
	r := n.start(func(c *Config) { c.BundleTxs = 3; c.BundleBytes = 100 * size })
	txs := n.accept(r, 2)
	r.wake() // that somebody looks is no reason to post
	time.Sleep(20 * time.Millisecond)
	n.requireStage(r, stageAccepted, txs...)
	txs = append(txs, n.accept(r, 1)...)
	n.posts(r, 3)
	r = n.start(func(c *Config) { c.BundleBytes, c.Key = 2*size, key("user") })
	txs = append(txs, n.accept(r, 2)...)
	n.posts(r, 5)
	n.requireOnce(txs)
}

func TestBundlesByTime(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.BundleInterval = 50 * time.Millisecond })
	begin := time.Now()
	txs := n.accept(r, 2)
	n.posts(r, 2)
	require.GreaterOrEqual(t, time.Since(begin), 50*time.Millisecond)
	n.requireOnce(txs)
	require.Len(t, n.bundles(), 1)
}

// The size of a bundle says when to post, not what to refuse.
func TestLargestTransaction(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.BundleBytes = 1_000 })
	tx := n.tx(nil)
	arg := make([]byte, int(n.genesis.Params.MaxTxBytes)-len(tx.Encode()))
	for i := range arg {
		arg[i] = byte(i * i >> 8)
	}
	for ; len(tx.Encode()) != int(n.genesis.Params.MaxTxBytes); arg = arg[:len(arg)-1] {
		tx.Calls[0].Args = arg
	}
	small := n.accept(r, 1)
	_, _, err := r.accept(t.Context(), tx.Encode())
	require.NoError(t, err)
	n.posts(r, 2)
	n.requireOnce(append(small, tx))
	require.Len(t, n.bundles(), 2)
}

// Transactions that declare much are spread over layers: none is paid for and then dropped.
func TestBundlesFitTheirLayer(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	p := &n.genesis.Params
	r := n.start(nil)
	var txs []*rollup.Tx
	for range 40 {
		tx := n.tx(func(x *rollup.Tx) { x.MaxUnits[metering.Compute] = p.MaxTx[metering.Compute] })
		_, _, err := r.accept(t.Context(), tx.Encode())
		require.NoError(t, err)
		txs = append(txs, tx)
	}
	items := 0
	for range 4 {
		require.NoError(t, r.Flush(t.Context()))
		n.mine(r, 1)
		tip, err := n.link.Tip(t.Context())
		require.NoError(t, err)
		source, err := n.link.Layer(t.Context(), tip.Height)
		require.NoError(t, err)
		got := rollup.Derive(&rollup.Header{Height: tip.Height + 1}, source, nil, p, n.genesis.ChainID())
		require.Empty(t, got.Drops)
		items += len(got.Items) - 2
	}
	require.Equal(t, len(txs), items)
	n.requireOnce(txs)
}
