package interpreter

import (
	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/trap"
)

// StopKind says why a machine stopped.
type StopKind = engine.StopKind

// The kinds of stop, as in package engine.
const (
	Returned = engine.Returned
	HostCall = engine.HostCall
	Trapped  = engine.Trapped
)

// Stop is the outcome of Run or Step.
type Stop = engine.Stop

// Machine is one frame of a program: registers, memory, gas. It is not safe for concurrent use.
type Machine struct {
	// x has 256 entries so that a uint8 index needs no bounds check; x[0] is 0 and x[sink] is
	// rubbish.
	x [256]uint32
	place
	memory

	region *region // what place is of; nil at first
	pc     uint32
	gas    uint64
	count  uint64
	ended  Stop // Kind 0 while the frame lives
}

// NewMachine returns a frame with fresh memory. Give the memory back with Release.
func NewMachine(c *Code) *Machine {
	if c.free {
		panic("BUG: interpreter: an instruction that costs nothing")
	}
	m := new(Machine)
	m.memory.init(c)
	return m
}

// Release gives the memory back to the pool. The machine must not be used afterwards.
func (m *Machine) Release() { m.memory.release() }

// Start sets the registers for entry at pc: ra 0, sp the stack's top, all others 0. It does not
// touch memory, so a machine is started once.
func (m *Machine) Start(pc uint32, gas uint64) {
	clear(m.x[:sink+1])
	m.x[riscv.RegSP] = m.code.program.StackTop
	m.pc, m.gas, m.count, m.ended = pc, gas, 0, Stop{}
}

// Reg returns register i, 0..31.
func (m *Machine) Reg(i int) uint32 {
	return m.x[i&(riscv.Registers-1)]
}

// SetReg sets register i, 0..31; writes to register 0 are ignored.
func (m *Machine) SetReg(i int, v uint32) {
	if i &= riscv.Registers - 1; i != 0 {
		m.x[i] = v
	}
}

// PC is the address of the next instruction, or of the one that trapped.
func (m *Machine) PC() uint32 { return m.pc }

// Gas is the gas left.
func (m *Machine) Gas() uint64 { return m.gas }

// SetGas sets the gas left.
func (m *Machine) SetGas(gas uint64) { m.gas = gas }

// Charge takes n gas for work outside the program. If less is left, the gas left becomes 0 and
// Charge reports false: the frame ends with trap.OutOfGas.
func (m *Machine) Charge(n uint64) bool {
	if m.gas < n {
		m.gas = 0
		return false
	}
	m.gas -= n
	return true
}

// Instructions is the number of instructions charged since Start, a trapping one included.
func (m *Machine) Instructions() uint64 { return m.count }

// end makes s the frame's last stop.
func (m *Machine) end(s Stop) Stop {
	m.ended = s
	return s
}

func (m *Machine) trap(code trap.Code) Stop { return m.end(Stop{Kind: Trapped, Trap: code}) }

func (m *Machine) outOfGas() Stop {
	m.gas = 0
	return m.trap(trap.OutOfGas)
}
