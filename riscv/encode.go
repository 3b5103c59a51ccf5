package riscv

import (
	"errors"
	"fmt"
)

// ErrEncode is wrapped by every error of Encode.
var ErrEncode = errors.New("riscv: cannot encode")

// Encode returns the word of i. It refuses OpIllegal, registers above 31, immediates that the
// format cannot hold and values in fields that the format does not have.
func Encode(i Inst) (uint32, error) {
	if i.Op == OpIllegal || int(i.Op) >= NumOps {
		return 0, fmt.Errorf("%w: no such instruction (%d)", ErrEncode, i.Op)
	}
	e := &encodings[i.Op]
	word := e.major | e.funct3<<12
	rd, rs1, rs2 := uint32(i.Rd&31)<<7, uint32(i.Rs1&31)<<15, uint32(i.Rs2&31)<<20
	imm := uint32(i.Imm)
	switch e.format {
	case FormatR:
		word |= e.funct7<<25 | rd | rs1 | rs2
	case FormatI, FormatLoad:
		word |= imm<<20 | rd | rs1
	case FormatShift:
		word |= e.funct7<<25 | imm&31<<20 | rd | rs1
	case FormatS:
		word |= imm>>5<<25 | imm&31<<7 | rs1 | rs2
	case FormatB:
		word |= imm>>12&1<<31 | imm>>5&0x3f<<25 | imm>>1&0xf<<8 | imm>>11&1<<7 | rs1 | rs2
	case FormatU:
		word |= imm&0xfffff000 | rd
	case FormatJ:
		word |= imm>>20&1<<31 | imm>>1&0x3ff<<21 | imm>>11&1<<20 | imm>>12&0xff<<12 | rd
	default: // FormatSystem
		word = systemWord(i.Op)
	}
	// What a field cannot hold does not survive decoding: one comparison finds every such value.
	if got := Decode(word); got != i {
		return 0, fmt.Errorf("%w: %s: operand out of range (rd %d, rs1 %d, rs2 %d, imm %d)",
			ErrEncode, i.Op, i.Rd, i.Rs1, i.Rs2, i.Imm)
	}
	return word, nil
}

func systemWord(op Op) uint32 {
	switch op {
	case ECALL:
		return wordECALL
	case EBREAK:
		return wordEBREAK
	default:
		return wordFENCE
	}
}
