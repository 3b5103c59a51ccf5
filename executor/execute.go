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
	rec     *statetree.Recorder // of the step in execution
	checks  chan check          // steps to be validated; nil: none is
	checked chan error          // what came of each
	pending bool                // a step is being validated
}

// check is a step that was executed and that is to be executed again.
type check struct {
	step    int
	pre     rollup.Hash
	witness []byte
	own     *stf.StepResult
	root    rollup.Hash // after the step
}

// execute runs all steps of a layer on t. With validate, every step is executed once more from its
// own witness, beside the next step, and must do the same (docs/spec/claims.md). After an error t is
// of no use.
func execute(
	e *stf.Engine, t *statetree.Tree, l *stf.Layer, validate bool,
) (*stf.LayerResult, error) {
	x := &execution{engine: e, layer: l, tree: t}
	if validate {
		x.checks, x.checked = make(chan check), make(chan error, 1)
		go x.validate()
		defer close(x.checks)
	}
	out := new(stf.LayerResult)
	for i := range l.Steps {
		res, root, err := x.step(i)
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

// validate executes steps again until there are no more: all steps of a layer in one goroutine,
// whose stack then grows once to what an execution takes.
func (x *execution) validate() {
	var again dispute.Repeater
	for c := range x.checks {
		x.checked <- selfValidate(x.engine, x.layer, &again, &c)
	}
}

// wait returns what validation of the last step says.
func (x *execution) wait() error {
	if !x.pending {
		return nil
	}
	x.pending = false
	return <-x.checked
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
func (x *execution) step(i int) (res *stf.StepResult, root rollup.Hash, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(i, r)
		}
	}()
	if x.checks != nil {
		x.record()
	}
	if res, err = x.engine.ApplyStep(stf.Backend(x.tree), x.layer, i); err != nil {
		return nil, root, err
	}
	if err = stf.Commit(x.tree, res.Changes); err != nil {
		return nil, root, fmt.Errorf("layer %d, step %d: %w", x.layer.Header.Height, i, err)
	}
	root = rollup.Hash(x.tree.Root())
	if x.checks == nil {
		return res, root, nil
	}
	c := check{step: i, pre: rollup.Hash(x.rec.Root()), own: res, root: root}
	if c.witness, err = x.rec.Witness(); err != nil {
		return nil, root, err
	}
	if err := x.wait(); err != nil {
		return nil, root, err
	}
	x.pending = true
	x.checks <- c
	return res, root, nil
}

// selfValidate executes a step from its witness and compares all that it does.
func selfValidate(
	e *stf.Engine, l *stf.Layer, again *dispute.Repeater, c *check,
) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(c.step, r)
		}
	}()
	bad := &stepError{step: c.step, own: c.root, kind: dispute.KindSelf}
	if limit := l.Params.WitnessCap(); len(c.witness) > limit {
		bad.message = fmt.Sprintf("the witness has %d bytes and a judge reads at most %d",
			len(c.witness), limit)
		return bad
	}
	res, other, err := again.Repeat(e, l, c.step, c.pre, c.witness)
	if err != nil {
		bad.message = "from its own witness: " + err.Error()
		return bad
	}
	bad.other = other
	if what := differs(c.own, res); what != "" || other != c.root {
		bad.differ = differingKey(c.own.Changes, res.Changes)
		bad.message = fmt.Sprintf("root %x, and %x from its own witness; %s", c.root, other,
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
