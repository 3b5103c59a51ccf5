package stepper

import (
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/trap"
)

// execute applies i to the machine and moves pc. References are to the RISC-V Unprivileged ISA.
func (m *Machine) execute(i riscv.Inst) trap.Code {
	switch i.Op {
	case riscv.LUI: // §2.4
		m.SetReg(int(i.Rd), uint32(i.Imm))
	case riscv.AUIPC:
		m.SetReg(int(i.Rd), m.pc+uint32(i.Imm))

	case riscv.JAL: // §2.5.1
		return m.jump(m.pc+uint32(i.Imm), i.Rd)
	case riscv.JALR:
		return m.jump((m.x[i.Rs1]+uint32(i.Imm))&^1, i.Rd)
	case riscv.BEQ, riscv.BNE, riscv.BLT, riscv.BGE, riscv.BLTU, riscv.BGEU: // §2.5.2
		if condition(i.Op, m.x[i.Rs1], m.x[i.Rs2]) {
			return m.jump(m.pc+uint32(i.Imm), 0)
		}

	case riscv.LB, riscv.LH, riscv.LW, riscv.LBU, riscv.LHU: // §2.6
		value, ok := m.load(i.Op, m.x[i.Rs1]+uint32(i.Imm))
		if !ok {
			return trap.LoadFault
		}
		m.SetReg(int(i.Rd), value)
	case riscv.SB, riscv.SH, riscv.SW:
		if !m.store(i.Op, m.x[i.Rs1]+uint32(i.Imm), m.x[i.Rs2]) {
			return trap.StoreFault
		}

	case riscv.FENCE, riscv.ECALL: // nothing happens here; the host serves an ECALL
	case riscv.EBREAK:
		return trap.Breakpoint
	case riscv.OpIllegal:
		return trap.IllegalInstruction

	default: // §2.4 and §13: a register from one register and another, or an immediate
		second := m.x[i.Rs2]
		if f := i.Op.Format(); f == riscv.FormatI || f == riscv.FormatShift {
			second = uint32(i.Imm)
		}
		m.SetReg(int(i.Rd), compute(i.Op, m.x[i.Rs1], second))
	}
	m.pc += 4
	return trap.None
}

// jump makes target the pc and puts the address of the next instruction into rd.
func (m *Machine) jump(target uint32, rd uint8) trap.Code {
	if target%4 == 2 {
		return trap.MisalignedJump
	}
	m.SetReg(int(rd), m.pc+4)
	m.pc = target
	return trap.None
}

// condition is that of a branch.
func condition(op riscv.Op, a, b uint32) bool {
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
	case riscv.BGEU:
		return a >= b
	default:
		panic("BUG: stepper: " + op.String() + " is no branch")
	}
}

// compute is a computational instruction. The wide ones are done in 64 bits.
func compute(op riscv.Op, a, b uint32) uint32 {
	signedA, signedB := int64(int32(a)), int64(int32(b))
	wideA, wideB := uint64(a), uint64(b)
	switch op {
	case riscv.ADD, riscv.ADDI:
		return a + b
	case riscv.SUB:
		return a - b
	case riscv.AND, riscv.ANDI:
		return a & b
	case riscv.OR, riscv.ORI:
		return a | b
	case riscv.XOR, riscv.XORI:
		return a ^ b
	case riscv.SLL, riscv.SLLI:
		return a << (b % 32)
	case riscv.SRL, riscv.SRLI:
		return a >> (b % 32)
	case riscv.SRA, riscv.SRAI:
		return uint32(signedA >> (b % 32))
	case riscv.SLT, riscv.SLTI:
		return boolean(signedA < signedB)
	case riscv.SLTU, riscv.SLTIU:
		return boolean(a < b)
	case riscv.MUL:
		return uint32(wideA * wideB)
	case riscv.MULH:
		return uint32(signedA * signedB >> 32)
	case riscv.MULHSU:
		return uint32(signedA * int64(wideB) >> 32)
	case riscv.MULHU:
		return uint32(wideA * wideB >> 32)
	case riscv.DIV, riscv.DIVU, riscv.REM, riscv.REMU:
		return divide(op, a, b)
	default:
		panic("BUG: stepper: " + op.String() + " computes nothing")
	}
}

// divide is a division, which never traps: table 11 of §13.2. In 64 bits nothing overflows.
func divide(op riscv.Op, a, b uint32) uint32 {
	quotient, remainder := int64(-1), int64(int32(a))
	if b != 0 {
		quotient, remainder = int64(int32(a))/int64(int32(b)), int64(int32(a))%int64(int32(b))
	}
	if op == riscv.DIVU || op == riscv.REMU {
		quotient, remainder = int64(1<<32-1), int64(a)
		if b != 0 {
			quotient, remainder = int64(a)/int64(b), int64(a)%int64(b)
		}
	}
	if op == riscv.DIV || op == riscv.DIVU {
		return uint32(quotient)
	}
	return uint32(remainder)
}

func boolean(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
