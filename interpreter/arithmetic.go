package interpreter

import "github.com/athenarollup/athena/riscv"

// arithmetic is the result of a register or immediate operation on a and b.
func arithmetic(op riscv.Op, a, b uint32) uint32 {
	switch op {
	case riscv.ADD, riscv.ADDI:
		return a + b
	case riscv.SUB:
		return a - b
	case riscv.SLL, riscv.SLLI:
		return a << (b & 31)
	case riscv.SLT, riscv.SLTI:
		return bit(int32(a) < int32(b))
	case riscv.SLTU, riscv.SLTIU:
		return bit(a < b)
	case riscv.XOR, riscv.XORI:
		return a ^ b
	case riscv.SRL, riscv.SRLI:
		return a >> (b & 31)
	case riscv.SRA, riscv.SRAI:
		return uint32(int32(a) >> (b & 31))
	case riscv.OR, riscv.ORI:
		return a | b
	case riscv.AND, riscv.ANDI:
		return a & b
	case riscv.MUL:
		return a * b
	case riscv.MULH:
		return uint32(uint64(int64(int32(a))*int64(int32(b))) >> 32)
	case riscv.MULHSU:
		return uint32(uint64(int64(int32(a))*int64(b)) >> 32)
	case riscv.MULHU:
		return uint32(uint64(a) * uint64(b) >> 32)
	case riscv.DIV:
		return div(a, b)
	case riscv.DIVU:
		return divu(a, b)
	case riscv.REM:
		return rem(a, b)
	case riscv.REMU:
		return remu(a, b)
	default:
		panic("BUG: interpreter: " + op.String() + " is not arithmetic")
	}
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// The four divisions never trap: a zero divisor gives all ones and the dividend, and overflow
// gives the dividend and 0 (RISC-V Unprivileged ISA, §13.2), which is also what Go defines for
// MinInt32 / -1.

func div(a, b uint32) uint32 {
	if b == 0 {
		return ^uint32(0)
	}
	return uint32(int32(a) / int32(b))
}

func divu(a, b uint32) uint32 {
	if b == 0 {
		return ^uint32(0)
	}
	return a / b
}

func rem(a, b uint32) uint32 {
	if b == 0 {
		return a
	}
	return uint32(int32(a) % int32(b))
}

func remu(a, b uint32) uint32 {
	if b == 0 {
		return a
	}
	return a % b
}
