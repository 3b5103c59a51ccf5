package riscv

import "fmt"

// String is the instruction in assembly, with distances (not targets) for branches and jumps.
func (i Inst) String() string {
	return i.text(fmt.Sprintf("%+d", i.Imm))
}

// Disassemble returns the word at pc in assembly, with absolute targets for branches and jumps. A
// word that is no instruction is shown as data.
func Disassemble(word, pc uint32) string {
	i := Decode(word)
	if i.Op == OpIllegal {
		return fmt.Sprintf(".word 0x%08x", word)
	}
	return i.text(fmt.Sprintf("0x%x", pc+uint32(i.Imm)))
}

func (i Inst) text(target string) string {
	rd, rs1, rs2 := RegisterName(i.Rd), RegisterName(i.Rs1), RegisterName(i.Rs2)
	switch i.Op.Format() {
	case FormatR:
		return fmt.Sprintf("%s %s, %s, %s", i.Op, rd, rs1, rs2)
	case FormatI:
		if i.Op == JALR {
			return fmt.Sprintf("%s %s, %d(%s)", i.Op, rd, i.Imm, rs1)
		}
		return fmt.Sprintf("%s %s, %s, %d", i.Op, rd, rs1, i.Imm)
	case FormatShift:
		return fmt.Sprintf("%s %s, %s, %d", i.Op, rd, rs1, i.Imm)
	case FormatLoad:
		return fmt.Sprintf("%s %s, %d(%s)", i.Op, rd, i.Imm, rs1)
	case FormatS:
		return fmt.Sprintf("%s %s, %d(%s)", i.Op, rs2, i.Imm, rs1)
	case FormatB:
		return fmt.Sprintf("%s %s, %s, %s", i.Op, rs1, rs2, target)
	case FormatU:
		return fmt.Sprintf("%s %s, 0x%x", i.Op, rd, uint32(i.Imm)>>12)
	case FormatJ:
		return fmt.Sprintf("%s %s, %s", i.Op, rd, target)
	default:
		return i.Op.String()
	}
}
