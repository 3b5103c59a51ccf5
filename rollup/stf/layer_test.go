package stf_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// newChain returns a chain with some rich wallets, of which alice and bob are spawned.
func newChain(t testing.TB) *stftest.Chain {
	const rich = 1_000_000_000
	c, err := stftest.New(rollup.DefaultParams(),
		map[string]uint64{"alice": rich, "bob": rich, "carol": rich})
	require.NoError(t, err)
	apply(t, c, "alice: spawn", "bob: spawn")
	return c
}

// layer makes the next layer of the lines, two items a step.
func layer(t testing.TB, c *stftest.Chain, lines ...string) *stf.Layer {
	var items []rollup.Item
	used := make(map[string]uint64)
	for _, line := range lines {
		it, err := c.ParseItem(line, func(name string, void bool) uint64 {
			h, err := stf.Account(c.Tree, c.Address(name))
			require.NoError(t, err)
			next := h.Nonce + used[name]
			if !void {
				used[name]++
			}
			return next
		})
		require.NoError(t, err)
		items = append(items, it)
	}
	return c.Layer(items, 2)
}

func apply(t testing.TB, c *stftest.Chain, lines ...string) *stf.LayerResult {
	out, err := c.Apply(layer(t, c, lines...), nil)
	require.NoError(t, err)
	return out
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	l := layer(t, c, "deposit dave 5", "alice: spend bob 5", "alice: spend bob 5 | badsig void",
		"alice: raw max_spend", "alice: spend bob 7 | forced", "alice: deploy token")
	out, err := c.Apply(l, nil)
	require.NoError(t, err)
	prices, err := stf.Prices(c.Tree)
	require.NoError(t, err)
	require.Equal(t, c.Params.Prices, prices)

	receipts := out.Receipts()
	require.Len(t, receipts, 8)
	var used metering.Units
	var pool uint64
	var leaves [][]byte
	for i, r := range receipts {
		it := &l.Items[i]
		leaves = append(leaves, r.Encode())
		require.EqualValues(t, i, r.ItemIndex)
		switch {
		case it.Kind == rollup.ItemDeposit:
			require.Equal(t, it.Deposit.ID, r.TxHash)
		case it.Tx == nil:
			require.Zero(t, r.TxHash)
		default:
			require.Equal(t, it.Tx.Hash(), r.TxHash)
			require.Equal(t, it.Relay, r.Relay)
		}
		if it.Tx == nil || r.Outcome == rollup.OutcomeIneffective {
			require.Zero(t, r.Units)
			require.Zero(t, r.Fee)
			continue
		}
		require.EqualValues(t, it.Size, r.Units[metering.Data])
		execution, ok1 := rollup.ExecutionFee(r.Units, prices)
		relay, ok2 := rollup.RelayFee(it)
		require.True(t, ok1 && ok2)
		require.Equal(t, execution+relay, r.Fee)
		used = used.Add(r.Units)
		pool += execution
	}
	require.Equal(t, rollup.ReasonVerifyFailed, receipts[3].Reason)
	require.Equal(t, rollup.OutcomeFailed, receipts[4].Outcome)
	last := out.Steps[len(out.Steps)-2]
	deployed := address.OfTemplate(address.CodeHash(fixtures.Token()))
	require.Equal(t, deployed[:], last.Returns[1])
	require.Equal(t, rollup.Hash(sha256.Sum256(deployed[:])), receipts[6].ReturnHash)

	rec, ok, err := stf.SealedLayer(c.Tree, c.Height)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, rollup.MMRRoot(leaves), rec.ReceiptsRoot)
	require.EqualValues(t, len(leaves), rec.ReceiptsCount)
	require.Equal(t, rollup.MMRRoot(nil), rec.WithdrawalsRoot)
	require.Equal(t, used, rec.Used)
	require.Equal(t, pool, rec.FeePool)
	require.Equal(t, l.Header.Time, rec.Time)
	_, ok, err = stf.SealedLayer(c.Tree, c.Height+1)
	require.NoError(t, err)
	require.False(t, ok)
}

// TestFinalClaims: the pools of a stretch go to whom the claim names, once and exactly.
func TestFinalClaims(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for range 3 {
		apply(t, c, "alice: spend bob 1", "bob: spend alice 1")
	}
	var pools []uint64
	for h := uint64(1); h <= c.Height; h++ {
		rec, ok, err := stf.SealedLayer(c.Tree, h)
		require.NoError(t, err)
		require.True(t, ok)
		require.Positive(t, rec.FeePool)
		pools = append(pools, rec.FeePool)
	}
	claim := func(id byte, from, to uint64) rollup.FinalClaim {
		return rollup.FinalClaim{
			ClaimID: rollup.Hash{id}, Reward: address.Address{id}, FromLayer: from, ToLayer: to,
		}
	}
	_, err := c.Apply(c.Layer(nil, 1, claim(1, 1, 3), claim(2, 4, 4), claim(3, 5, 5)), nil)
	require.NoError(t, err)
	for id, want := range map[byte]uint64{1: pools[0] + pools[1] + pools[2], 2: pools[3], 3: 0} {
		h, err := stf.Account(c.Tree, address.Address{id})
		require.NoError(t, err)
		require.Equal(t, want, h.Balance)
	}
	supply, err := stf.SupplyOf(c.Tree)
	require.NoError(t, err)
	require.Zero(t, supply.FeePools.Sign(), "%v", &supply.FeePools)
}

