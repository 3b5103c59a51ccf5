// Package engine holds what the engines of the machine have in common: how a frame stops, and a
// digest by which their memories are compared.
//
// It holds no semantics of instructions, gas or memory: every engine has its own, so that comparing
// two engines compares two accounts of docs/spec/isa.md.
package engine

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/trap"
)

// StopKind says why a machine stopped.
type StopKind uint8

// The kinds of stop. The zero value means that the machine has not stopped.
const (
	Returned StopKind = iota + 1 // pc became 0: the frame ended with success
	HostCall                     // an ECALL was executed; pc is already after it
	Trapped                      // Stop.Trap tells why; pc is at the instruction that trapped
)

// Stop is the outcome of running a frame.
type Stop struct {
	Kind StopKind
	Trap trap.Code // None unless Kind is Trapped
}

// String says how the frame stopped.
func (s Stop) String() string {
	switch s.Kind {
	case 0:
		return "running"
	case Returned:
		return "returned"
	case HostCall:
		return "host call"
	default:
		return "trapped: " + s.Trap.String()
	}
}

// Canceled is the error of a run that ctx stopped.
func Canceled(ctx context.Context) error {
	return fmt.Errorf("engine: run stopped: %w", context.Cause(ctx))
}
