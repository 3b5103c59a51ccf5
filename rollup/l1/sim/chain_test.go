package sim_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/stf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func account(name string) address.Address {
	return rollup.L1Address([32]byte(key(name)[32:]))
}

const money = 100_000_000_000

func genesis() *rollup.Genesis {
	g := &rollup.Genesis{Name: "sim", Time: 10, Params: rollup.DefaultParams()}
	for _, name := range []string{"alice", "bob"} {
		g.L1 = append(g.L1, rollup.Allocation{Address: account(name), Amount: money})
	}
	return g
}

// noJudge is for tests without challenges that reach a verdict.
func noJudge(*stf.Layer, int, rollup.Hash, rollup.Hash, []byte) rollup.Verdict {
	return rollup.Verdict{Code: rollup.VerdictBadWitness}
}

func newChain(t *testing.T, change func(*sim.Options)) *sim.Chain {
	t.Helper()
	o := sim.Options{Seed: 1, BlockTime: 5, Proposer: account("proposer"), Judge: noJudge}
	if change != nil {
		change(&o)
	}
	c, err := sim.New(genesis(), o)
	require.NoError(t, err)
	return c
}

// client signs with the nonces that the chain tells.
func send(t *testing.T, c *sim.Chain, who string, p rollup.L1Payload) rollup.Hash {
	t.Helper()
	a, err := c.Account(ctx, account(who))
	require.NoError(t, err)
	id, err := c.Submit(ctx, sign(c, who, a.Nonce, p))
	require.NoError(t, err)
	return id
}

func sign(c *sim.Chain, who string, nonce uint64, p rollup.L1Payload) *rollup.L1Tx {
	tx := &rollup.L1Tx{ChainID: c.State().ChainID(), Nonce: nonce, Payload: p}
	tx.Sign(key(who))
	return tx
}

func pay(amount uint64) rollup.L1Payload {
	return &rollup.Transfer{To: account("carol"), Amount: amount}
}

func mine(t *testing.T, c *sim.Chain, n int) *rollup.Layer {
	t.Helper()
	var last *rollup.Layer
	for range n {
		l, _, err := c.Mine(ctx)
		require.NoError(t, err)
		require.NoError(t, c.State().CheckMoney())
		last = l
	}
	return last
}

func status(t *testing.T, c *sim.Chain, id rollup.Hash) l1.TxStatus {
	t.Helper()
	s, err := c.TxStatus(ctx, id)
	require.NoError(t, err)
	return s
}

func TestMine(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	a, b := send(t, c, "alice", pay(1)), send(t, c, "alice", pay(2))
	require.Equal(t, l1.TxStatus{Found: true}, status(t, c, a))
	l := mine(t, c, 1)
	require.Len(t, l.Txs, 2)
	require.Equal(t, uint64(15), l.Header.Time)
	require.Equal(t, account("proposer"), l.Header.Proposer)
	require.Equal(t, l1.TxStatus{Found: true, Height: 1}, status(t, c, b))
	require.Equal(t, l1.TxStatus{}, status(t, c, rollup.Hash{1}))
	got, err := c.Layer(ctx, 1)
	require.NoError(t, err)
	require.Same(t, l, got)
	_, err = c.Layer(ctx, 2)
	require.ErrorIs(t, err, l1.ErrNoLayer)
	acc, err := c.Account(ctx, account("carol"))
	require.NoError(t, err)
	require.Equal(t, l1.Account{Balance: 3}, acc)
	events := c.Events(1)
	require.Len(t, events, 1)
	require.Len(t, events[0].Events, 2)
}

