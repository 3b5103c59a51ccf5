package executor

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTime is more than anything in a test takes, also on a slow machine.
const testTime = 30 * time.Second

// engine is shared: programs are decoded once for all tests.
var engine = stf.New()

// network is a simulated L1 with a user who posts what wallets sign.
type network struct {
	t       testing.TB
	genesis *rollup.Genesis
	chain   *sim.Chain
	lines   *stftest.Chain // reads transactions; its own state is not used
	nonces  map[string]uint64
	posted  uint64 // nonce of the user's L1 account
}

func l1Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("executor-test/" + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func l1Account(name string) address.Address {
	return rollup.L1Address([32]byte(l1Key(name).Public().(ed25519.PublicKey)))
}

// testGenesis has two wallets with money and some L1 accounts that can bond.
func testGenesis(t testing.TB, change func(*rollup.Params)) *rollup.Genesis {
	t.Helper()
	p := rollup.DefaultParams()
	p.StepItems = 2
	p.MaxStepRoots, p.RetainBlocks = 1<<17, 1<<17
	if change != nil {
		change(&p)
	}
	g := &rollup.Genesis{
		Name: "test", Time: 1_000, Params: p, Templates: [][]byte{fixtures.Wallet()},
		Governor: l1Account("user"),
		Allocations: []rollup.Allocation{
			{Address: stftest.Wallet("alice"), Amount: 1_000_000_000},
			{Address: stftest.Wallet("bob"), Amount: 1_000_000_000},
		},
	}
	for _, name := range []string{"user", "one", "two", "three", "liar"} {
		g.L1 = append(g.L1, rollup.Allocation{
			Address: l1Account(name), Amount: 100 * p.ClaimBond,
		})
	}
	tree, err := stf.GenesisTree(g)
	require.NoError(t, err)
	g.StateRoot = rollup.Hash(tree.Root())
	return g
}

func newNetwork(t testing.TB, change func(*rollup.Params)) *network {
	t.Helper()
	g := testGenesis(t, change)
	chain, err := sim.New(g, sim.Options{Judge: dispute.NewJudge(engine)})
	require.NoError(t, err)
	lines, err := stftest.New(g.Params, nil)
	require.NoError(t, err)
	lines.ChainID = g.ChainID()
	return &network{t: t, genesis: g, chain: chain, lines: lines, nonces: map[string]uint64{}}
}

// sign reads transactions as stftest does; nonces count up.
func (n *network) sign(lines ...string) []*rollup.Tx {
	n.t.Helper()
	tip, err := n.chain.Tip(n.t.Context())
	require.NoError(n.t, err)
	n.lines.Height = tip.Height + 1
	var txs []*rollup.Tx
	for _, line := range lines {
		it, err := n.lines.ParseItem(line, func(name string, void bool) uint64 {
			v := n.nonces[name]
			if !void {
				n.nonces[name]++
			}
			return v
		})
		require.NoError(n.t, err)
		txs = append(txs, it.Tx)
	}
	return txs
}

// post puts transactions into a bundle of the user.
func (n *network) post(txs ...*rollup.Tx) {
	n.t.Helper()
	p := &n.genesis.Params
	var raw [][]byte
	var weight uint64
	for _, tx := range txs {
		raw = append(raw, tx.Encode())
		it := &rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(len(raw[len(raw)-1]))}
		weight += p.Weight(p.Declared(it))
	}
	bundle := rollup.EncodeBundle(stftest.Wallet("relay"), rollup.CodecRaw, raw, p)
	n.submit(&rollup.PostBundle{Bundle: bundle, Weight: weight})
}

// submit signs a transaction of the user.
func (n *network) submit(payload rollup.L1Payload) rollup.Hash {
	n.t.Helper()
	tx := &rollup.L1Tx{ChainID: n.genesis.ChainID(), Nonce: n.posted, Payload: payload}
	key := l1Key("user")
	tx.Sender = [32]byte(key.Public().(ed25519.PublicKey))
	tx.Sign(key)
	n.posted++
	id, err := n.chain.Submit(n.t.Context(), tx)
	require.NoError(n.t, err)
	return id
}

// mine makes blocks and returns the height of the last.
func (n *network) mine(count int) uint64 {
	n.t.Helper()
	var height uint64
	for range count {
		layer, _, err := n.chain.Mine(n.t.Context())
		require.NoError(n.t, err)
		height = layer.Header.Height
	}
	return height
}

// run posts lines as one bundle and mines until they are executed.
func (n *network) run(lines ...string) uint64 {
	n.t.Helper()
	n.post(n.sign(lines...)...)
	return n.mine(2)
}

// config is that of an honest executor that only follows and validates itself: a shadow.
func (n *network) config() Config {
	return Config{
		Genesis: n.genesis, Chain: n.chain, Engine: engine, Log: n.log(""), SelfValidate: true,
	}
}

// log writes to the test's log, so that a failure has its story.
func (n *network) log(who string) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{n.t}, nil)).With("who", who)
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

// start runs an executor until the test ends.
func (n *network) start(cfg Config) *Executor {
	n.t.Helper()
	e, err := New(cfg)
	require.NoError(n.t, err)
	e.Start(n.t.Context())
	n.t.Cleanup(func() { require.NoError(n.t, e.Close()) })
	return e
}

// root waits for a layer.
func root(t testing.TB, e *Executor, layer uint64) rollup.Hash {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	r, err := e.WaitLayer(ctx, layer)
	require.NoError(t, err)
	return r
}

// fresh derives everything anew, in memory, up to a layer, and returns the root after it.
func (n *network) fresh(layer uint64) rollup.Hash {
	n.t.Helper()
	e, err := New(n.config())
	require.NoError(n.t, err)
	e.Start(n.t.Context())
	r := root(n.t, e, layer)
	require.NoError(n.t, e.Close())
	return r
}

// stfAccount returns an account at the head of an executor.
func stfAccount(e *Executor, a address.Address) (state.Header, error) {
	tree, err := e.ledger.store.Tree()
	if err != nil {
		return state.Header{}, err
	}
	return stf.Account(tree, a)
}
