package bridge_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

const (
	l1Money     = 100_000_000_000
	athenaMoney = 1_000_000_000
)

// people have an account on L1 and a wallet on Athena, both of one key; exec makes the claims.
var people = []string{"alice", "bob", "carol", "exec"}

// world is an L1 and a node that follows it.
type world struct {
	t       testing.TB
	genesis *rollup.Genesis
	engine  *stf.Engine
	blocks  []*block
	pool    []rollup.L1Tx
	dropped [][]rollup.L1Tx // by the last reorganisation, oldest block first
	names   map[string]address.Address

	uncounted bool // somebody lied about the state, so its money is not checked
}

// block is what is known after a block of L1.
type block struct {
	l1     *l1.State
	layer  *rollup.Layer
	tree   *statetree.Tree // after the layer
	steps  []rollup.Hash
	left   []rollup.Withdrawal
	events []l1.Event
	result *stf.LayerResult
	items  []rollup.Item
}

func l1Account(name string) address.Address {
	return rollup.L1Address([32]byte(stftest.Key(name).Public().(ed25519.PublicKey)))
}

func newWorld(t testing.TB, change func(*rollup.Params)) *world {
	w := &world{t: t, engine: stf.New(), names: map[string]address.Address{}}
	g := &rollup.Genesis{Name: "bridge", Time: 1_000, Params: rollup.DefaultParams()}
	p := &g.Params
	p.ReorgBound, p.ChallengeWindow, p.ProveWindow = 2, 3, 3
	change(p)
	g.Templates = [][]byte{fixtures.Wallet(), fixtures.Counter(), fixtures.Hostile()}
	w.names["counters"] = address.OfTemplate(address.CodeHash(fixtures.Counter()))
	w.names["hostiles"] = address.OfTemplate(address.CodeHash(fixtures.Hostile()))
	w.names["counter"] = address.OfSpawn(w.names["counters"], make([]byte, 8))
	w.names["hostile"] = address.OfSpawn(w.names["hostiles"], nil)
	for _, name := range people {
		g.Allocations = append(g.Allocations,
			rollup.Allocation{Address: stftest.Wallet(name), Amount: athenaMoney})
		g.L1 = append(g.L1, rollup.Allocation{Address: l1Account(name), Amount: l1Money})
		w.names[name] = stftest.Wallet(name)
		w.names["alias:"+name] = rollup.L1Alias(l1Account(name))
	}
	tree, err := stf.GenesisTree(g)
	require.NoError(t, err)
	g.StateRoot = rollup.Hash(tree.Root())
	w.genesis = g
	s, err := l1.NewState(g, nil)
	require.NoError(t, err)
	first, err := s.Layer(0)
	require.NoError(t, err)
	w.blocks = []*block{{l1: s, layer: first, tree: tree}}
	return w
}

func (w *world) tip() *block { return w.blocks[len(w.blocks)-1] }

func (w *world) height() uint64 { return w.tip().layer.Header.Height }

// submit signs a payload; it is in the next block that has room.
func (w *world) submit(who string, p rollup.L1Payload) {
	s := w.tip().l1
	nonce := s.Account(l1Account(who)).Nonce
	for _, tx := range w.pool {
		if tx.From() == l1Account(who) {
			nonce++
		}
	}
	tx := rollup.L1Tx{ChainID: s.ChainID(), Nonce: nonce, Payload: p}
	tx.Sign(stftest.Key(who))
	w.pool = append(w.pool, tx)
}

// athena submits a transaction of somebody's wallet without a relay.
func (w *world) athena(who string, calls ...rollup.Call) {
	s := w.tip().l1
	tx := &rollup.Tx{
		ChainID: s.ChainID(), Principal: stftest.Wallet(who), Calls: calls, MaxFee: 900_000_000,
		MaxUnits: stftest.DefaultUnits(), ExpiryLayer: w.height() + 50,
		Nonce: rollup.Nonce{Kind: rollup.NonceAtLeast},
	}
	h, err := stf.Account(w.tip().tree, tx.Principal)
	require.NoError(w.t, err)
	if tx.Nonce.Value = h.Nonce; h.Nonce == 0 {
		key := stftest.Key(who).Public().(ed25519.PublicKey)
		tx.Spawn = &rollup.Spawn{Template: stftest.WalletTemplate(), Args: key}
	}
	stftest.Sign(tx, who, "")
	w.submit(who, &rollup.ForcedTx{Tx: tx.Encode()})
}

// mine makes a block of what waits, executes its layer and counts all money.
func (w *world) mine() *block {
	last := w.tip()
	l, refused := last.l1.Build(w.pool, l1.Env{
		Time: last.layer.Header.Time + 5, Beacon: rollup.Hash{byte(len(w.blocks))},
		Proposer: l1Account("proposer"),
	})
	for _, r := range refused {
		require.Fail(w.t, "refused", "%v", r.Reason)
	}
	next := &block{l1: last.l1.Clone(), layer: l}
	var err error
	next.events, err = next.l1.Apply(l)
	require.NoError(w.t, err)
	var waiting []rollup.L1Tx
	for _, tx := range w.pool {
		in := false
		for i := range l.Txs {
			in = in || l.Txs[i].ID() == tx.ID()
		}
		if !in {
			waiting = append(waiting, tx)
		}
	}
	w.pool = waiting
	w.execute(last, next)
	w.blocks = append(w.blocks, next)
	require.NoError(w.t, next.l1.CheckMoney())
	if !w.uncounted {
		require.Zero(w.t, w.missing().Sign(), "money is missing: %v", w.missing())
	}
	return next
}

