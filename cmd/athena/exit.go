package main

import (
	"errors"

	"github.com/athenarollup/athena/sdk/go/client"
	"github.com/athenarollup/athena/sdk/go/literal"
	"github.com/athenarollup/athena/trap"
)

// The exit codes that scripts can rely on.
const (
	exitOK       = 0
	exitFailed   = 1 // a check, or the command itself, failed
	exitUsage    = 2 // flags or arguments
	exitTrap     = 3 // the contract trapped or reverted, or the transaction was ineffective
	exitOutOfGas = 4
	exitNetwork  = 5 // nothing answers
	exitTimeout  = 6
)

// errReported marks a failure that the command has explained already.
var errReported = errors.New("reported")

// usageError is the caller's mistake in flags or arguments.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// trapError says that a contract ended with a trap.
type trapError struct{ trap, text string }

func (e *trapError) Error() string { return e.text }

func exitCode(err error) int {
	var usage *usageError
	var trapped *trapError
	var dry *client.DryRunError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.Is(err, literal.ErrSyntax):
		return exitUsage
	case errors.As(err, &trapped):
		return trapExit(trapped.trap)
	case errors.As(err, &dry):
		return trapExit(dry.Trap)
	case client.IsTimeout(err):
		return exitTimeout
	case client.IsUnavailable(err):
		return exitNetwork
	}
	return exitFailed
}

func trapExit(name string) int {
	if name == trap.OutOfGas.String() || name == trap.OutOfWitness.String() {
		return exitOutOfGas
	}
	return exitTrap
}
