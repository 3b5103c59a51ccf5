package executor

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// An executor that is closed and opened again after every block does on L1 exactly what one does
// that is never stopped.
func TestRestartAfterEveryBlock(t *testing.T) {
	story := func(restart bool) []string {
		n := newNetwork(t, nil)
		n.post(n.sign("alice: spawn", "bob: spawn")...)
		liar := n.open(n.liar("liar", 3, func(n int) int { return n - 1 }))
		cfg := n.poster("one")
		cfg.Dir = t.TempDir()
		one, err := New(cfg)
		require.NoError(t, err)
		var story []string
		for range 12 {
			for _, e := range n.turns(2, liar, one) {
				story = append(story, e.String())
			}
			if restart {
				require.NoError(t, one.Close())
				one, err = New(cfg)
				require.NoError(t, err)
			}
		}
		require.NoError(t, one.Close())
		return story
	}
	steady := story(false)
	require.Equal(t, steady, story(true))
	require.Contains(t, strings.Join(steady, "\n"), "slashed")
}

// A reorganisation at every stage of a claim and of a challenge bonds nothing twice.
func TestReorganisationUnderClaims(t *testing.T) {
	for depth := 1; depth <= 4; depth++ {
		t.Run(fmt.Sprint(depth), func(t *testing.T) {
			n := newNetwork(t, nil)
			n.post(n.sign("alice: spawn", "bob: spawn")...)
			liar := n.open(n.liar("liar", 3, func(int) int { return 0 }))
			one := n.open(n.poster("one"))
			n.turns(depth+1, liar, one)
			for range 8 {
				n.turns(2, liar, one)
				require.NoError(t, n.chain.Fork(depth))
				n.turns(depth+1, liar, one)
			}
			n.turns(24, liar, one)
			var events []l1.Event
			for _, b := range n.chain.Events(0) {
				events = append(events, b.Events...)
			}
			var own []l1.ClaimAdmitted
			for _, c := range of[l1.ClaimAdmitted](events) {
				if c.Executor == l1Account("one") {
					own = append(own, c)
				}
			}
			requireDisjoint(t, own)
			require.NotEmpty(t, of[l1.Slashed](events))
			for _, s := range of[l1.Slashed](events) {
				require.Equal(t, l1Account("liar"), s.Executor)
			}
			require.Empty(t, of[l1.ChallengeLost](events))
			n.requireFinalIsTrue(one, 15)
			tip, err := n.chain.Tip(t.Context())
			require.NoError(t, err)
			require.Equal(t, n.fresh(tip.Height), root(t, one, tip.Height))
		})
	}
}

// A memory executor that lost its outbox between commit and claim, or between open and prove, goes
// on from what L1 says.
func TestLostOutbox(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	liar := n.open(n.liar("liar", 3, func(int) int { return 0 }))
	var all []l1.Event
	for range 24 {
		one, err := New(n.poster("one"))
		require.NoError(t, err)
		all = append(all, n.turns(1, liar, one)...)
		all = append(all, n.turns(1, liar, one)...)
		require.NoError(t, one.Close())
	}
	require.NotEmpty(t, of[l1.Slashed](all))
	require.Empty(t, of[l1.ChallengeLost](all))
	require.Greater(t, n.chain.State().Final().Layer, uint64(10))
}

const (
	childDir    = "ATHENA_EXECUTOR_CHILD" // folder of the child's stores
	childWorks  = "child works"           // what it says when its stores are open
	childLayers = 100
	killTime    = 25 * time.Millisecond // how long it lives then, at most; later ones live longer
	killLimit   = 30                    // kills that are enough, where processes start slowly
)

