package executor

import (
	"bytes"
	"fmt"
	"runtime/debug"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// stepError says at which step of a layer execution failed, in a way that no other node must be
// told to believe: the layer is not committed.
type stepError struct {
	step    int
	own     rollup.Hash // zero if the step did not end
	other   rollup.Hash // the root from the witness
	differ  *dispute.Difference
	kind    dispute.Kind
	message string
}

func (e *stepError) Error() string { return e.message }

func (e *stepError) Unwrap() error {
	if e.kind == dispute.KindEngine {
		return ErrEngine
	}
	return ErrSelf
}

// execution is one layer in execution.
type execution struct {
	engine  *stf.Engine
	layer   *stf.Layer
	tree    *statetree.Tree
	rec     *statetree.Recorder // of the step in execution, if it is going to be validated
	pending chan error          // of the step that is being validated; nil: none
}

// execute runs all steps of a layer on t. With validate, every step is executed once more from its
// own witness, beside the next step, and must do the same (docs/spec/claims.md). After an error t is
// of no use.
func execute(
	e *stf.Engine, t *statetree.Tree, l *stf.Layer, validate bool,
) (*stf.LayerResult, error) {
	x := &execution{engine: e, layer: l, tree: t}
	out := new(stf.LayerResult)
	for i := range l.Steps {
		res, root, err := x.step(i, validate)
		if err != nil {
			return nil, first(x.wait(), err) // the earlier step counts
		}
		out.Steps = append(out.Steps, res)
		out.Roots = append(out.Roots, root)
	}
	if err := x.wait(); err != nil {
		return nil, err
	}
	return out, nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// wait returns what validation of the last step says.
func (x *execution) wait() error {
	if x.pending == nil {
		return nil
	}
	err := <-x.pending
	x.pending = nil
	return err
}

// record starts the recording of a step.
func (x *execution) record() {
	if x.rec == nil {
		x.rec = x.tree.Record()
		return
	}
	x.rec.Restart(x.tree)
}

// step executes one step, and begins to validate it.
func (x *execution) step(i int, validate bool) (res *stf.StepResult, root rollup.Hash, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(i, r)
		}
	}()
	if validate {
		x.record()
	}
	if res, err = x.engine.ApplyStep(stf.Backend(x.tree), x.layer, i); err != nil {
		return nil, root, err
	}
	if err = stf.Commit(x.tree, res.Changes); err != nil {
		return nil, root, fmt.Errorf("layer %d, step %d: %w", x.layer.Header.Height, i, err)
	}
	root = rollup.Hash(x.tree.Root())
	if !validate {
		return res, root, nil
	}
	pre := rollup.Hash(x.rec.Root())
	witness, err := x.rec.Witness()
	if err != nil {
		return nil, root, err
	}
	if err := x.wait(); err != nil {
		return nil, root, err
	}
	x.pending = make(chan error, 1)
	go func() {
		x.pending <- selfValidate(x.engine, x.layer, i, pre, witness, res, root)
	}()
	return res, root, nil
}

// selfValidate executes a step from its witness and compares all that it does.
func selfValidate(
	e *stf.Engine, l *stf.Layer, i int, pre rollup.Hash, witness []byte,
	own *stf.StepResult, root rollup.Hash,
) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(i, r)
		}
	}()
	bad := &stepError{step: i, own: root, kind: dispute.KindSelf}
	if limit := l.Params.WitnessCap(); len(witness) > limit {
		bad.message = fmt.Sprintf("the witness has %d bytes and a judge reads at most %d",
			len(witness), limit)
		return bad
	}
	res, other, err := dispute.Repeat(e, l, i, pre, witness)
	if err != nil {
		bad.message = "from its own witness: " + err.Error()
		return bad
	}
	bad.other = other
	if what := differs(own, res); what != "" || other != root {
		bad.differ = differingKey(own.Changes, res.Changes)
		bad.message = fmt.Sprintf("root %x, and %x from its own witness; %s", root, other,
			cmpOr(what, "equal changes"))
		return bad
	}
	return nil
}

func cmpOr(s, other string) string {
	if s != "" {
		return "different " + s
	}
	return other
}

// differs names what two executions of a step do not have in common; empty when nothing.
func differs(a, b *stf.StepResult) string {
	switch {
	case a.GasUsed != b.GasUsed:
		return "gas"
	case len(a.Receipts) != len(b.Receipts):
		return "number of receipts"
	case differingKey(a.Changes, b.Changes) != nil:
		return "changes"
	}
	for i := range a.Receipts {
		if !bytes.Equal(a.Receipts[i].Encode(), b.Receipts[i].Encode()) {
			return fmt.Sprintf("receipt of item %d", a.Receipts[i].ItemIndex)
		}
		if !bytes.Equal(a.Returns[i], b.Returns[i]) {
			return fmt.Sprintf("return data of item %d", a.Receipts[i].ItemIndex)
		}
	}
	return ""
}

// differingKey returns the first key that two lists of changes, both in key order, leave with
// different values.
func differingKey(a, b []state.Change) *dispute.Difference {
	for i := 0; i < len(a) || i < len(b); i++ {
		switch {
		case i >= len(a):
			return &dispute.Difference{Key: statetree.Key(b[i].Key), Claimed: b[i].Value}
		case i >= len(b):
			return &dispute.Difference{Key: statetree.Key(a[i].Key), Own: a[i].Value}
		}
		switch c := bytes.Compare(a[i].Key[:], b[i].Key[:]); {
		case c < 0:
			return &dispute.Difference{Key: statetree.Key(a[i].Key), Own: a[i].Value}
		case c > 0:
			return &dispute.Difference{Key: statetree.Key(b[i].Key), Claimed: b[i].Value}
		case a[i].Delete != b[i].Delete || !bytes.Equal(a[i].Value, b[i].Value):
			return &dispute.Difference{
				Key: statetree.Key(a[i].Key), Own: a[i].Value, Claimed: b[i].Value,
			}
		}
	}
	return nil
}

// panicked makes an error of a panic of the engine. Whether the panic calls itself a bug or comes
// from the runtime: this node does not know the result of the step, so it must not say one.
func panicked(step int, r any) error {
	return &stepError{
		step: step, kind: dispute.KindEngine,
		message: fmt.Sprintf("the engine panicked: %v\n%s", r, debug.Stack()),
	}
}
