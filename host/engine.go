package host

import (
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/interpreter/lockstep"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/metering"
)

// Engine says what executes the instructions of frames. Results do not depend on it.
type Engine uint8

// The engines. EngineBoth runs each frame on the two others in lock-step and panics with a
// *lockstep.Difference where they differ, which is a bug of Athena.
const (
	EngineInterpreter Engine = iota
	EngineStepper
	EngineBoth
)

// SetEngine makes the sessions that begin from now on run on e. A tracer needs the interpreter.
func (x *Executor) SetEngine(e Engine) { x.engine = e }

// machine is what a frame needs of an engine.
type machine interface {
	Start(pc uint32, gas uint64)
	Run() engine.Stop
	Reg(i int) uint32
	SetReg(i int, v uint32)
	Gas() uint64
	SetGas(gas uint64)
	Charge(n uint64) bool
	Readable(addr, n uint32) bool
	Writable(addr, n uint32) bool
	Read(addr, n uint32) ([]byte, bool)
	Write(addr uint32, b []byte) bool
	Pages() uint32
	Grow(pages, maxPages uint32) (oldHeapEnd uint32, ok bool)
	Release()
}

// newMachine returns a fresh frame of code.
func (e Engine) newMachine(code *interpreter.Code, costs *metering.InstructionCosts) machine {
	switch e {
	case EngineStepper:
		return stepper.New(code.Program(), costs)
	case EngineBoth:
		return lockstep.New(interpreter.NewMachine(code), stepper.New(code.Program(), costs))
	default:
		return interpreter.NewMachine(code)
	}
}

// interpreter is the machine as tracers know it.
func (f *frame) interpreter() *interpreter.Machine {
	m, ok := f.m.(*interpreter.Machine)
	if !ok {
		panic("BUG: host: a tracer needs the interpreter")
	}
	return m
}
