package relay

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// keeping is a store that outlives its relays.
type keeping struct{ Store }

func (*keeping) Close() error { return nil }

// lasting opens a store that lives as long as the test.
func lasting(t testing.TB) *outliving {
	t.Helper()
	s, err := kv.Open("")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &outliving{s}
}

// outliving is a kv.Store that its relays do not close.
type outliving struct{ *kv.Store }

func (*outliving) Close() error { return nil }

// With a clock nothing happens but by Step, and everything by it: bundles are posted when the clock
// says so, what L1 refuses waits for the clock, and the same steps do the same.
func TestStep(t *testing.T) {
	t.Parallel()
	history := func() (ids []rollup.Hash) {
		n, at := newNetwork(t, nil), &clock{}
		r := n.stepped(nil, nil, func(c *Config) {
			c.Clock, c.BundleInterval = at.now, time.Minute
		})
		require.Empty(t, r.Addr())
		step := func(after time.Duration) {
			at.at += after
			require.NoError(t, r.Step(t.Context()))
		}
		txs := n.accept(r, 2)
		step(59 * time.Second)
		n.requireStage(r, stageAccepted, txs...)
		step(time.Second)
		n.requireStage(r, stageBundled, txs...)
		n.mineOnly(1)
		n.requireStage(r, stageBundled, txs...)
		step(0)
		n.requireStage(r, stageOrdered, txs...)

		more := n.accept(r, 1)
		n.link.down.Store(true)
		step(time.Minute)
		asked := n.link.asked.Load()
		step(retryFirst - 1)
		require.Equal(t, asked, n.link.asked.Load(), "it pauses by the clock")
		n.link.down.Store(false)
		step(1)
		n.requireStage(r, stageBundled, more...)
		n.mineOnly(1)
		step(0)
		for _, tx := range append(txs, more...) {
			_, rec, err := r.resolve(tx.ID())
			require.NoError(t, err)
			ids = append(ids, rec.l1tx)
		}
		return ids
	}
	require.Equal(t, history(), history())
}

// A relay starts without L1. It takes nothing before it has seen a block, says so, posts what it has
// when L1 is back, and needs nobody for it.
func TestStartWithoutL1(t *testing.T) {
	t.Parallel()
	n, store := newNetwork(t, nil), lasting(t)
	r := n.stepped(nil, store, nil)
	txs := n.accept(r, 2)
	require.NoError(t, r.Close())

	n.link.down.Store(true)
	at := &clock{}
	r = n.stepped(nil, store, func(c *Config) { c.Clock, c.BundleInterval = at.now, time.Second })
	requireRetry(t, submit(t.Context(), r, n.tx(nil)), codes.Unavailable)
	info, err := r.Service().Info(t.Context(), &athenav1.RelayServiceInfoRequest{})
	require.NoError(t, err)
	require.True(t, info.GetL1Down())
	n.requireStage(r, stageAccepted, txs...)
	for range 20 {
		at.at += time.Second
		require.NoError(t, r.Step(t.Context()))
	}
	n.link.down.Store(false)
	at.at += retryLast
	require.NoError(t, r.Step(t.Context()))
	n.requireStage(r, stageBundled, txs...)
	txs = append(txs, n.accept(r, 1)...)
	require.NoError(t, r.Flush(t.Context()))
	n.pass(r, 2)
	n.requireOnce(txs)

	loops := n.start(func(c *Config) { c.Key = key("user") }) // the same with loops
	n.link.down.Store(true)
	again := n.config()
	again.Key, again.BundleTxs = key("user"), 1
	require.NoError(t, loops.Close())
	loops, err = Start(t.Context(), again)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, loops.Close()) })
	requireRetry(t, submit(t.Context(), loops, n.tx(nil)), codes.Unavailable)
	n.link.down.Store(false)
	n.sync(loops)
	require.NoError(t, submit(t.Context(), loops, n.tx(nil)))
}

// L1 goes away before each single call that the relay makes of it, and for a while: nothing is lost,
// nothing is there twice.
func TestOutageAtEachStage(t *testing.T) {
	t.Parallel()
	calls := int64(1)
	for at := int64(1); at <= calls; at++ {
		n, clock := newNetwork(t, nil), &clock{}
		r := n.stepped(nil, nil, func(c *Config) { c.Clock, c.BundleInterval = clock.now, time.Second })
		n.link.fails.Store(n.link.asked.Load() + at)
		var txs []*rollup.Tx
		for round := range 12 {
			if round < 4 {
				txs = append(txs, n.accept(r, 1)...)
			}
			if round == 3 {
				require.NoError(t, n.link.chain.Load().Fork(2))
				n.forgetPool()
			}
			clock.at += time.Second
			require.NoError(t, r.Step(t.Context()))
			n.mineOnly(1)
		}
		calls = n.link.asked.Load()
		n.link.fails.Store(0)
		clock.at += time.Minute
		require.NoError(t, r.Step(t.Context()))
		n.requireOnce(txs)
		n.requireStage(r, stageOrdered, txs...)
	}
	require.Greater(t, calls, int64(40))
}