// execute applies the layer of a block to the state after the one before.
func (w *world) execute(last, next *block) {
	source, carry := last.layer, last.l1.Carry()
	if source.Header.Height == 0 {
		source = nil
	}
	p := last.l1.Params()
	d := rollup.Derive(&next.layer.Header, source, &carry, p, last.l1.ChainID())
	require.Equal(w.t, next.layer.Header.ItemsRoot, d.ItemsRoot())
	next.tree = last.tree.Fork()
	var err error
	next.result, err = w.engine.ApplyLayer(next.tree, &rollup.LayerInput{
		ChainID: last.l1.ChainID(), Header: &next.layer.Header, Params: p, Items: d.Items,
		Steps: d.Steps,
	})
	require.NoError(w.t, err)
	next.items, next.steps, next.left = d.Items, next.result.Roots, next.result.Withdrawals()
}

// missing is what is locked on L1 beyond what must be (docs/spec/bridge.md, invariant).
func (w *world) missing() *big.Int {
	tip := w.tip()
	supply, err := stf.SupplyOf(tip.tree)
	require.NoError(w.t, err)
	due := supply.Total()
	add := func(v uint64) { due.Add(due, new(big.Int).SetUint64(v)) }
	for i := range tip.layer.Txs {
		if d, ok := tip.layer.Txs[i].Payload.(*rollup.Deposit); ok {
			add(d.Amount)
		}
	}
	for _, b := range w.blocks {
		for _, out := range b.left {
			if !tip.l1.Spent(out.Layer, out.Index) {
				add(out.Amount)
			}
		}
	}
	return due.Sub(due, new(big.Int).SetUint64(tip.l1.Locked()))
}

// claim makes every layer below the tip final, which takes some blocks.
func (w *world) claim() {
	s := w.tip().l1
	c := rollup.Claim{
		Executor: l1Account("exec"), Reward: stftest.Wallet("exec"), VMVersion: 1,
		FromLayer: s.Final().Layer + 1, ToLayer: w.height(), PreRoot: s.Final().Root,
		L1BlockHash: s.Tip().Hash,
	}
	for h := c.FromLayer; h <= c.ToLayer; h++ {
		c.StepRoots = append(c.StepRoots, w.blocks[h].steps...)
	}
	salt := sha256.Sum256(c.PreRoot[:])
	w.submit("exec", &rollup.ClaimCommit{Commitment: rollup.CommitHash(c.Executor, salt, c.ID())})
	w.mine()
	w.submit("exec", &rollup.PostClaim{Claim: c, Salt: salt})
	for n := 0; w.tip().l1.Final().Layer < c.ToLayer; n++ {
		require.Less(w.t, n, 10, "the claim does not become final")
		w.mine()
	}
}

// reorg drops the newest blocks.
func (w *world) reorg(depth int) {
	keep := len(w.blocks) - depth
	w.dropped = nil
	for _, b := range w.blocks[keep:] {
		w.dropped = append(w.dropped, b.layer.Txs)
	}
	w.blocks, w.pool = w.blocks[:keep], nil
}

// short puts names for addresses.
func (w *world) short(text string) string {
	var pairs []string
	for _, name := range people {
		pairs = append(pairs, l1Account(name).Short(), name)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// report says what a block did, system items that say nothing left out.
func (w *world) report(b *block) string {
	var out strings.Builder
	fmt.Fprintf(&out, "block %d\n", b.layer.Header.Height)
	for _, e := range b.events {
		switch e := e.(type) {
		case l1.DepositLocked:
			fmt.Fprintf(&out, "  L1: deposit of %d\n", e.Amount)
		case l1.Refused, l1.Unlocked:
			fmt.Fprintf(&out, "  L1: %s\n", w.short(fmt.Sprint(e)))
		}
	}
	for i, r := range b.result.Receipts() {
		it := &b.items[i]
		if it.Kind == rollup.ItemLayerBegin || it.Kind == rollup.ItemLayerEnd {
			continue
		}
		fmt.Fprintf(&out, "  %v: %v", it.Kind, r.Outcome)
		if r.Reason != rollup.ReasonNone {
			fmt.Fprintf(&out, ", %v", r.Reason)
		}
		if r.Outcome == rollup.OutcomeFailed {
			fmt.Fprintf(&out, ", %s %s", trapName(r.Trap), r.Message)
		}
		out.WriteString("\n")
	}
	for _, x := range b.left {
		fmt.Fprintf(&out, "  left: %d for %s, index %d\n", x.Amount, w.short(x.To.Short()), x.Index)
	}
	return out.String()
}
