package l1_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

func TestGenesisBlock(t *testing.T) {
	t.Parallel()
	g := toyGenesis(nil)
	s, err := l1.NewState(g, toyJudge)
	require.NoError(t, err)
	require.NoError(t, s.CheckMoney())
	require.Equal(t, l1.FinalHead{Root: g.StateRoot}, s.Final())
	l, err := s.Layer(0)
	require.NoError(t, err)
	require.Equal(t, g.ChainID(), l.Header.ParentHash)
	require.Equal(t, l1.Tip{Hash: l.Header.Hash()}, s.Tip())
	_, err = s.Layer(1)
	require.ErrorIs(t, err, l1.ErrNoLayer)

	g.L1 = append(g.L1, rollup.Allocation{Amount: ^uint64(0)})
	_, err = l1.NewState(g, toyJudge)
	require.ErrorIs(t, err, l1.ErrGenesis)
	g = toyGenesis(func(p *rollup.Params) { p.MinClaimDepth = 0 })
	_, err = l1.NewState(g, toyJudge)
	require.ErrorIs(t, err, l1.ErrGenesis)
}

// TestTamperedHeader [10] alters each field that L1 recomputes, and each that is bound otherwise.
func TestTamperedHeader(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	mine(t, s, signed(s, "alice", 0, &rollup.Deposit{To: address.Address{1}, Amount: 5_000}))
	txs := []rollup.L1Tx{signed(s, "bob", 0, &rollup.Transfer{To: account("carol"), Amount: 7})}
	before := s.Clone()
	for _, c := range []struct {
		name  string
		alter func(*rollup.Layer)
	}{
		{"height", func(l *rollup.Layer) { l.Header.Height++ }},
		{"parent hash", func(l *rollup.Layer) { l.Header.ParentHash[0] ^= 1 }},
		{"time", func(l *rollup.Layer) { l.Header.Time = 1_005 }},
		{"transactions root", func(l *rollup.Layer) { l.Header.TxsRoot[0] ^= 1 }},
		{"transactions root", func(l *rollup.Layer) { l.Txs = nil }},
		{"transactions root", func(l *rollup.Layer) { l.Txs = append(l.Txs, l.Txs...) }},
		{"byte fee", func(l *rollup.Layer) { l.Header.ByteFee++ }},
		{"data price", func(l *rollup.Layer) { l.Header.DataPrice++ }},
		{"inclusion price", func(l *rollup.Layer) { l.Header.InclusionPrice++ }},
		{"parameters hash", func(l *rollup.Layer) { l.Header.ParamsHash[0] ^= 1 }},
		{"finalized claims", func(l *rollup.Layer) { l.Header.Finalized = make([]rollup.FinalClaim, 1) }},
		{"carry root", func(l *rollup.Layer) { l.Header.CarryRoot[0] ^= 1 }},
		{"items root", func(l *rollup.Layer) { l.Header.ItemsRoot[0] ^= 1 }},
		{"item count", func(l *rollup.Layer) { l.Header.ItemCount++ }},
		{"step count", func(l *rollup.Layer) { l.Header.StepCount++ }},
	} {
		l, refused := s.Build(txs, env(s, 1))
		require.Empty(t, refused)
		require.Equal(t, uint32(3), l.Header.ItemCount, "the deposit is an item")
		c.alter(l)
		_, err := s.Apply(l)
		require.ErrorIs(t, err, l1.ErrInvalidBlock, c.name)
		require.ErrorContains(t, err, c.name)
		require.Equal(t, before, s, c.name)
	}
	l, _ := s.Build(txs, env(s, 1))
	_, err := s.Apply(l)
	require.NoError(t, err)
	require.NotEqual(t, before, s)
}

