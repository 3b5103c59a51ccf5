package l1_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// upgrade posts other parameters by the governor of the toy, as its nth transaction.
func upgrade(
	t *testing.T, s *l1.State, nonce, at uint64, edit func(p *rollup.Params),
) []l1.Event {
	t.Helper()
	u := &rollup.Upgrade{Activation: at, Params: *s.Widest()}
	edit(&u.Params)
	events, refused := mine(t, s, signed(s, "dave", nonce, u))
	require.Empty(t, refused)
	return events
}

// TestOldSoftware: a node without the revision that the network needs stops at the activation; it
// neither builds nor judges.
func TestOldSoftware(t *testing.T) {
	t.Parallel()
	s, err := l1.NewState(toyGenesis(nil), toyJudge)
	require.NoError(t, err)
	upgrade(t, s, 0, 20, func(p *rollup.Params) { p.EngineRevision = 2 })
	for s.Tip().Height < 19 {
		mine(t, s)
	}
	require.ErrorIs(t, s.Supported(), l1.ErrOldSoftware)
	require.Panics(t, func() { s.Build(nil, env(s, 1)) })
	tip := s.Tip()
	_, err = s.Apply(&rollup.Layer{Header: rollup.Header{Height: 20, Time: 1 << 40}})
	require.ErrorIs(t, err, l1.ErrOldSoftware)
	require.Equal(t, tip, s.Tip())

	g := toyGenesis(func(p *rollup.Params) { p.EngineRevision = 2 })
	_, err = l1.NewState(g, toyJudge)
	require.ErrorIs(t, err, l1.ErrOldSoftware)
}

// TestHeadersNameTheParameters: each header commits to the set of its height, old heights keep
// theirs, and a block that names another set is invalid.
func TestHeadersNameTheParameters(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	before := s.Params().Hash()
	upgrade(t, s, 0, 20, func(p *rollup.Params) { p.ClaimBond *= 2 })
	for s.Tip().Height < 30 {
		l, _ := s.Build(nil, env(s, 1))
		want := s.ParamsAt(l.Header.Height).Hash()
		require.Equal(t, want, l.Header.ParamsHash)
		require.Equal(t, l.Header.Height < 20, want == before)
		other := *l
		other.Header.ParamsHash = s.ParamsAt(39 - l.Header.Height).Hash()
		if _, err := s.Apply(&other); l.Header.Height != 39-l.Header.Height {
			require.ErrorContains(t, err, "parameters hash")
		}
		_, err := s.Apply(l)
		require.NoError(t, err)
	}
	require.Equal(t, before, s.ParamsAt(19).Hash())
}

// TestUpgradesWait: no more than four, each after the one before it.
func TestUpgradesWait(t *testing.T) {
	t.Parallel()
	s := newToy(t, nil)
	more := func(p *rollup.Params) { p.ClaimBond++ }
	for i := range uint64(4) {
		require.IsType(t, l1.UpgradeScheduled{}, upgrade(t, s, i, 30+i, more)[0])
	}
	require.Equal(t, rollup.ReasonQueueFull, upgrade(t, s, 4, 40, more)[0].(l1.Refused).Reason)
	for s.Tip().Height < 30 {
		mine(t, s)
	}
	require.IsType(t, l1.UpgradeScheduled{}, upgrade(t, s, 5, 60, more)[0])
	require.Equal(t, s.ParamsAt(0).ClaimBond+4, s.ParamsAt(59).ClaimBond)
}

// TestVerdictUsesTheLayersParameters: a claim of layers before an activation is judged after it, by
// what was in force then.
func TestVerdictUsesTheLayersParameters(t *testing.T) {
	t.Parallel()
	var judged []uint64
	judge := func(
		l *rollup.LayerInput, step int, pre, claimed rollup.Hash, w []byte,
	) rollup.Verdict {
		require.Equal(t, l.Header.ParamsHash, l.Params.Hash())
		judged = append(judged, l.Params.ClaimBond)
		return toyJudge(l, step, pre, claimed, w)
	}
	s, err := l1.NewState(toyGenesis(nil), judge)
	require.NoError(t, err)
	old := s.Params().ClaimBond
	upgrade(t, s, 0, 17, func(p *rollup.Params) { p.ClaimBond *= 2 })
	for s.Tip().Height < 16 {
		mine(t, s)
	}
	c := &rollup.PostClaim{Claim: rollup.Claim{
		Executor: account("bob"), FromLayer: 1, ToLayer: 1, VMVersion: 1,
		PreRoot: toyGenesis(nil).StateRoot, StepRoots: make([]rollup.Hash, 2),
	}}
	l, err := s.Layer(1)
	require.NoError(t, err)
	c.Claim.L1BlockHash = l.Header.Hash()
	id, witness := c.Claim.ID(), toyWitness(c.Claim.PreRoot)
	mine(t, s, signed(s, "bob", 0, &rollup.ClaimCommit{
		Commitment: rollup.CommitHash(account("bob"), c.Salt, id),
	}))
	mine(t, s, signed(s, "bob", 1, c))
	mine(t, s, signed(s, "alice", 0, &rollup.ChallengeOpen{ClaimID: id, Commitment: rollup.OpenHash(
		s.ChainID(), id, 0, account("alice"), rollup.Hash{}, rollup.WitnessHash(witness))}))
	mine(t, s, signed(s, "alice", 1, &rollup.ChallengeProve{ClaimID: id, Witness: witness}))
	require.Equal(t, l1.ClaimSlashed, s.Claims()[0].Status)
	require.Equal(t, []uint64{old}, judged)
	require.Equal(t, 2*old, s.Params().ClaimBond)
}
