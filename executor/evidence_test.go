package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// A shadow posts nothing, and leaves a file about every wrong claim that anybody can judge.
func TestShadowLeavesEvidence(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	liar := n.open(n.liar("liar", 3, func(roots int) int { return roots - 1 }))
	cfg := n.config()
	cfg.Dir = t.TempDir()
	shadow := n.open(cfg)
	events := n.turns(9, liar, shadow)
	claims := of[l1.ClaimAdmitted](events)
	require.NotEmpty(t, claims)
	require.Empty(t, of[l1.ChallengeOpened](events))

	files, err := filepath.Glob(filepath.Join(cfg.Dir, evidenceDir, "*"+evidenceExt))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		e, err := dispute.DecodeEvidence(b)
		require.NoError(t, err)
		require.Equal(t, b, e.Encode())
		require.Equal(t, dispute.KindClaim, e.Kind)
		require.Equal(t, l1Account("liar"), e.Claim.Executor)
		require.Equal(t, n.genesis.ChainID(), e.ChainID)
		v, err := e.Judge(stf.New())
		require.NoError(t, err)
		require.Equal(t, rollup.VerdictFraud, v.Code)
		require.Equal(t, e.Own, v.ComputedRoot)
		require.Nil(t, e.Differ)
		require.Contains(t, e.Message, "no state with that root is known here")
	}
}

// A claimed root whose state is known here: the evidence names the first key that differs.
func TestEvidenceNamesTheKey(t *testing.T) {
	for what, lie := range map[string]struct {
		tell  func(pre rollup.Hash, roots []rollup.Hash)
		about string
	}{
		"a step that did nothing": {func(_ rollup.Hash, r []rollup.Hash) { r[2] = r[1] }, "step 1"},
		"one step ahead":          {func(_ rollup.Hash, r []rollup.Hash) { r[1] = r[2] }, "step 2"},
		"before the layer":        {func(pre rollup.Hash, r []rollup.Hash) { r[1] = pre }, "before"},
	} {
		t.Run(what, func(t *testing.T) {
			n := newNetwork(t, func(p *rollup.Params) { p.StepItems = 1 })
			shadow := n.open(n.config())
			n.run("alice: spawn; spend bob 100", "bob: spawn")
			n.see(shadow)
			rec, err := shadow.ledger.record(2)
			require.NoError(t, err)
			require.Greater(t, len(rec.StepRoots), 3)
			own := slices.Clone(rec.StepRoots)
			claim := &rollup.Claim{FromLayer: 2, ToLayer: 2, PreRoot: rec.PreRoot,
				L1BlockHash: rec.L1Hash, StepRoots: slices.Clone(own)}
			lie.tell(rec.PreRoot, claim.StepRoots)
			d, err := shadow.ledger.difference(claim)
			require.NoError(t, err)
			e, err := shadow.ledger.disagreement(t.Context(), dispute.KindClaim, claim, d)
			require.NoError(t, err)
			require.Contains(t, e.Message, "that is the root ")
			require.Contains(t, e.Message, lie.about)
			require.NotNil(t, e.Differ)
			require.NotEqual(t, e.Differ.Own, e.Differ.Claimed)
			// The own value is that of the state after the step, which the witness shows.
			layer, err := e.Layer()
			require.NoError(t, err)
			res, root, err := dispute.Repeat(engine, layer, int(e.Step), e.PreRoot, e.Witness)
			require.NoError(t, err)
			require.Equal(t, own[d.local], root)
			for i := range res.Changes {
				if statetree.Key(res.Changes[i].Key) == e.Differ.Key {
					require.Equal(t, res.Changes[i].Value, e.Differ.Own)
				}
			}
			decoded, err := dispute.DecodeEvidence(e.Encode())
			require.NoError(t, err)
			require.Equal(t, e.Differ, decoded.Differ)
		})
	}
}