// TestTooManyFinalClaims: more than the parameter allows are left alone.
func TestTooManyFinalClaims(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for range 6 {
		apply(t, c, "alice: spend bob 1")
	}
	var claims []rollup.FinalClaim
	for h := uint64(1); h <= 6; h++ {
		claims = append(claims,
			rollup.FinalClaim{Reward: address.Address{byte(h)}, FromLayer: h, ToLayer: h})
	}
	_, err := c.Apply(c.Layer(nil, 1, claims...), nil)
	require.NoError(t, err)
	for h := byte(1); h <= 6; h++ {
		a, err := stf.Account(c.Tree, address.Address{h})
		require.NoError(t, err)
		require.Equal(t, uint32(h) <= c.Params.MaxFinalPerLayer, a.Balance > 0, "claim %d", h)
	}
}

// TestRelaysArePaidAtLayerEnd: no item of a layer sees what its relay earned in it.
func TestRelaysArePaidAtLayerEnd(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	// carol relays alice's transaction, which pays her; her own needs that money.
	h, err := stf.Account(c.Tree, c.Address("carol"))
	require.NoError(t, err)
	spawn := func(fee string) string { return "carol: spawn | fee=" + fee }
	poor := spawn("1000000001")
	out := apply(t, c, "alice: spend bob 1 | relay=carol", poor)
	require.Equal(t, rollup.ReasonCannotPay, out.Receipts()[2].Reason)
	after, err := stf.Account(c.Tree, c.Address("carol"))
	require.NoError(t, err)
	require.Greater(t, after.Balance, h.Balance)
	out = apply(t, c, poor)
	require.Equal(t, rollup.OutcomeSuccess, out.Receipts()[1].Outcome)
}

// TestRelayCredits: the first relays of a layer wait for its end, each with the sum of what it earned;
// one more is credited by the step. The money is there after every step.
func TestRelayCredits(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	const relays = rollup.MaxRelayCredits + 2
	var lines []string
	for i := range 2 * relays {
		line := fmt.Sprintf("alice: spend bob 1 | relay=relay%d", i%relays)
		if i%relays == 0 {
			line = "alice: spend bob 1 | forced" // earns nothing, and takes no place
		}
		lines = append(lines, line)
	}
	l := layer(t, c, lines...)
	l.Steps = nil
	for i := range l.Items {
		l.Steps = append(l.Steps, rollup.Step{First: uint32(i), Count: 1})
	}
	total, earned, fees := c.Minted, map[string]uint64{}, uint64(0)
	balance := func(name string) uint64 {
		h, err := stf.Account(c.Tree, c.Address(name))
		require.NoError(t, err)
		return h.Balance
	}
	_, err := c.Apply(l, func(_ *statetree.Tree, step int, _ rollup.Hash) error {
		supply, err := stf.SupplyOf(c.Tree)
		require.NoError(t, err)
		require.Zero(t, total.Cmp(supply.Total()), "step %d", step)
		acc := accOf(t, c)
		if step > 0 && step <= len(lines) {
			it := &l.Items[step]
			fee, ok := rollup.RelayFee(it)
			require.True(t, ok)
			if fee > 0 {
				earned[fmt.Sprint("relay", (step-1)%relays)] += fee
				fees += fee
			}
		}
		waiting := uint64(0)
		for i, r := range acc.Relays {
			name := fmt.Sprint("relay", i+1)
			require.Equal(t, stf.RelayCredit{To: c.Address(name), Amount: earned[name]}, r)
			require.Zero(t, balance(name))
			waiting += r.Amount
		}
		require.Equal(t, int64(waiting), supply.Relays.Int64())
		last := fmt.Sprint("relay", relays-1)
		require.Equal(t, earned[last], balance(last), "there is no place for it")
		if step == len(l.Steps)-1 {
			require.Empty(t, acc.Relays)
		} else {
			require.Len(t, acc.Relays, min(max(step-1, 0), rollup.MaxRelayCredits))
		}
		return nil
	})
	require.NoError(t, err)
	sum := uint64(0)
	for name, want := range earned {
		require.Equal(t, want, balance(name), name)
		sum += want
	}
	require.Len(t, earned, relays-1)
	require.Equal(t, fees, sum)
}

