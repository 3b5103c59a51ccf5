package interpreter

import (
	"github.com/athenarollup/athena/riscv"
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

// Stop is the outcome of Run or Step.
type Stop struct {
	Kind StopKind
	Trap trap.Code // None unless Kind is Trapped
}

// Machine is one frame of a program: registers, memory, gas. It is not safe for concurrent use.
type Machine struct {
	code *Code
	// x has 256 entries so that a uint8 index needs no bounds check; x[0] is 0 and x[sink] is rubbish.
	x     [256]uint32
	pc    uint32
	gas   uint64
	count uint64
	ended Stop // Kind 0 while the frame lives
	memory
}

// NewMachine returns a frame with fresh memory. Give the memory back with Release.
func NewMachine(c *Code) *Machine {
	m := &Machine{code: c}
	m.memory.init(c)
	return m
}

// Release gives the memory back to the pool. The machine must not be used afterwards.
func (m *Machine) Release() { m.memory.release() }

// Start sets the registers for entry at pc: ra 0, sp the stack's top, all others 0. It does not
// touch memory, so a machine is started once.
func (m *Machine) Start(pc uint32, gas uint64) {
	m.x = [256]uint32{riscv.RegSP: m.code.program.StackTop}
	m.pc, m.gas, m.count, m.ended = pc, gas, 0, Stop{}
}

// Reg returns register i, 0..31.
func (m *Machine) Reg(i int) uint32 {
	if i == 0 {
		return 0
	}
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

func (m *Machine) trap(code trap.Code) Stop { return m.end(Stop{Trapped, code}) }

func (m *Machine) outOfGas() Stop {
	m.gas = 0
	return m.trap(trap.OutOfGas)
}
