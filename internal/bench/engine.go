package bench

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
)

// Engine names what executes instructions.
type Engine string

// The engines.
const (
	Interpreter Engine = "interpreter" // the predecoded program
	Stepper     Engine = "stepper"     // the executable specification
)

// Validate returns why e is no engine, or nil.
func (e Engine) Validate() error {
	if e != Interpreter && e != Stepper {
		return fmt.Errorf("bench: no engine %q; there are %s and %s", e, Interpreter, Stepper)
	}
	return nil
}

// machine is one frame on any engine.
type machine interface {
	memory
	Start(pc uint32, gas uint64)
	Run() engine.Stop
	RunContext(ctx context.Context) (engine.Stop, error)
	Instructions() uint64
	Release()
}

// memory is what a host call sees of a machine.
type memory interface {
	PC() uint32
	Reg(i int) uint32
	SetReg(i int, v uint32)
	Read(addr, n uint32) ([]byte, bool)
	Write(addr uint32, b []byte) bool
}

var (
	_ machine = (*interpreter.Machine)(nil)
	_ machine = (*stepper.Machine)(nil)
)

// prepare returns what makes frames of p under the costs of version 1.
func (e Engine) prepare(p *elf.Program) func() machine {
	costs := metering.V1().Instruction
	if e == Stepper {
		return func() machine { return stepper.New(p, &costs) }
	}
	code := interpreter.Predecode(p, &costs)
	return func() machine { return interpreter.NewMachine(code) }
}
