package interpreter

import (
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/trap"
)

// Step executes one instruction at pc and reports whether the machine stopped. It is the exact
// path, which takes whatever the loop leaves to it: it decodes each time and uses nothing of what
// Predecode computed. The order of its checks is consensus (docs/spec/isa.md, "Order of checks").
func (m *Machine) Step() (Stop, bool) {
	if m.ended.Kind != 0 {
		return m.ended, true
	}
	if m.pc == 0 {
		return m.end(Stop{Kind: Returned}), true
	}
	if m.pc%4 != 0 || !m.enter() {
		return m.trap(trap.BadJump), true
	}
	i := riscv.Decode(m.region.word(m.pc - m.region.base))
	cost := uint64(m.code.costs.Of(i.Op))
	if m.gas < cost {
		return m.outOfGas(), true
	}
	m.gas -= cost
	m.count++
	if code := m.execute(i); code != trap.None {
		return m.trap(code), true
	}
	if i.Op == riscv.ECALL {
		return Stop{Kind: HostCall}, true
	}
	return Stop{}, false
}

// execute applies i to the machine and moves pc. On a trap nothing is written.
func (m *Machine) execute(i riscv.Inst) trap.Code {
	a, b := m.x[i.Rs1], m.x[i.Rs2]
	next := m.pc + 4
	switch i.Op.Format() {
	case riscv.FormatR:
		m.SetReg(int(i.Rd), arithmetic(i.Op, a, b))
	case riscv.FormatShift:
		m.SetReg(int(i.Rd), arithmetic(i.Op, a, uint32(i.Imm)))
	case riscv.FormatU:
		value := uint32(i.Imm)
		if i.Op == riscv.AUIPC {
			value += m.pc
		}
		m.SetReg(int(i.Rd), value)
	case riscv.FormatI:
		if i.Op != riscv.JALR {
			m.SetReg(int(i.Rd), arithmetic(i.Op, a, uint32(i.Imm)))
			break
		}
		target := (a + uint32(i.Imm)) &^ 1
		if target&2 != 0 {
			return trap.MisalignedJump
		}
		m.SetReg(int(i.Rd), next)
		next = target
	case riscv.FormatJ:
		target := m.pc + uint32(i.Imm)
		if target&2 != 0 {
			return trap.MisalignedJump
		}
		m.SetReg(int(i.Rd), next)
		next = target
	case riscv.FormatB:
		if taken(i.Op, a, b) {
			if next = m.pc + uint32(i.Imm); next&2 != 0 {
				return trap.MisalignedJump
			}
		}
	case riscv.FormatLoad:
		value, ok := m.loadStep(i.Op, a+uint32(i.Imm))
		if !ok {
			return trap.LoadFault
		}
		m.SetReg(int(i.Rd), value)
	case riscv.FormatS:
		width := storeWidth(i.Op)
		if !m.store(a+uint32(i.Imm), b, width) {
			return trap.StoreFault
		}
	case riscv.FormatSystem: // FENCE does nothing, ECALL is the caller's
		if i.Op == riscv.EBREAK {
			return trap.Breakpoint
		}
	default:
		return trap.IllegalInstruction
	}
	m.pc = next
	return trap.None
}

// loadStep performs a load instruction.
func (m *Machine) loadStep(op riscv.Op, addr uint32) (uint32, bool) {
	switch op {
	case riscv.LB:
		v, ok := m.load(addr, 1)
		return uint32(int8(v)), ok
	case riscv.LH:
		v, ok := m.load(addr, 2)
		return uint32(int16(v)), ok
	case riscv.LBU:
		return m.load(addr, 1)
	case riscv.LHU:
		return m.load(addr, 2)
	default:
		return m.load(addr, 4)
	}
}

// taken reports whether a branch on a and b is taken (RISC-V Unprivileged ISA, §2.5.2).
func taken(op riscv.Op, a, b uint32) bool {
	switch op {
	case riscv.BEQ:
		return a == b
	case riscv.BNE:
		return a != b
	case riscv.BLT:
		return int32(a) < int32(b)
	case riscv.BGE:
		return int32(a) >= int32(b)
	case riscv.BLTU:
		return a < b
	default: // BGEU
		return a >= b
	}
}

func storeWidth(op riscv.Op) uint32 {
	switch op {
	case riscv.SB:
		return 1
	case riscv.SH:
		return 2
	default: // SW
		return 4
	}
}
