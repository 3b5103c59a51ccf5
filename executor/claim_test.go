package executor

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// open makes an executor that the test drives block by block.
func (n *network) open(cfg Config) *Executor {
	n.t.Helper()
	e, err := New(cfg)
	require.NoError(n.t, err)
	n.t.Cleanup(func() { require.NoError(n.t, e.Close()) })
	return e
}

// poster is the configuration of an executor that claims and challenges with an L1 account.
func (n *network) poster(name string) Config {
	cfg := n.config()
	cfg.Key, cfg.Reward = l1Key(name), stftest.Wallet(name)
	cfg.Claim, cfg.Challenge, cfg.Log = true, true, n.log(name)
	return cfg
}

// liar lies about one step of every layer from a layer on.
func (n *network) liar(name string, from uint64, step func(roots int) int) Config {
	cfg := n.poster(name)
	cfg.Challenge = false
	cfg.Tamper = func(layer uint64, roots []rollup.Hash) []rollup.Hash {
		if layer >= from {
			roots[step(len(roots))][0] ^= 1
		}
		return roots
	}
	return cfg
}

// turn makes a block and lets the executors see it one after the other.
func (n *network) turn(all ...*Executor) []l1.Event {
	n.t.Helper()
	_, events, err := n.chain.Mine(n.t.Context())
	require.NoError(n.t, err)
	n.see(all...)
	require.NoError(n.t, n.chain.State().CheckMoney())
	return events
}

func (n *network) see(all ...*Executor) {
	n.t.Helper()
	for _, e := range all {
		require.NoError(n.t, steps(n.t.Context(), e))
	}
}

// steps lets an executor do all that the tip asks for.
func steps(ctx context.Context, e *Executor) error {
	for {
		progress, err := e.Step(ctx)
		if err != nil || !progress {
			return err
		}
	}
}

// turns makes blocks with a transaction in every other, and returns all events.
func (n *network) turns(count int, all ...*Executor) (events []l1.Event) {
	n.t.Helper()
	for i := range count {
		if i%2 == 0 {
			n.post(n.sign(fmt.Sprintf("alice: spend bob %d", i+1))...)
		}
		events = append(events, n.turn(all...)...)
	}
	return events
}

// of returns the events of a kind.
func of[E l1.Event](events []l1.Event) (out []E) {
	for _, e := range events {
		if x, ok := e.(E); ok {
			out = append(out, x)
		}
	}
	return out
}

func TestClaimsBecomeFinal(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	cfg := n.poster("one")
	cfg.ClaimEvery = 2
	one, two := n.open(cfg), n.open(n.poster("two"))
	events := n.turns(40, one, two)
	requireDisjoint(t, of[l1.ClaimAdmitted](events))
	require.Empty(t, of[l1.ChallengeOpened](events))
	require.Empty(t, of[l1.Refused](events))
	final := n.chain.State().Final()
	require.Greater(t, final.Layer, uint64(20))
	own, err := two.ledger.rootAfter(final.Layer)
	require.NoError(t, err)
	require.Equal(t, final.Root, own)
	tree, err := one.ledger.store.Tree()
	require.NoError(t, err)
	h, err := stf.Account(tree, stftest.Wallet("one"))
	require.NoError(t, err)
	require.NotZero(t, h.Balance, "the fee pools of final claims are credited")
}

// requireDisjoint requires that no executor bonded a layer twice.
func requireDisjoint(t *testing.T, claims []l1.ClaimAdmitted) {
	t.Helper()
	require.NotEmpty(t, claims)
	next := map[string]uint64{}
	for _, c := range claims {
		who := c.Executor.String()
		require.GreaterOrEqual(t, c.FromLayer, next[who])
		next[who] = c.ToLayer + 1
	}
}

