package relay

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

var errPower = errors.New("power cut")

// dying is a store that stops at a write: with it, or just before it.
type dying struct {
	*kv.Store
	left atomic.Int64
	with bool
}

func (d *dying) Apply(writes ...kv.Write) error {
	left := d.left.Add(-1)
	if left > 0 || left == 0 && d.with {
		if err := d.Store.Apply(writes...); err != nil || left > 0 {
			return err
		}
	}
	return errPower
}

// scenario goes through everything that a relay writes. It returns what was accepted, as far as it got.
func scenario(n *network, r *Relay) (accepted []*rollup.Tx) {
	submit := func(count int) {
		for range count {
			tx := n.tx(nil)
			if _, _, err := r.accept(n.t.Context(), tx.Encode()); err == nil {
				accepted = append(accepted, tx)
			}
		}
	}
	expires := func(layers uint64) {
		_, _, _ = r.accept(n.t.Context(), n.tx(func(x *rollup.Tx) {
			x.ExpiryLayer = n.height() + r.cfg.Genesis.Params.OrderDelay + layers
		}).Encode())
	}
	mine := func(blocks int) {
		for range blocks {
			_, _, err := n.link.chain.Load().Mine(n.t.Context())
			require.NoError(n.t, err)
			tip, err := n.link.chain.Load().Tip(n.t.Context())
			require.NoError(n.t, err)
			_ = r.Sync(n.t.Context(), tip) // fails at once when the relay has died
		}
	}
	submit(2)
	_ = r.Flush(n.t.Context())
	submit(2)
	mine(1)
	_ = r.Flush(n.t.Context())
	mine(1)
	require.NoError(n.t, n.link.chain.Load().Fork(2))
	n.forgetPool()
	mine(1)
	submit(1)
	_ = r.Flush(n.t.Context())
	mine(3)
	expires(1) // in the queue
	mine(3)
	expires(1) // in a bundle that L1 has not heard of
	n.link.blackHole.Store(true)
	_ = r.Flush(n.t.Context())
	mine(2)
	n.link.blackHole.Store(false)
	mine(int(n.genesis.Params.ReorgBound)) // and the first are old enough to be forgotten
	return accepted
}

// A relay may die at each of its writes, before or after it: the next one brings everything that was
// accepted into exactly one block.
func TestCrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	for _, with := range []bool{false, true} {
		for at := int64(2); ; at++ {
			n := newNetwork(t, nil)
			dir := t.TempDir()
			store, err := kv.Open(dir)
			require.NoError(t, err)
			d := &dying{Store: store, with: with}
			d.left.Store(at)
			cfg := n.config()
			cfg.Store, cfg.Retention = d, 2
			r, err := Start(t.Context(), cfg)
			require.NoError(t, err)
			accepted := scenario(n, r)
			survived := d.left.Load() > 0
			if err := r.Close(); !survived {
				require.ErrorIs(t, err, errPower, "write %d", at)
				require.ErrorIs(t, r.Err(), errPower)
			}
			r = n.start(func(c *Config) { c.Dir = dir })
			n.mine(r, 1)
			require.NoError(t, r.Flush(t.Context()))
			n.mine(r, 1)
			// What a store took although its answer was lost may be posted beyond what was accepted.
			got := n.posted()
			for _, tx := range accepted {
				require.Equal(t, 1, got[tx.Hash()], "write %d", at)
			}
			require.LessOrEqual(t, len(got), len(accepted)+1)
			for _, count := range got {
				require.Equal(t, 1, count, "write %d", at)
			}
			require.NoError(t, r.Close())
			if survived {
				require.Greater(t, at, int64(20), "the scenario writes often")
				break
			}
		}
	}
}