// TestRelayThatCannotHoldIt: what a relay's account cannot hold is burned at layer end.
func TestRelayThatCannotHoldIt(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	edit(t, c, "carol", func(h *state.Header) {
		more := math.MaxUint64 - h.Balance
		c.Minted.Add(c.Minted, new(big.Int).SetUint64(more))
		h.Balance += more
	})
	out := apply(t, c, "alice: spend bob 1 | relay=carol")
	require.Equal(t, rollup.OutcomeSuccess, out.Receipts()[1].Outcome)
	supply, err := stf.SupplyOf(c.Tree)
	require.NoError(t, err)
	require.Positive(t, supply.Burned.Sign())
	require.Zero(t, supply.Relays.Sign())
}

func accOf(t *testing.T, c *stftest.Chain) *stf.Acc {
	s := state.New(stf.Backend(c.Tree))
	b, ok := s.System("acc")
	require.True(t, ok)
	acc, err := stf.DecodeAcc(b)
	require.NoError(t, err)
	return acc
}

func TestApplyLayer(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	l := layer(t, c, "alice: spend bob 5", "bob: spend alice 1", "alice: spend bob 5")
	tree := c.Tree.Fork()
	want, err := c.Apply(l, nil)
	require.NoError(t, err)
	got, err := stf.New().ApplyLayer(tree, l) // a cold cache shows in nothing
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, got.Roots[len(got.Roots)-1], rollup.Hash(tree.Root()))
}

func TestOperationalErrors(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	l := layer(t, c, "alice: spend bob 5")
	for _, step := range []int{-1, 3} {
		_, err := c.Engine.ApplyStep(stf.Backend(c.Tree), l, step)
		require.ErrorIs(t, err, stf.ErrNoStep)
	}
	for _, cut := range []rollup.Step{
		{First: 0, Count: 0}, {First: 2, Count: 2}, {First: math.MaxUint32, Count: 1},
	} {
		bad := *l
		bad.Steps = []rollup.Step{cut}
		_, err := c.Engine.ApplyStep(stf.Backend(c.Tree), &bad, 0)
		require.ErrorIs(t, err, stf.ErrNoStep)
	}
	params := *l.Params
	params.VMVersion = 2
	newer := *l
	newer.Params = &params
	_, err := c.Engine.ApplyStep(stf.Backend(c.Tree), &newer, 0)
	require.ErrorIs(t, err, stf.ErrVersion)

	for step := range l.Steps {
		_, err := c.Engine.ApplyStep(stf.Backend(statetree.New()), l, step)
		require.ErrorIs(t, err, stf.ErrCorrupt)
	}
	disk := errors.New("disk on fire")
	for after := range 9 {
		_, err := c.Engine.ApplyStep(&failing{stf.Backend(c.Tree), after, disk}, l, 1)
		require.ErrorIs(t, err, disk, "after %d reads", after)
	}
}

// failing is a backend that breaks after some reads.
type failing struct {
	state.Walker
	left int
	err  error
}

func (f *failing) Get(k state.Key) ([]byte, bool, error) {
	if f.left--; f.left < 0 {
		return nil, false, f.err
	}
	return f.Walker.Get(k)
}

func TestGenesisIsRefused(t *testing.T) {
	t.Parallel()
	wallet := fixtures.Wallet()
	alice := stftest.Wallet("alice")
	for name, g := range map[string]*rollup.Genesis{
		"template twice": {Templates: [][]byte{wallet, wallet}},
		"no program":     {Templates: [][]byte{[]byte("no program")}},
		"too much money": {Allocations: []rollup.Allocation{{Amount: math.MaxUint64}, {Amount: 1}}},
		"too much money in all": {
			Allocations: []rollup.Allocation{{Address: alice, Amount: math.MaxUint64}},
			L1:          []rollup.Allocation{{Address: alice, Amount: 1}},
		},
	} {
		g.Params = rollup.DefaultParams()
		_, err := stf.Genesis(g)
		require.ErrorIs(t, err, stf.ErrGenesis, name)
	}
	_, err := stf.Genesis(&rollup.Genesis{})
	require.ErrorIs(t, err, stf.ErrVersion)
}

// TestGenesisIsASet: the order of allocations does not matter, and one account may have several.
func TestGenesisIsASet(t *testing.T) {
	t.Parallel()
	a, b := stftest.Wallet("alice"), stftest.Wallet("bob")
	g := rollup.Genesis{Params: rollup.DefaultParams()}
	g.Templates = [][]byte{fixtures.Token(), fixtures.Wallet()}
	g.Allocations = []rollup.Allocation{
		{Address: a, Amount: 1}, {Address: b, Amount: 2}, {Address: a, Amount: 3},
	}
	t1, err := stf.GenesisTree(&g)
	require.NoError(t, err)
	g.Allocations = []rollup.Allocation{{Address: b, Amount: 2}, {Address: a, Amount: 4}}
	g.Templates = [][]byte{fixtures.Wallet(), fixtures.Token()}
	t2, err := stf.GenesisTree(&g)
	require.NoError(t, err)
	require.Equal(t, t1.Root(), t2.Root())
	supply, err := stf.SupplyOf(t1)
	require.NoError(t, err)
	require.EqualValues(t, 6, supply.Total().Int64())
}