func TestSameSeedSameBlocks(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) l1.Tip {
		c := newChain(t, func(o *sim.Options) { o.Seed = seed })
		mine(t, c, 3)
		send(t, c, "bob", pay(1))
		require.NoError(t, c.Fork(2))
		mine(t, c, 4)
		return c.State().Tip()
	}
	require.Equal(t, run(7), run(7))
	require.NotEqual(t, run(7), run(8))
}

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	c := newChain(t, func(o *sim.Options) { o.MempoolTxs = 8 })
	first := sign(c, "alice", 0, pay(1))
	id, err := c.Submit(ctx, first)
	require.NoError(t, err)
	again, err := c.Submit(ctx, first)
	require.NoError(t, err)
	require.Equal(t, id, again)
	bad := sign(c, "alice", 1, pay(1))
	bad.Signature[3] ^= 1
	foreign := sign(c, "alice", 1, pay(1))
	foreign.ChainID[0] ^= 1
	for _, x := range []struct {
		tx   *rollup.L1Tx
		want rollup.Reason
	}{
		{bad, rollup.ReasonL1BadSignature},
		{foreign, rollup.ReasonL1WrongChain},
		{sign(c, "alice", 0, pay(2)), rollup.ReasonL1BadNonce}, // its place is taken
		{sign(c, "alice", 1, &rollup.Deposit{Amount: 1}), rollup.ReasonBelowMinimum},
		{sign(c, "alice", 1, &rollup.ForcedTx{Tx: []byte{9}}), rollup.ReasonBadVersion},
		{&rollup.L1Tx{}, rollup.ReasonMalformed},
	} {
		requireRefused(t, c, x.tx, x.want)
	}
	send(t, c, "alice", pay(1))
	requireRefused(t, c, sign(c, "alice", 2, pay(1)), rollup.ReasonQueueFull) // 2 of 8 are one's share
	mine(t, c, 1)
	requireRefused(t, c, sign(c, "alice", 0, pay(2)), rollup.ReasonL1BadNonce)
	again, err = c.Submit(ctx, first) // it is in a block
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.Empty(t, mine(t, c, 1).Txs)
}

func requireRefused(t *testing.T, c *sim.Chain, tx *rollup.L1Tx, want rollup.Reason) {
	t.Helper()
	_, err := c.Submit(ctx, tx)
	var r *rollup.RefusedError
	require.True(t, errors.As(err, &r), "%v", err)
	require.Equal(t, want, r.Reason)
}

func TestStatusTellsWhyRefused(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	poor := send(t, c, "carol", pay(1)) // cannot pay its bytes: in no block
	rich := send(t, c, "alice", pay(2*money))
	gap, err := c.Submit(ctx, sign(c, "bob", 3, pay(1)))
	require.NoError(t, err)
	mine(t, c, 1)
	require.Equal(t, l1.TxStatus{Found: true, Reason: rollup.ReasonL1CannotPay}, status(t, c, poor))
	require.Equal(t, l1.TxStatus{Found: true, Height: 1, Reason: rollup.ReasonL1CannotPay},
		status(t, c, rich))
	require.Equal(t, l1.TxStatus{Found: true}, status(t, c, gap))
	send(t, c, "alice", &rollup.Transfer{To: account("carol"), Amount: 1_000})
	mine(t, c, 1)
	require.Equal(t, poor, send(t, c, "carol", pay(1))) // it may be submitted again
	mine(t, c, 1)
	require.Equal(t, l1.TxStatus{Found: true, Height: 3}, status(t, c, poor))
}