func TestStoreFailureEndsTheRelay(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	store, err := kv.Open("")
	require.NoError(t, err)
	d := &dying{Store: store}
	d.left.Store(2)
	cfg := n.config()
	cfg.Store = d
	r, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	c := dial(t, r)
	_, err = c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: n.tx(nil).Encode()})
	require.Equal(t, codes.Internal, status.Code(err))
	require.ErrorIs(t, r.Err(), errPower)
	_, err = c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: n.tx(nil).Encode()})
	require.Equal(t, codes.Unavailable, status.Code(err))
	_, _, err = n.link.chain.Load().Mine(t.Context())
	require.NoError(t, err)
	tip, err := n.link.chain.Load().Tip(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, r.Sync(t.Context(), tip), errStopped)
	require.ErrorIs(t, r.Close(), errPower)
}

// What was accepted before Close, while requests and blocks go on, is there after it.
func TestCloseWhileRequestsRun(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	dir := t.TempDir()
	r := n.start(func(c *Config) { c.Dir, c.BundleTxs = dir, 8 })
	c := dial(t, r)
	var mu sync.Mutex
	var accepted []*rollup.Tx
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				mu.Lock()
				tx := n.tx(nil)
				mu.Unlock()
				if _, err := c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: tx.Encode()}); err != nil {
					return
				}
				mu.Lock()
				accepted = append(accepted, tx)
				mu.Unlock()
			}
		})
	}
	for range 3 {
		time.Sleep(20 * time.Millisecond)
		_, _, err := n.link.chain.Load().Mine(t.Context())
		require.NoError(t, err)
	}
	require.NoError(t, r.Close())
	require.NoError(t, r.Close(), "closing twice does nothing more")
	require.ErrorIs(t, r.Flush(t.Context()), errStopped)
	group.Wait()
	require.NotEmpty(t, accepted)

	r = n.start(func(c *Config) { c.Dir = dir })
	for range len(accepted) { // as many blocks as it takes
		require.NoError(t, r.Flush(t.Context()))
		n.mine(r, 1)
		if len(n.posted()) >= len(accepted) {
			break
		}
	}
	got := n.posted()
	for _, tx := range accepted {
		require.Equal(t, 1, got[tx.Hash()])
	}
}

// A copy of the folder of a running relay is what a crash leaves.
func TestCopyOfTheFolder(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	dir, copied := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	r := n.start(func(c *Config) { c.Dir = dir })
	txs := n.accept(r, 3)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	txs = append(txs, n.accept(r, 2)...)
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	require.NoError(t, r.Close())

	r = n.start(func(c *Config) { c.Dir = copied })
	n.sync(r)
	n.requireStage(r, stageOrdered, txs[:3]...)
	n.requireStage(r, stageAccepted, txs[3:]...)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	n.requireOnce(txs)
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	dir := t.TempDir()
	require.NoError(t, n.start(func(c *Config) { c.Dir = dir }).Close())
	for name, change := range map[string]func(*Config){
		"another network or key": func(c *Config) { c.Key = key("user") },
		"listen on":              func(c *Config) { c.Listen, c.Executor = "256.0.0.1:1", "127.0.0.1:1" },
		"Genesis is missing":     func(c *Config) { c.Genesis = nil },
		"Chain is missing":       func(c *Config) { c.Chain = nil },
		"Key is not":             func(c *Config) { c.Key = nil },
		"zero address":           func(c *Config) { c.Account[1] = 0 },
		"Listen is empty":        func(c *Config) { c.Listen = "" },
		"negative":               func(c *Config) { c.MaxQueueBytes = -1 },
		"MaxBid is below":        func(c *Config) { c.Bidding = Bidding{Bid: 3, MaxBid: 2} },
		"ExecutorClient exclude": func(c *Config) { c.Executor, c.ExecutorClient = "x", &dry{} },
		"Store exclude":          func(c *Config) { c.Store = &dying{} },
	} {
		cfg := n.config()
		cfg.Dir = dir
		change(&cfg)
		_, err := Start(t.Context(), cfg)
		require.ErrorContains(t, err, name)
	}
	n.start(func(c *Config) { c.Dir = dir }) // nothing keeps the folder open
}
