package dispute

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// ErrEvidence says that evidence contradicts itself: what it holds is not what its header commits
// to.
var ErrEvidence = errors.New("dispute: evidence contradicts itself")

// Kind says why evidence was written.
type Kind uint8

// The kinds of evidence.
const (
	KindStep       Kind = 0 // nobody disagrees: somebody asked for the step
	KindClaim      Kind = 1 // a claim asserts another root
	KindFinal      Kind = 2 // another root is final on L1
	KindSelf       Kind = 3 // the step gives another result from its own witness
	KindEngine     Kind = 4 // the engine panicked
	KindDerivation Kind = 5 // the L1 header says that the layer executes something else
)

var kinds = [...]string{"step", "claim", "final", "self-validation", "engine", "derivation"}

// String returns the kind as people read it.
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Evidence is one step of a layer with all that it takes to execute it where nothing else is: the L1
// data that it is derived from, and the witness of the state before it. It is what an executor
// leaves behind when it disagrees, the divergence bundle of docs/spec/claims.md, and what it answers
// when it is asked to prove a step.
type Evidence struct {
	Kind    Kind
	Message string // what the writer saw, for people
	ChainID rollup.Hash
	Params  rollup.Params // of the layer
	Header  rollup.Header // of the layer
	Source  *rollup.Layer // the L1 block before it; nil at layer 1
	Carry   rollup.Carry  // before the layer
	Step    uint32        // within the layer

	PreRoot rollup.Hash
	Own     rollup.Hash   // the root that the writer computed; zero if it did not come so far
	Claimed rollup.Hash   // the root that is disputed; Own for KindStep
	Claim   *rollup.Claim // that asserts Claimed; nil if none does
	Differ  *Difference   // where known
	Witness []byte        // empty for KindDerivation
}

// Difference is the first key, in tree order, that two executions of a step leave with different
// values.
type Difference struct {
	Key     statetree.Key
	Own     []byte // nil: deleted or not written
	Claimed []byte
}

// Layer derives what the layer of the evidence executes. The error wraps ErrEvidence when the parts
// do not belong together.
func (e *Evidence) Layer() (*stf.Layer, error) {
	h := &e.Header
	bad := func(what string) (*stf.Layer, error) {
		return nil, fmt.Errorf("%w: layer %d: %s", ErrEvidence, h.Height, what)
	}
	switch s := e.Source; {
	case h.Height == 0:
		return bad("layer 0 executes nothing")
	case (s == nil) != (h.Height == 1):
		return bad("layer 1, and no other, has no block that it executes")
	case s == nil && len(e.Carry.Forced) != 0:
		return bad("nothing was carried over before layer 1")
	case s != nil && s.Header.Hash() != h.ParentHash:
		return bad("the block that it executes is not its parent")
	case s != nil && s.Header.TxsRoot != rollup.TxsRoot(s.Txs):
		return bad("the transactions are not those of the block")
	case s != nil && s.Header.CarryRoot != e.Carry.Root():
		return bad("the carry is not the one that the block commits to")
	}
	got := rollup.Derive(h, e.Source, &e.Carry, &e.Params, e.ChainID)
	if err := Agree(h, &e.Params, got); err != nil {
		return nil, fmt.Errorf("%w: layer %d: %w", ErrEvidence, h.Height, err)
	}
	if e.Step >= uint32(len(got.Steps)) {
		return bad(fmt.Sprintf("step %d of %d", e.Step, len(got.Steps)))
	}
	return &stf.Layer{
		ChainID: e.ChainID, Header: h, Params: &e.Params, Items: got.Items, Steps: got.Steps,
	}, nil
}

// Judge derives the layer and judges the claimed root of the step by the witness. Of KindDerivation
// there is nothing to execute; Layer says what differs.
func (e *Evidence) Judge(engine *stf.Engine) (rollup.Verdict, error) {
	l, err := e.Layer()
	if err != nil {
		return rollup.Verdict{}, err
	}
	return Judge(engine, l, int(e.Step), e.PreRoot, e.Claimed, e.Witness), nil
}

// Agree compares a derivation with the header of its layer. The error says what differs.
func Agree(h *rollup.Header, p *rollup.Params, got *rollup.Derivation) error {
	bad := func(what string, own, theirs any) error {
		return fmt.Errorf("%s is %v here and %v in the L1 header", what, own, theirs)
	}
	switch {
	case h.ParamsHash != p.Hash():
		return bad("the parameters' hash", p.Hash(), h.ParamsHash)
	case h.ItemCount != uint32(len(got.Items)):
		return bad("the number of items", len(got.Items), h.ItemCount)
	case h.StepCount != uint32(len(got.Steps)):
		return bad("the number of steps", len(got.Steps), h.StepCount)
	case h.ItemsRoot != got.ItemsRoot():
		return bad("the root of the items", got.ItemsRoot(), h.ItemsRoot)
	case h.CarryRoot != got.Carry.Root():
		return bad("the root of the carry", got.Carry.Root(), h.CarryRoot)
	}
	return nil
}