// TestChild is the process that TestKill kills: an L1 with its store, a user and an executor that
// claims, from wherever the last one was.
func TestChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("only as a child of TestKill")
	}
	n := newNetwork(t, nil)
	store, err := kv.Open(filepath.Join(dir, "l1"))
	require.NoError(t, err)
	n.chain, err = sim.New(n.genesis, sim.Options{Judge: dispute.NewJudge(engine), Store: store})
	require.NoError(t, err)
	cfg := n.poster("one")
	cfg.Dir = filepath.Join(dir, "one")
	one, err := New(cfg)
	require.NoError(t, err)
	fmt.Println(childWorks)
	for {
		tip, err := n.chain.Tip(t.Context())
		require.NoError(t, err)
		n.see(one)
		if tip.Height >= childLayers {
			break
		}
		acc, err := n.chain.Account(t.Context(), l1Account("user"))
		require.NoError(t, err)
		if n.posted = acc.Nonce; n.posted == 0 {
			n.post(n.sign("alice: spawn | nonce=exact:0", "bob: spawn | nonce=exact:0")...)
		} else {
			n.post(n.sign(fmt.Sprintf("alice: spend bob 1 | nonce=atleast:%d", tip.Height))...)
		}
		n.mine(1)
	}
	require.NoError(t, one.Close())
	require.NoError(t, store.Close())
}

// TestKill kills the child at random moments until it gets through, and requires that nothing is
// different from a run without a crash: the state is the derived one, and no layer is bonded twice.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for lives := killTime; !child(t, dir, time.Duration(rng.Int64N(int64(lives)))); killed++ {
		if lives += lives / 8; killed >= killLimit {
			lives = testTime
		}
	}
	t.Logf("killed %d times", killed)
	require.Greater(t, killed, 1)

	n := newNetwork(t, nil)
	store, err := kv.Open(filepath.Join(dir, "l1"))
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	n.chain, err = sim.New(n.genesis, sim.Options{Judge: dispute.NewJudge(engine), Store: store})
	require.NoError(t, err)
	cfg := n.config()
	cfg.Dir = filepath.Join(dir, "one")
	one := n.open(cfg)
	layer, got := one.Head()
	require.EqualValues(t, childLayers, layer)
	require.Equal(t, n.fresh(layer), got)
	var events []l1.Event
	for _, b := range n.chain.Events(0) {
		events = append(events, b.Events...)
	}
	requireDisjoint(t, of[l1.ClaimAdmitted](events))
	require.Empty(t, of[l1.Refused](events), "nothing was posted twice")
	n.requireFinalIsTrue(one, childLayers/2)
	h, err := stfAccount(one, stftest.Wallet("alice"))
	require.NoError(t, err)
	require.Greater(t, h.Nonce, uint64(childLayers/2), "the load was real")
}

// child runs TestChild, kills it some time after it has begun to work, and reports whether it came
// to its end before.
func child(t *testing.T, dir string, lives time.Duration) bool {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if lines.Text() == childWorks {
			time.AfterFunc(lives, kill) // the context kills with SIGKILL
		}
	}
	err = cmd.Wait()
	if err != nil {
		require.Error(t, ctx.Err(), "the child failed by itself: %s", said.String())
	}
	return err == nil
}

// Roots of claims are compared only on the branch that the claim is about.
func TestClaimOfAnotherBranchIsNotJudged(t *testing.T) {
	n := newNetwork(t, nil)
	one := n.open(n.config())
	n.post(n.sign("alice: spawn")...)
	n.mine(4)
	n.see(one)
	rec, err := one.ledger.record(2)
	require.NoError(t, err)
	claim := rollup.Claim{
		FromLayer: 2, ToLayer: 2, PreRoot: rec.PreRoot, L1BlockHash: rec.L1Hash,
		StepRoots: append([]rollup.Hash{}, rec.StepRoots...),
	}
	d, err := one.ledger.difference(&claim)
	require.NoError(t, err)
	require.Nil(t, d)
	claim.StepRoots[1][0] ^= 1
	d, err = one.ledger.difference(&claim)
	require.NoError(t, err)
	require.EqualValues(t, 1, d.step)
	claim.L1BlockHash[0] ^= 1
	d, err = one.ledger.difference(&claim)
	require.NoError(t, err)
	require.Nil(t, d)
}
