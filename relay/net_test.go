package relay

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/l1/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTime is more than anything in a test takes, also on a slow machine.
const testTime = 30 * time.Second

// never is an interval that no test reaches: bundles are posted by size or by Flush.
const never = time.Hour

var errDown = errors.New("connection refused")

// link is a way to L1 that fails on demand.
type link struct {
	chain      atomic.Pointer[sim.Chain]
	down       atomic.Bool   // nothing gets through
	loseAnswer atomic.Bool   // Submit reaches L1, its answer is lost
	blackHole  atomic.Bool   // Submit is answered, and does not reach L1
	barred     atomic.Bool   // TxStatus says that the block refused it
	floor      atomic.Uint64 // bundles that bid less wait where no block takes them
	ahead      atomic.Uint64 // Account's nonces are so much higher
	asked      atomic.Int64  // calls but Wait's own
	fails      atomic.Int64  // from this call on, three get no answer; 0 = none
}

func (l *link) up() error {
	asked, fails := l.asked.Add(1), l.fails.Load()
	if l.down.Load() || fails > 0 && asked >= fails && asked < fails+3 {
		return errDown
	}
	return nil
}

func (l *link) Tip(ctx context.Context) (l1.Tip, error) {
	if err := l.up(); err != nil {
		return l1.Tip{}, err
	}
	return l.chain.Load().Tip(ctx)
}

// Wait polls, so that the chain behind the link can be replaced.
func (l *link) Wait(ctx context.Context, from l1.Tip) (l1.Tip, error) {
	for {
		if l.down.Load() {
			return l1.Tip{}, errDown
		}
		tip, err := l.chain.Load().Tip(ctx)
		if err != nil || tip != from {
			return tip, err
		}
		select {
		case <-ctx.Done():
			return tip, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

func (l *link) Layer(ctx context.Context, height uint64) (*rollup.Layer, error) {
	if err := l.up(); err != nil {
		return nil, err
	}
	return l.chain.Load().Layer(ctx, height)
}

func (l *link) Submit(ctx context.Context, tx *rollup.L1Tx) (rollup.Hash, error) {
	if err := l.up(); err != nil {
		return rollup.Hash{}, err
	}
	post, isPost := tx.Payload.(*rollup.PostBundle)
	if l.blackHole.Load() || isPost && post.Bid < l.floor.Load() {
		return tx.ID(), nil
	}
	id, err := l.chain.Load().Submit(ctx, tx)
	if l.loseAnswer.Load() {
		return rollup.Hash{}, errDown
	}
	return id, err
}

func (l *link) TxStatus(ctx context.Context, id rollup.Hash) (l1.TxStatus, error) {
	if err := l.up(); err != nil {
		return l1.TxStatus{}, err
	}
	if l.barred.Load() {
		return l1.TxStatus{Found: true, Reason: rollup.ReasonL1CannotPay}, nil
	}
	st, err := l.chain.Load().TxStatus(ctx, id)
	if err == nil && !st.Found {
		st.Found = l.floor.Load() > 0
	}
	return st, err
}

func (l *link) Spent(ctx context.Context, layer, index uint64) (bool, error) {
	if err := l.up(); err != nil {
		return false, err
	}
	return l.chain.Load().Spent(ctx, layer, index)
}

func (l *link) Account(ctx context.Context, a address.Address) (l1.Account, error) {
	if err := l.up(); err != nil {
		return l1.Account{}, err
	}
	acc, err := l.chain.Load().Account(ctx, a)
	acc.Nonce += l.ahead.Load()
	return acc, err
}

func (l *link) Params(ctx context.Context, height uint64) (*rollup.Params, error) {
	if err := l.up(); err != nil {
		return nil, err
	}
	return l.chain.Load().Params(ctx, height)
}

func (l *link) Claims(ctx context.Context) ([]l1.ClaimInfo, l1.FinalHead, error) {
	if err := l.up(); err != nil {
		return nil, l1.FinalHead{}, err
	}
	return l.chain.Load().Claims(ctx)
}

// network is a simulated L1 and what a relay on it needs.
type network struct {
	t       testing.TB
	genesis *rollup.Genesis
	link    *link
	store   *kv.Store // of L1
	opts    sim.Options
	nonce   uint64
}

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("relay-test/" + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func l1Account(name string) address.Address {
	return rollup.L1Address([32]byte(key(name).Public().(ed25519.PublicKey)))
}

const rich = 1_000_000_000_000

func newNetwork(t testing.TB, change func(*rollup.Genesis, *sim.Options)) *network {
	t.Helper()
	n := &network{t: t, link: &link{}, genesis: &rollup.Genesis{
		Name: "test", Time: 1_000, Params: rollup.DefaultParams(),
		L1: []rollup.Allocation{
			{Address: l1Account("relay"), Amount: rich}, {Address: l1Account("user"), Amount: rich},
		},
	}}
	if change != nil {
		change(n.genesis, &n.opts)
	}
	var err error
	n.store, err = kv.Open("")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.store.Close()) })
	n.opts.Store = n.store
	n.restartL1()
	return n
}

// simOptions are those of L1.
type simOptions = sim.Options

// restartL1 is a crash of L1: it keeps its blocks, and what waits.
func (n *network) restartL1() {
	n.t.Helper()
	chain, err := sim.New(n.genesis, n.opts)
	require.NoError(n.t, err)
	n.link.chain.Store(chain)
}

// forgetMempool is another node of L1 in the place of the first: it has the same blocks, and has heard
// of nothing that waits.
func (n *network) forgetMempool() {
	n.t.Helper()
	require.NotZero(n.t, n.forgetPool())
}

// forgetPool is forgetMempool where perhaps nothing waits.
func (n *network) forgetPool() int {
	n.t.Helper()
	pool := []byte("l1/pool/")
	var gone []kv.Write
	require.NoError(n.t, n.store.Range(pool, kv.PrefixEnd(pool), func(k, _ []byte) bool {
		gone = append(gone, kv.Write{Key: append([]byte{}, k...), Delete: true})
		return true
	}))
	require.NoError(n.t, n.store.Apply(gone...))
	n.restartL1()
	return len(gone)
}

func (n *network) config() Config {
	return Config{
		Genesis: n.genesis, Chain: n.link, Key: key("relay"), Account: address.Address{1: 9},
		Listen: "127.0.0.1:0", BundleInterval: never,
	}
}

// start starts a relay that the test closes at its end, if nobody did before.
func (n *network) start(change func(*Config)) *Relay {
	n.t.Helper()
	cfg := n.config()
	if change != nil {
		change(&cfg)
	}
	r, err := Start(n.t.Context(), cfg)
	require.NoError(n.t, err)
	n.t.Cleanup(func() { require.NoError(n.t, r.Close()) })
	n.sync(r) // its first look at L1 would else fall anywhere into the test
	return r
}

// tx makes a transaction that the relay takes, another one each time.
func (n *network) tx(change func(*rollup.Tx)) *rollup.Tx {
	tx := &rollup.Tx{
		ChainID: n.genesis.ChainID(), Principal: address.Address{2: 7},
		Nonce:  rollup.Nonce{Kind: rollup.NonceExact, Value: n.nonce},
		Calls:  []rollup.Call{{Method: rollup.Selector("spend"), Args: []byte{1}}},
		MaxFee: 1_000_000, MaxUnits: metering.Units{0, 1_000, 1_000, 1_000, 1_000},
		ExpiryLayer: 1_000, Auth: make([]byte, 64),
	}
	n.nonce++
	if change != nil {
		change(tx)
	}
	return tx
}

// accept hands new transactions to the relay.
func (n *network) accept(r *Relay, count int) (txs []*rollup.Tx) {
	n.t.Helper()
	for range count {
		tx := n.tx(nil)
		_, known, err := r.accept(n.t.Context(), tx.Encode())
		require.NoError(n.t, err)
		require.False(n.t, known)
		txs = append(txs, tx)
	}
	return txs
}

// clock is virtual time.
type clock struct{ at time.Duration }

func (c *clock) now() time.Time { return time.Unix(1_000, 0).Add(c.at) }

// mineOnly makes blocks of which the relay learns by itself.
func (n *network) mineOnly(blocks int) {
	n.t.Helper()
	for range blocks {
		_, _, err := n.link.chain.Load().Mine(n.t.Context())
		require.NoError(n.t, err)
	}
}

// mine makes blocks and lets the relay take them in.
func (n *network) mine(r *Relay, blocks int) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), testTime)
	defer cancel()
	for range blocks {
		_, _, err := n.link.chain.Load().Mine(ctx)
		require.NoError(n.t, err)
		n.sync(r)
	}
}