func TestLiarIsSlashed(t *testing.T) {
	steps := map[string]func(int) int{
		"layer begin": func(int) int { return 0 },
		"middle":      func(n int) int { return n / 2 },
		"layer end":   func(n int) int { return n - 1 },
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t, nil)
			n.post(n.sign("alice: spawn", "bob: spawn")...)
			liar, one := n.open(n.liar("liar", 3, step)), n.open(n.poster("one"))
			events := n.turns(36, liar, one)
			slashed := of[l1.Slashed](events)
			require.NotEmpty(t, slashed)
			for _, s := range slashed {
				require.Equal(t, l1Account("liar"), s.Executor)
				require.Equal(t, l1Account("one"), s.Challenger)
			}
			for _, j := range of[l1.Judged](events) {
				require.Equal(t, rollup.VerdictFraud, j.Code)
			}
			n.requireFinalIsTrue(one, 15)
		})
	}
}

// requireFinalIsTrue requires that at least some layers are final, with the roots of an honest
// executor.
func (n *network) requireFinalIsTrue(e *Executor, least uint64) {
	n.t.Helper()
	final := n.chain.State().Final()
	require.GreaterOrEqual(n.t, final.Layer, least)
	own, err := e.ledger.rootAfter(final.Layer)
	require.NoError(n.t, err)
	require.Equal(n.t, own, final.Root)
}

func TestManyLiarsOneHonest(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	last := func(n int) int { return n - 1 }
	first := func(int) int { return 0 }
	all := []*Executor{
		n.open(n.liar("liar", 1, last)), n.open(n.liar("two", 2, first)),
		n.open(n.liar("three", 4, last)), n.open(n.poster("one")),
	}
	events := n.turns(48, all...)
	victims := map[string]bool{}
	for _, s := range of[l1.Slashed](events) {
		require.NotEqual(t, l1Account("one"), s.Executor)
		victims[s.Executor.String()] = true
	}
	require.Len(t, victims, 3, "every liar loses a bond")
	n.requireFinalIsTrue(all[3], 15)
}

// A challenger that learns of the lie after the layers left its history executes again from the
// start.
func TestChallengeBelowTheHistory(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	p := &n.genesis.Params
	cfg := n.poster("one")
	cfg.Claim = false
	cfg.History = int(p.ReorgBound + p.ChallengeWindow)
	one := n.open(cfg)
	n.turns(cfg.History+8, one)
	liar := n.open(n.liar("liar", 2, func(n int) int { return n - 1 }))
	events := n.turns(8, liar, one)
	require.NotEmpty(t, of[l1.Slashed](events))
}

// An executor whose root differs from a final one stops, leaves evidence, and builds nothing on it,
// also when it is started again ([31]).
func TestStopsOnAWrongFinalRoot(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	liar := n.open(n.liar("liar", 3, func(int) int { return 1 }))
	cfg := n.config()
	cfg.Dir = t.TempDir()
	var evidence []*dispute.Evidence
	cfg.Report = func(e *dispute.Evidence) { evidence = append(evidence, e) }
	one, err := New(cfg)
	require.NoError(t, err)
	for n.chain.State().Final().Layer < 3 {
		n.turn()
		// The liar stops too: its own state is the true one.
		if n.chain.State().Final().Layer < 3 {
			require.NoError(t, steps(t.Context(), liar))
			require.NoError(t, steps(t.Context(), one))
		}
	}
	require.ErrorIs(t, steps(t.Context(), liar), ErrDiverged)
	at, _ := one.Head()
	for range 2 {
		err = steps(t.Context(), one)
		require.ErrorIs(t, err, ErrDiverged)
		require.ErrorContains(t, err, "step 1 of layer 3")
		now, _ := one.Head()
		require.Equal(t, at, now, "nothing is built on it")
		require.NoError(t, one.Close())
		n.turn()
		one, err = New(cfg)
		require.NoError(t, err)
	}
	require.NoError(t, one.Close())
	last := evidence[len(evidence)-1]
	require.Equal(t, dispute.KindFinal, last.Kind)
	v, err := last.Judge(engine)
	require.NoError(t, err)
	require.Equal(t, rollup.VerdictFraud, v.Code)
	require.Equal(t, last.Own, v.ComputedRoot)
}
