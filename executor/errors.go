package executor

import (
	"errors"
	"fmt"
)

var (
	// ErrDiverged says that L1 and this executor disagree about what is derived or executed. The
	// executor stops: whatever it did next would build on the difference.
	ErrDiverged = errors.New("executor: differs from L1")
	// ErrSelf says that executing a step twice gave two results. The machine is faulty, or execution
	// reads what no witness shows. Nothing is committed.
	ErrSelf = errors.New("executor: differs from itself")
	// ErrEngine says that the engine panicked. The layer is not committed and no root of it is told
	// to anybody: a node that fails for reasons of its own must not vote. Starting again ends at the
	// same step.
	ErrEngine = errors.New("executor: the engine failed; do not restart this version: report the " +
		"evidence file")
	// ErrTooDeep says that L1 reorganised below the history that is kept.
	ErrTooDeep = errors.New("executor: L1 reorganised below the history that is kept; " +
		"delete the state folder and start again, or keep a longer history")
)

// ErrL1 says that L1 did not answer, or moved while it was read. Nothing is lost: the same Step is
// tried again. Every other error of Step is for an operator.
var ErrL1 = errors.New("executor: L1 does not answer")

// errMoved says that L1 reorganised while it was read: the tip is asked for again.
var errMoved = fmt.Errorf("%w: a block is not there any more, or not yet", ErrL1)

// chainError is a failure of L1 to answer.
type chainError struct{ err error }

func (e *chainError) Error() string { return e.err.Error() }
func (e *chainError) Unwrap() error { return e.err }

// Is reports that every chainError is an ErrL1.
func (e *chainError) Is(target error) bool { return target == ErrL1 }

// onChain marks an error as one of L1.
func onChain(what string, err error) error {
	if err == nil {
		return nil
	}
	return &chainError{fmt.Errorf("executor: %s: %w", what, err)}
}