// TestForeignTransactions puts into a block what may not be in one.
func TestForeignTransactions(t *testing.T) {
	t.Parallel()
	s := newToy(t, func(p *rollup.Params) { p.MaxDepositsPerLayer = 1 })
	pay := &rollup.Transfer{To: account("carol"), Amount: 7}
	deposit := &rollup.Deposit{To: address.Address{1}, Amount: 5_000}
	other := signed(s, "alice", 0, pay)
	other.ChainID[0] ^= 1
	other.Sign(key("alice"))
	unsigned := signed(s, "alice", 0, pay)
	unsigned.Signature[0] ^= 1
	for _, c := range []struct {
		reason rollup.Reason
		txs    []rollup.L1Tx
	}{
		{rollup.ReasonL1WrongChain, []rollup.L1Tx{other}},
		{rollup.ReasonL1BadSignature, []rollup.L1Tx{unsigned}},
		{rollup.ReasonL1BadNonce, []rollup.L1Tx{signed(s, "alice", 1, pay)}},
		{rollup.ReasonL1BadNonce, []rollup.L1Tx{signed(s, "alice", 0, pay), signed(s, "alice", 0, pay)}},
		{rollup.ReasonL1CannotPay, []rollup.L1Tx{signed(s, "nobody", 0, pay)}},
		{rollup.ReasonBelowMinimum, []rollup.L1Tx{signed(s, "alice", 0, &rollup.Deposit{Amount: 999})}},
		{rollup.ReasonQueueFull, []rollup.L1Tx{signed(s, "alice", 0, deposit),
			signed(s, "alice", 1, deposit)}},
		{rollup.ReasonL1CannotPay, []rollup.L1Tx{signed(s, "alice", 0,
			&rollup.Deposit{Amount: toyMoney})}},
		{rollup.ReasonL1CannotPay, []rollup.L1Tx{signed(s, "alice", 0,
			&rollup.PostBundle{Weight: 1 << 40, Bid: 1 << 40})}},
		{rollup.ReasonMalformed, []rollup.L1Tx{signed(s, "alice", 0, &rollup.ForcedTx{Tx: []byte{1, 2}})}},
		{rollup.ReasonTooLarge, []rollup.L1Tx{signed(s, "alice", 0,
			&rollup.PostBundle{Bundle: make([]byte, s.Params().MaxBundleBytes+1)})}},
	} {
		l, _ := s.Build(nil, env(s, 1))
		l.Txs = c.txs
		l.Header.TxsRoot = rollup.TxsRoot(c.txs)
		_, err := s.Apply(l)
		require.ErrorIs(t, err, l1.ErrInvalidBlock)
		require.ErrorContains(t, err, c.reason.String())
	}
	l, _ := s.Build(nil, env(s, 1))
	l.Txs = make([]rollup.L1Tx, 1)
	_, err := s.Apply(l)
	require.ErrorIs(t, err, l1.ErrInvalidBlock)
}

func TestCloneSharesNothingThatChanges(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	mine(t, s)
	before := s.Clone()
	branch := s.Clone()
	c := rollup.Claim{Executor: account("alice"), FromLayer: 1, ToLayer: 1, VMVersion: 1,
		PreRoot: s.Final().Root, StepRoots: make([]rollup.Hash, 2), L1BlockHash: s.Tip().Hash}
	mine(t, branch, signed(s, "alice", 0, &rollup.ClaimCommit{
		Commitment: rollup.CommitHash(account("alice"), rollup.Hash{}, c.ID()),
	}))
	mine(t, branch, signed(s, "alice", 1, &rollup.PostClaim{Claim: c}))
	require.Len(t, branch.Claims(), 1)
	fork := branch.Clone()
	for _, x := range []*l1.State{branch, fork} {
		mine(t, x, signed(s, "bob", 0, &rollup.ChallengeOpen{ClaimID: c.ID(), Step: 1}))
	}
	require.Equal(t, branch, fork)
	require.Equal(t, 1, branch.Claims()[0].Pending)
	require.Equal(t, before, s)
	require.Empty(t, s.Claims())
}