func (n *network) sync(r *Relay) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), testTime)
	defer cancel()
	tip, err := n.link.chain.Load().Tip(ctx)
	require.NoError(n.t, err)
	require.NoError(n.t, r.Sync(ctx, tip))
}

func (n *network) height() uint64 {
	n.t.Helper()
	tip, err := n.link.chain.Load().Tip(n.t.Context())
	require.NoError(n.t, err)
	return tip.Height
}

// posted counts how often each transaction is in a bundle of the chain, by TxHash.
func (n *network) posted() map[rollup.Hash]int {
	n.t.Helper()
	p := &n.genesis.Params
	count := map[rollup.Hash]int{}
	for _, b := range n.bundles() {
		raws, err := b.Txs(p)
		require.NoError(n.t, err)
		for _, raw := range raws {
			tx, _, err := rollup.DecodeTx(raw, p)
			require.NoError(n.t, err)
			count[tx.Hash()]++
		}
	}
	return count
}

func (n *network) bundles() (all []*rollup.Bundle) {
	n.t.Helper()
	ctx := context.WithoutCancel(n.t.Context())
	tip, err := n.link.chain.Load().Tip(ctx)
	require.NoError(n.t, err)
	for h := range tip.Height + 1 {
		l, err := n.link.chain.Load().Layer(ctx, h)
		require.NoError(n.t, err)
		for i := range l.Txs {
			if post, ok := l.Txs[i].Payload.(*rollup.PostBundle); ok {
				b, err := rollup.DecodeBundle(post.Bundle, &n.genesis.Params)
				require.NoError(n.t, err)
				all = append(all, b)
			}
		}
	}
	return all
}

// requireOnce checks that exactly these transactions are on the chain, each once.
func (n *network) requireOnce(txs []*rollup.Tx) {
	n.t.Helper()
	want := map[rollup.Hash]int{}
	for _, tx := range txs {
		want[tx.Hash()] = 1
	}
	require.Equal(n.t, want, n.posted())
}

func (n *network) requireStage(r *Relay, want stage, txs ...*rollup.Tx) {
	n.t.Helper()
	for _, tx := range txs {
		_, rec, err := r.resolve(tx.ID())
		require.NoError(n.t, err)
		require.NotNil(n.t, rec)
		require.Equal(n.t, want, rec.stage)
	}
}

func dial(t testing.TB, r *Relay) athenav1.RelayServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(r.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return athenav1.NewRelayServiceClient(conn)
}
