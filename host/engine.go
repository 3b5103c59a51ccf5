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

// otherEngine is what a frame needs of an engine that is not the interpreter.
type otherEngine interface {
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

// machine is a frame on any engine. The interpreter is called directly: what it does for the cheap
// host calls takes less time than to find out which engine it is.
type machine struct {
	*interpreter.Machine // nil: other
	other                otherEngine
}

// newMachine returns a fresh frame of code.
func (e Engine) newMachine(code *interpreter.Code, costs *metering.InstructionCosts) machine {
	switch e {
	case EngineStepper:
		return machine{other: stepper.New(code.Program(), costs)}
	case EngineBoth:
		return machine{
			other: lockstep.New(interpreter.NewMachine(code), stepper.New(code.Program(), costs)),
		}
	default:
		return machine{Machine: interpreter.NewMachine(code)}
	}
}

// interpreter is the machine as tracers know it.
func (f *frame) interpreter() *interpreter.Machine {
	if f.m.Machine == nil {
		panic("BUG: host: a tracer needs the interpreter")
	}
	return f.m.Machine
}

func (m *machine) Start(pc uint32, gas uint64) {
	if m.Machine == nil {
		m.other.Start(pc, gas)
		return
	}
	m.Machine.Start(pc, gas)
}

func (m *machine) Run() engine.Stop {
	if m.Machine == nil {
		return m.other.Run()
	}
	return m.Machine.Run()
}

func (m *machine) Reg(i int) uint32 {
	if m.Machine == nil {
		return m.other.Reg(i)
	}
	return m.Machine.Reg(i)
}

func (m *machine) SetReg(i int, v uint32) {
	if m.Machine == nil {
		m.other.SetReg(i, v)
		return
	}
	m.Machine.SetReg(i, v)
}

func (m *machine) Gas() uint64 {
	if m.Machine == nil {
		return m.other.Gas()
	}
	return m.Machine.Gas()
}

func (m *machine) SetGas(gas uint64) {
	if m.Machine == nil {
		m.other.SetGas(gas)
		return
	}
	m.Machine.SetGas(gas)
}

func (m *machine) Charge(n uint64) bool {
	if m.Machine == nil {
		return m.other.Charge(n)
	}
	return m.Machine.Charge(n)
}

func (m *machine) Readable(addr, n uint32) bool {
	if m.Machine == nil {
		return m.other.Readable(addr, n)
	}
	return m.Machine.Readable(addr, n)
}

func (m *machine) Writable(addr, n uint32) bool {
	if m.Machine == nil {
		return m.other.Writable(addr, n)
	}
	return m.Machine.Writable(addr, n)
}

func (m *machine) Read(addr, n uint32) ([]byte, bool) {
	if m.Machine == nil {
		return m.other.Read(addr, n)
	}
	return m.Machine.Read(addr, n)
}

func (m *machine) Write(addr uint32, b []byte) bool {
	if m.Machine == nil {
		return m.other.Write(addr, b)
	}
	return m.Machine.Write(addr, b)
}

func (m *machine) Pages() uint32 {
	if m.Machine == nil {
		return m.other.Pages()
	}
	return m.Machine.Pages()
}

func (m *machine) Grow(pages, maxPages uint32) (oldHeapEnd uint32, ok bool) {
	if m.Machine == nil {
		return m.other.Grow(pages, maxPages)
	}
	return m.Machine.Grow(pages, maxPages)
}

func (m *machine) Release() {
	if m.Machine == nil {
		m.other.Release()
		return
	}
	m.Machine.Release()
}