// TestFork drops a claim with its bond, and the challenge of it: everything rolls back, and the
// transactions come again on the other branch.
func TestFork(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	mine(t, c, 2)
	before := c.State()
	claim := rollup.Claim{Executor: account("alice"), FromLayer: 1, ToLayer: 2, VMVersion: 1,
		L1BlockHash: before.Tip().Hash, StepRoots: make([]rollup.Hash, 4)}
	send(t, c, "alice", &rollup.ClaimCommit{
		Commitment: rollup.CommitHash(account("alice"), rollup.Hash{}, claim.ID()),
	})
	mine(t, c, 1)
	posted := send(t, c, "alice", &rollup.PostClaim{Claim: claim})
	lost := mine(t, c, 1)
	opened := send(t, c, "bob", &rollup.ChallengeOpen{ClaimID: claim.ID(), Step: 1})
	mine(t, c, 1)
	claims, _, err := c.Claims(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, claims[0].Pending)

	require.NoError(t, c.Fork(3))
	require.Equal(t, before, c.State())
	require.Equal(t, l1.TxStatus{Found: true}, status(t, c, posted))
	acc, err := c.Account(ctx, account("alice"))
	require.NoError(t, err)
	require.Equal(t, l1.Account{Balance: money, Nonce: 2}, acc)

	// All three are in one block now: the claim shows no commitment that is old enough.
	l := mine(t, c, 1)
	require.NotEqual(t, lost.Header.Beacon, l.Header.Beacon)
	require.Len(t, l.Txs, 3)
	require.Equal(t, rollup.ReasonNoCommit, status(t, c, posted).Reason)
	require.Equal(t, rollup.ReasonNoSuchClaim, status(t, c, opened).Reason)
	require.Empty(t, c.State().Claims())
	send(t, c, "alice", &rollup.PostClaim{Claim: claim})
	mine(t, c, 1)
	require.Len(t, c.State().Claims(), 1)

	require.ErrorIs(t, c.Fork(0), sim.ErrForkDepth)
	require.ErrorIs(t, c.Fork(7), sim.ErrForkDepth)
	require.NoError(t, c.Fork(4))
	require.Zero(t, c.State().Tip().Height)
	require.ErrorIs(t, c.Fork(1), sim.ErrForkDepth)
}

// TestForkMeetsNewTransaction submits to the branch that lost its nonces.
func TestForkMeetsNewTransaction(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	a := send(t, c, "alice", pay(1))
	mine(t, c, 1)
	b := send(t, c, "alice", pay(2))
	require.NoError(t, c.Fork(1))
	require.Len(t, mine(t, c, 1).Txs, 2)
	require.Equal(t, uint64(1), status(t, c, a).Height)
	require.Equal(t, uint64(1), status(t, c, b).Height)
}

func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (*sim.Chain, *kv.Store) {
		store, err := kv.Open(dir)
		require.NoError(t, err)
		return newChain(t, func(o *sim.Options) { o.Store = store }), store
	}
	c, store := open()
	id := send(t, c, "alice", pay(1))
	mine(t, c, 4)
	rich := send(t, c, "bob", pay(2*money))
	mine(t, c, 1)
	gap, err := c.Submit(ctx, sign(c, "bob", 7, pay(1)))
	require.NoError(t, err)
	require.NoError(t, c.Fork(3))
	mine(t, c, 1)
	want := c.State()
	require.NoError(t, store.Close())

	c, store = open()
	require.Equal(t, l1.TxStatus{Found: true}, status(t, c, gap), "what waited waits")
	require.Equal(t, rollup.ReasonL1CannotPay, status(t, c, rich).Reason)
	require.Equal(t, want.Tip(), c.State().Tip())
	require.Equal(t, want.Account(account("alice")), c.State().Account(account("alice")))
	require.Equal(t, uint64(1), status(t, c, id).Height)
	tip := mine(t, c, 1).Header
	other := newChain(t, nil) // the same without a store and without a restart
	send(t, other, "alice", pay(1))
	mine(t, other, 4)
	send(t, other, "bob", pay(2*money))
	mine(t, other, 1)
	require.NoError(t, other.Fork(3))
	require.Equal(t, mine(t, other, 2).Header, tip)

	require.NoError(t, store.Apply(kv.Write{Key: []byte("l1/chain"), Value: []byte("other")}))
	_, err = sim.New(genesis(), sim.Options{Store: store, Judge: noJudge})
	require.ErrorIs(t, err, sim.ErrStore)
	require.NoError(t, store.Close())
}

