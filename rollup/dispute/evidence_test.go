package dispute_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// firstLayer is evidence about a step of layer 1 of a chain with nobody on it.
func firstLayer(t testing.TB, step int) *dispute.Evidence {
	t.Helper()
	g := &rollup.Genesis{Name: "evidence", Time: 1, Params: rollup.DefaultParams()}
	tree, err := stf.GenesisTree(g)
	require.NoError(t, err)
	h := rollup.Header{Height: 1, ParentHash: g.ChainID(), Time: 2, ParamsHash: g.Params.Hash()}
	d := rollup.Derive(&h, nil, new(rollup.Carry), &g.Params, g.ChainID())
	h.ItemsRoot, h.CarryRoot = d.ItemsRoot(), d.Carry.Root()
	h.ItemCount, h.StepCount = uint32(len(d.Items)), uint32(len(d.Steps))
	e := &dispute.Evidence{
		Kind: dispute.KindClaim, Message: "a test", ChainID: g.ChainID(), Params: g.Params,
		Header: h, Step: uint32(step), Claimed: rollup.Hash{1},
		Claim: &rollup.Claim{FromLayer: 1, ToLayer: 1, StepRoots: []rollup.Hash{{1}, {2}}},
		Differ: &dispute.Difference{
			Key: statetree.Key{7}, Own: []byte{}, Claimed: []byte("claimed"),
		},
	}
	l, err := e.Layer()
	require.NoError(t, err)
	for i := range step {
		res, err := stf.New().ApplyStep(stf.Backend(tree), l, i)
		require.NoError(t, err)
		require.NoError(t, stf.Commit(tree, res.Changes))
	}
	e.PreRoot = rollup.Hash(tree.Root())
	e.Witness, e.Own, err = dispute.Prove(stf.New(), tree, l, step)
	require.NoError(t, err)
	return e
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	for step := range 2 {
		e := firstLayer(t, step)
		b := e.Encode()
		got, err := dispute.DecodeEvidence(b)
		require.NoError(t, err)
		require.Equal(t, b, got.Encode())
		require.Equal(t, e.Differ, got.Differ)
		v, err := got.Judge(stf.New())
		require.NoError(t, err)
		require.Equal(t, rollup.VerdictFraud, v.Code)
		require.Equal(t, e.Own, v.ComputedRoot)
		got.Claimed = e.Own
		v, err = got.Judge(stf.New())
		require.NoError(t, err)
		require.Equal(t, rollup.VerdictUpheld, v.Code)
	}
}

// Evidence whose parts do not belong together is refused before anything is executed.
func TestEvidenceContradicts(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*dispute.Evidence){
		"layer 0 executes nothing": func(e *dispute.Evidence) { e.Header.Height = 0 },
		"has no block that it":     func(e *dispute.Evidence) { e.Header.Height = 2 },
		"nothing was carried": func(e *dispute.Evidence) {
			e.Carry.Forced = []rollup.ForcedEntry{{}}
		},
		"not its parent": func(e *dispute.Evidence) {
			e.Header.Height, e.Source = 2, new(rollup.Layer)
		},
		"not those of the block": func(e *dispute.Evidence) {
			e.Header.Height, e.Source = 2, new(rollup.Layer)
			e.Source.Header.TxsRoot[0] = 1
			e.Header.ParentHash = e.Source.Header.Hash()
		},
		"the carry is not": func(e *dispute.Evidence) {
			e.Header.Height, e.Source = 2, new(rollup.Layer)
			e.Source.Header.TxsRoot = rollup.TxsRoot(nil)
			e.Header.ParentHash = e.Source.Header.Hash()
		},
		"parameters' hash":   func(e *dispute.Evidence) { e.Params.StepItems++ },
		"number of items":    func(e *dispute.Evidence) { e.Header.ItemCount++ },
		"number of steps":    func(e *dispute.Evidence) { e.Header.StepCount++ },
		"root of the items":  func(e *dispute.Evidence) { e.Header.ItemsRoot[0] ^= 1 },
		"root of the carry ": func(e *dispute.Evidence) { e.Header.CarryRoot[0] ^= 1 },
		"step 2 of 2":        func(e *dispute.Evidence) { e.Step = 2 },
	} {
		e := firstLayer(t, 0)
		spoil(e)
		_, err := e.Judge(stf.New())
		require.ErrorIs(t, err, dispute.ErrEvidence, what)
		require.ErrorContains(t, err, what)
	}
}

func TestEvidenceRefused(t *testing.T) {
	t.Parallel()
	good := firstLayer(t, 0)
	b := good.Encode()
	for n := range len(b) {
		_, err := dispute.DecodeEvidence(b[:n])
		require.Error(t, err, "%d bytes", n)
	}
	_, err := dispute.DecodeEvidence(append(b, 0))
	require.Error(t, err)
	_, err = dispute.DecodeEvidence(make([]byte, dispute.MaxEvidenceBytes+1))
	require.ErrorContains(t, err, "at most")
	for what, spoil := range map[string]func(*dispute.Evidence){
		"unknown kind 6":     func(e *dispute.Evidence) { e.Kind = dispute.KindDerivation + 1 },
		"StepItems":          func(e *dispute.Evidence) { e.Params.StepItems = 0 },
		"witness of":         func(e *dispute.Evidence) { e.Witness = make([]byte, 16<<20) },
		"evidence does not ": func(e *dispute.Evidence) { e.Claim.StepRoots = make([]rollup.Hash, 9_000) },
	} {
		e := firstLayer(t, 0)
		spoil(e)
		_, err := dispute.DecodeEvidence(e.Encode())
		require.ErrorContains(t, err, what)
	}
}

// Whatever evidence holds, decoding it ends, re-encodes it exactly, and judging what it says of
// itself ends too.
func FuzzEvidence(f *testing.F) {
	f.Add(firstLayer(f, 0).Encode())
	f.Add(firstLayer(f, 1).Encode())
	engine := stf.New()
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := dispute.DecodeEvidence(b)
		if err != nil {
			return
		}
		require.Equal(t, b, e.Encode())
		if l, err := e.Layer(); err == nil && len(l.Items) < 64 {
			_, err := e.Judge(engine)
			require.NoError(t, err)
		}
	})
}
