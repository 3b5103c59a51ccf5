package dispute

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// ErrUnprovable says that a step cannot be proven from its own witness. It is a bug: the limits of
// steps exist so that every step can be.
var ErrUnprovable = errors.New("dispute: step cannot be proven")

// Prove executes a step on the tree before it and returns the witness with which anybody can repeat
// it, and the root after it. It has repeated it itself. The tree is not changed.
func Prove(
	e *stf.Engine, t *statetree.Tree, l *stf.Layer, step int,
) (witness []byte, post rollup.Hash, err error) {
	f := t.Fork()
	rec := f.Record()
	if _, post, err = run(e, f, l, step); err != nil {
		return nil, rollup.Hash{}, fmt.Errorf("dispute: prove: %w", err)
	}
	if witness, err = rec.Witness(); err != nil {
		return nil, rollup.Hash{}, fmt.Errorf("dispute: prove: %w", err)
	}
	v := Judge(e, l, step, rollup.Hash(rec.Root()), post, witness)
	if v.Code != rollup.VerdictUpheld {
		return nil, rollup.Hash{}, fmt.Errorf("%w: layer %d, step %d, witness of %d bytes: %s",
			ErrUnprovable, l.Header.Height, step, len(witness), v.Detail)
	}
	return witness, post, nil
}

// run executes a step on a tree and returns what it did and the root after it.
func run(
	e *stf.Engine, t *statetree.Tree, l *stf.Layer, step int,
) (*stf.StepResult, rollup.Hash, error) {
	res, err := e.ApplyStep(stf.Backend(t), l, step)
	if err != nil {
		return nil, rollup.Hash{}, err
	}
	if err := stf.Commit(t, res.Changes); err != nil {
		return res, rollup.Hash{}, err
	}
	return res, rollup.Hash(t.Root()), nil
}