func TestWait(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	from, err := c.Tip(ctx)
	require.NoError(t, err)
	got := make(chan l1.Tip, 1)
	go func() {
		tip, _ := c.Wait(ctx, from)
		got <- tip
	}()
	mine(t, c, 1)
	tip := <-got
	require.Equal(t, uint64(1), tip.Height)
	require.NoError(t, c.Fork(1))
	back, err := c.Wait(ctx, tip)
	require.NoError(t, err)
	require.Equal(t, from, back)
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	_, err = c.Wait(short, back)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, _, err = c.Mine(short)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	run, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if err := c.Run(run, time.Millisecond); err != nil {
			t.Error(err)
		}
	}()
	var users sync.WaitGroup
	for _, who := range []string{"alice", "bob"} {
		users.Add(1)
		go func() {
			defer users.Done()
			for nonce := range uint64(20) {
				id, err := c.Submit(ctx, sign(c, who, nonce, pay(1)))
				for s := (l1.TxStatus{}); err == nil && s.Height == 0; {
					tip := c.State().Tip()
					if s, err = c.TxStatus(ctx, id); err == nil && s.Height == 0 {
						_, err = c.Wait(ctx, tip)
					}
				}
				if err != nil {
					t.Error(err)
					return
				}
				_, _, _ = c.Claims(ctx)
				_ = c.Events(0)
			}
		}()
	}
	users.Wait()
	for range 5 {
		if err := c.Fork(2); err != nil {
			t.Error(err)
		}
		_, _, err := c.Mine(ctx)
		require.NoError(t, err)
	}
	stop()
	wg.Wait()
	mine(t, c, 2)
	require.Equal(t, uint64(40), c.State().Account(account("carol")).Balance)
}

// TestReplacement outbids a bundle that waits, so that a relay need not wait behind its own.
func TestReplacement(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	bundle := func(bid uint64) *rollup.L1Tx {
		return sign(c, "alice", 0, &rollup.PostBundle{Bundle: []byte{1}, Weight: 1, Bid: bid})
	}
	first, err := c.Submit(ctx, bundle(80))
	require.NoError(t, err)
	requireRefused(t, c, bundle(90), rollup.ReasonL1BadNonce) // an eighth more is not enough
	requireRefused(t, c, sign(c, "alice", 0, pay(1)), rollup.ReasonL1BadNonce)
	second, err := c.Submit(ctx, bundle(91))
	require.NoError(t, err)
	require.Equal(t, l1.TxStatus{Found: true, Reason: rollup.ReasonReplaced}, status(t, c, first))
	require.Equal(t, l1.TxStatus{Found: true}, status(t, c, second))
	requireRefused(t, c, bundle(80), rollup.ReasonL1BadNonce)
	require.Len(t, mine(t, c, 1).Txs, 1)
	require.Equal(t, uint64(1), status(t, c, second).Height)

	// A bundle of a branch that lost comes back before what was to replace it.
	require.NoError(t, c.Fork(1))
	third, err := c.Submit(ctx, bundle(200))
	require.NoError(t, err)
	mine(t, c, 1)
	require.Equal(t, uint64(1), status(t, c, third).Height)
	require.Equal(t, rollup.ReasonReplaced, status(t, c, second).Reason)
}

// TestHigherBidFirst: where a block has no room for all, those that bid more are in it.
func TestHigherBidFirst(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	for i, who := range []string{"alice", "bob", "bob"} {
		bid := []uint64{5, 1, 9}[i] // bob's later one lends his first its place
		send(t, c, who, &rollup.PostBundle{Bundle: []byte{1}, Weight: 1, Bid: bid})
	}
	var bids []uint64
	for _, tx := range mine(t, c, 1).Txs {
		bids = append(bids, tx.Payload.(*rollup.PostBundle).Bid)
	}
	require.Equal(t, []uint64{1, 5, 9}, bids)
}
