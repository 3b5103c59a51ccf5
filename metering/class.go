package metering

import "github.com/athenarollup/athena/riscv"

// ClassOf returns the price class of an instruction. Every number that is no instruction, and
// EBREAK, is ClassIllegal. See docs/spec/gas.md.
func ClassOf(op riscv.Op) Class {
	if int(op) >= riscv.NumOps {
		return ClassIllegal
	}
	switch op {
	case riscv.MUL, riscv.MULH, riscv.MULHSU, riscv.MULHU:
		return ClassMul
	case riscv.DIV, riscv.DIVU, riscv.REM, riscv.REMU:
		return ClassDiv
	case riscv.LB, riscv.LH, riscv.LW, riscv.LBU, riscv.LHU:
		return ClassLoad
	case riscv.SB, riscv.SH, riscv.SW:
		return ClassStore
	case riscv.BEQ, riscv.BNE, riscv.BLT, riscv.BGE, riscv.BLTU, riscv.BGEU:
		return ClassBranch
	case riscv.JAL:
		return ClassJump
	case riscv.JALR:
		return ClassIndirect
	case riscv.ECALL:
		return ClassECALL
	case riscv.OpIllegal, riscv.EBREAK:
		return ClassIllegal
	default:
		return ClassALU
	}
}

// Of returns the gas of one instruction.
func (c *InstructionCosts) Of(op riscv.Op) uint32 { return c[ClassOf(op)] }