// Of evidence about claims only so many files stay.
func TestEvidenceIsBounded(t *testing.T) {
	dir := t.TempDir()
	n := newNetwork(t, nil)
	cfg := n.config()
	cfg.Dir = dir
	a := newArchive(&cfg)
	for i := range maxEvidence + 5 {
		e := &dispute.Evidence{Kind: dispute.KindClaim, Params: n.genesis.Params}
		e.Header.Height = uint64(i)
		a.keep(e)
	}
	a.keep(&dispute.Evidence{Kind: dispute.KindSelf, Params: n.genesis.Params})
	files, err := filepath.Glob(filepath.Join(dir, evidenceDir, "*"))
	require.NoError(t, err)
	require.Len(t, files, maxEvidence+1)
	require.Contains(t, files[0], fmt.Sprintf("claim-%012d", 5), "the oldest are gone")
}

// Whatever two executions of a step do not have in common stops the executor.
func TestSelfValidation(t *testing.T) {
	n := newNetwork(t, nil)
	e := n.open(n.config())
	n.run("alice: spawn; spend bob 100", "bob: spawn")
	n.see(e)
	p, err := e.ledger.prove(t.Context(), 2, 1, false)
	require.NoError(t, err)
	run := func() (*stf.StepResult, rollup.Hash) {
		res, root, err := dispute.Repeat(engine, p.layer.layer, 1, p.pre, p.witness)
		require.NoError(t, err)
		return res, root
	}
	validated := func(witness []byte, own *stf.StepResult, root rollup.Hash) error {
		c := check{step: 1, pre: p.pre, witness: witness, own: own, root: root}
		return selfValidate(engine, p.layer.layer, new(dispute.Repeater), &c)
	}
	own, root := run()
	require.NoError(t, validated(p.witness, own, root))
	for what, spoil := range map[string]func(*stf.StepResult){
		"gas":               func(r *stf.StepResult) { r.GasUsed++ },
		"changes":           func(r *stf.StepResult) { r.Changes[1].Value = []byte("other") },
		"receipt of item":   func(r *stf.StepResult) { r.Receipts[0].Fee++ },
		"return data":       func(r *stf.StepResult) { r.Returns[0] = []byte("other") },
		"number of receipt": func(r *stf.StepResult) { r.Receipts = r.Receipts[1:] },
	} {
		res, root := run()
		spoil(res)
		err := validated(p.witness, res, root)
		require.ErrorIs(t, err, ErrSelf)
		require.ErrorContains(t, err, "different "+what)
		var bad *stepError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, what == "changes", bad.differ != nil)
	}
	require.ErrorIs(t, validated(p.witness, own, p.pre), ErrSelf)
	incomplete := []byte{1}
	incomplete = append(incomplete, p.pre[:]...)
	err = validated(incomplete, own, root)
	require.ErrorIs(t, err, ErrSelf)
}

// broken is a store whose trees make the engine panic with a runtime error.
type broken struct{ statetree.Store }

func (broken) Tree() (*statetree.Tree, error) { return nil, nil }

// A panic of the engine is no crash loop and no vote: nothing is committed, and the error says what
// to do ([9]).
func TestEnginePanicStops(t *testing.T) {
	n := newNetwork(t, nil)
	cfg := n.poster("one")
	var evidence []*dispute.Evidence
	cfg.Report = func(e *dispute.Evidence) { evidence = append(evidence, e) }
	e := n.open(cfg)
	n.mine(1)
	e.ledger.store = broken{e.ledger.store}
	err := e.Run(t.Context())
	require.ErrorIs(t, err, ErrEngine)
	require.ErrorContains(t, err, "layer 1, step 0: the engine panicked: runtime error")
	at, _ := e.Head()
	require.Zero(t, at)
	require.Len(t, evidence, 1)
	require.Equal(t, dispute.KindEngine, evidence[0].Kind)
	require.Zero(t, evidence[0].Own, "nobody is told a root")
	require.Empty(t, e.outbox.jobs)
}

// Validation is invisible: roots and receipts are those of an executor without it ([50]).
func TestSelfValidationIsInvisible(t *testing.T) {
	n := newNetwork(t, nil)
	cfg := n.config()
	one := n.open(cfg)
	cfg.SelfValidate = false
	two := n.open(cfg)
	n.run("alice: spawn; spend bob 100", "bob: spawn")
	n.run("alice: spend bob 5; spend carol 7", "bob: spend alice 9")
	n.mine(2)
	n.see(one, two)
	at, root := one.Head()
	same, other := two.Head()
	require.Equal(t, at, same)
	require.Equal(t, root, other)
}
