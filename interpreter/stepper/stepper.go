// Package stepper is the executable specification of the machine (docs/spec/isa.md,
// docs/spec/gas.md): one instruction at a time, decoded from memory each time, written to be
// read.
//
// It is not fast, and it shares no semantics with package interpreter: its arithmetic, its checks
// of memory and its gas are its own, so that a difference between the two engines is a fault in
// one of them. Both have the same methods.
//
// # Invariants
//
//   - Every result is a function of program, memory, registers and gas.
//   - A trapping instruction changes nothing but the gas and the count of instructions.
package stepper

import (
	"context"

	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// pollInterval is the number of instructions between two looks at a context.
const pollInterval = 1 << 16

// Machine is one frame of a program: registers, memory, gas. It is not safe for concurrent use.
type Machine struct {
	costs    metering.InstructionCosts
	stackTop uint32

	x     [riscv.Registers]uint32 // x[0] stays 0
	pc    uint32
	gas   uint64
	count uint64
	ended engine.Stop // Kind 0 while the frame lives
	memory
}

// New returns a frame of p with fresh memory.
func New(p *elf.Program, costs *metering.InstructionCosts) *Machine {
	m := &Machine{costs: *costs, stackTop: p.StackTop}
	m.memory.init(p)
	return m
}

// Release ends the use of the machine.
func (m *Machine) Release() { m.memory = memory{} }

// Start sets the registers for entry at pc: ra 0, sp the stack's top, all others 0. It does not
// touch memory, so a machine is started once.
func (m *Machine) Start(pc uint32, gas uint64) {
	m.x = [riscv.Registers]uint32{riscv.RegSP: m.stackTop}
	m.pc, m.gas, m.count, m.ended = pc, gas, 0, engine.Stop{}
}

// Run executes until the frame returns, traps or calls the host. After a host call, serve it and
// run again; after any other stop the frame is over and Run returns the same stop.
func (m *Machine) Run() engine.Stop {
	for {
		if stop, stopped := m.Step(); stopped {
			return stop
		}
	}
}

// RunContext is Run, but ends with an error soon after ctx is done. The frame can then run on.
func (m *Machine) RunContext(ctx context.Context) (engine.Stop, error) {
	for ctx.Err() == nil {
		for range pollInterval {
			if stop, stopped := m.Step(); stopped {
				return stop, nil
			}
		}
	}
	return engine.Stop{}, engine.Canceled(ctx)
}

// Step executes one instruction and reports whether the machine stopped. The order of its checks is
// consensus (docs/spec/isa.md, "Order of checks").
func (m *Machine) Step() (engine.Stop, bool) {
	if m.ended.Kind != 0 {
		return m.ended, true
	}
	if m.pc == 0 {
		return m.end(engine.Stop{Kind: engine.Returned})
	}
	word, ok := m.fetch(m.pc)
	if !ok {
		return m.end(engine.Stop{Kind: engine.Trapped, Trap: trap.BadJump})
	}
	inst := riscv.Decode(word)
	cost := uint64(m.costs.Of(inst.Op))
	if m.gas < cost {
		m.gas = 0
		return m.end(engine.Stop{Kind: engine.Trapped, Trap: trap.OutOfGas})
	}
	m.gas -= cost
	m.count++
	if code := m.execute(inst); code != trap.None {
		return m.end(engine.Stop{Kind: engine.Trapped, Trap: code})
	}
	if inst.Op == riscv.ECALL {
		return engine.Stop{Kind: engine.HostCall}, true
	}
	return engine.Stop{}, false
}

// end makes s the frame's last stop.
func (m *Machine) end(s engine.Stop) (engine.Stop, bool) {
	m.ended = s
	return s, true
}

// Reg returns register i, 0..31.
func (m *Machine) Reg(i int) uint32 { return m.x[i] }

// SetReg sets register i, 0..31; writes to register 0 are ignored.
func (m *Machine) SetReg(i int, v uint32) {
	if i != 0 {
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
