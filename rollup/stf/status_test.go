package stf_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// edit changes the header of an account by hand.
func edit(t *testing.T, c *stftest.Chain, name string, change func(*state.Header)) {
	s := state.New(stf.Backend(c.Tree))
	h, _ := s.Header(c.Address(name))
	change(&h)
	s.SetHeader(c.Address(name), h)
	require.NoError(t, s.Err())
	require.NoError(t, stf.Commit(c.Tree, s.Changes()))
}

// TestStatuses: accounts that are expired do nothing, dead ones spawn again and keep their nonce.
func TestStatuses(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	edit(t, c, "bob", func(h *state.Header) { h.Status = state.Expired })
	edit(t, c, "carol", func(h *state.Header) { h.Status, h.Nonce = state.Dead, 7 })
	out := apply(t, c,
		"bob: spend alice 1 | void",
		"bob: spawn | void",
		"alice: spend carol 1 | sponsor=bob void",
		"alice: spend carol 1 | sponsor=carol void",
		"carol: spend alice 1 | void",
		"carol: spawn | nonce=exact:0 void",
		"carol: spawn; spend alice 5",
		"deposit bob 5",
	)
	var reasons []rollup.Reason
	for _, r := range out.Receipts() {
		reasons = append(reasons, r.Reason)
	}
	require.Equal(t, []rollup.Reason{
		0, rollup.ReasonAccountExpired, rollup.ReasonAccountExpired, rollup.ReasonAccountExpired,
		rollup.ReasonNotSpawned, rollup.ReasonNotSpawned, rollup.ReasonNonceMismatch, 0, 0, 0,
	}, reasons)
	carol, err := stf.Account(c.Tree, c.Address("carol"))
	require.NoError(t, err)
	require.Equal(t, state.Live, carol.Status)
	require.EqualValues(t, 8, carol.Nonce)
	bob, err := stf.Account(c.Tree, c.Address("bob"))
	require.NoError(t, err)
	require.Equal(t, state.Expired, bob.Status)
	require.EqualValues(t, 1_000_000_005, bob.Balance+bob.LockedDeposit+feesOf(t, c, "bob"))
}

func feesOf(t *testing.T, c *stftest.Chain, name string) uint64 {
	_, fees, err := c.Balance(name)
	require.NoError(t, err)
	return fees
}

// TestUnclaimed: a reward that its owner cannot hold waits under the claim's id, summed up.
func TestUnclaimed(t *testing.T) {
	t.Parallel()
	const rich = 1_000_000_000
	c, err := stftest.New(rollup.DefaultParams(),
		map[string]uint64{"alice": rich, "full": math.MaxUint64 - rich})
	require.NoError(t, err)
	apply(t, c, "deposit full 1000000000")
	apply(t, c, "alice: spawn")
	apply(t, c, "alice: spend bob 1")
	claim := rollup.FinalClaim{ClaimID: rollup.Hash{9}, Reward: c.Address("full"), FromLayer: 1, ToLayer: 2}
	second := claim
	second.FromLayer, second.ToLayer = 3, 3
	var want uint64
	for h := uint64(1); h <= 3; h++ {
		rec, _, err := stf.SealedLayer(c.Tree, h)
		require.NoError(t, err)
		want += rec.FeePool
	}
	for _, f := range []rollup.FinalClaim{claim, second} {
		_, err := c.Apply(c.Layer(nil, 1, f), nil)
		require.NoError(t, err)
	}
	s := state.New(stf.Backend(c.Tree))
	b, ok := s.System(stf.UnclaimedName(claim.ClaimID))
	require.True(t, ok)
	var e scale.Encoder
	to := c.Address("full")
	e.Raw(to[:])
	e.U64(want)
	require.Equal(t, e.B, b)
}

// TestIncompleteTree: what a witness does not show is an error that the caller can tell.
func TestIncompleteTree(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	l := layer(t, c, "alice: spend bob 5")
	root := c.Tree.Root()
	bare, err := statetree.Parse(append([]byte{0x80}, root[:]...), root, statetree.WitnessLimits{Bytes: 99})
	require.NoError(t, err)
	for step := range l.Steps {
		_, err = c.Engine.ApplyStep(stf.Backend(bare), l, step)
		require.ErrorIs(t, err, statetree.ErrIncomplete)
	}
	_, err = stf.SupplyOf(bare)
	require.ErrorIs(t, err, statetree.ErrIncomplete)
	_, err = stf.Prices(bare)
	require.ErrorIs(t, err, statetree.ErrIncomplete)
}

func TestView(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	apply(t, c, "alice: deploy token", "alice: create coin token @alice @any 1",
		"alice: call coin mint @bob 77")
	l, bob := c.Layer(nil, 1), c.Address("bob")
	view := func(a address.Address, method string) (trap.Code, []byte) {
		root := c.Tree.Root()
		res, err := c.Engine.View(stf.Backend(c.Tree), l, a, rollup.Selector(method), bob[:], 1_000_000)
		require.NoError(t, err)
		require.Equal(t, root, c.Tree.Root())
		return res.Trap, res.Return
	}
	code, balance := view(c.Address("coin"), "balance_of")
	require.Equal(t, trap.None, code)
	require.Equal(t, []byte{77, 0, 0, 0, 0, 0, 0, 0}, balance)
	code, _ = view(bob, "verify")
	require.Equal(t, trap.NotPrincipal, code)
	code, _ = view(c.Address("dave"), "balance_of")
	require.Equal(t, trap.NotSpawned, code)
}
