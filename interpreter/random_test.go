package interpreter

import (
	"math/rand/v2"

	"github.com/athenarollup/athena/riscv"
)

// randomWord is mostly a legal instruction with small operands, sometimes anything.
func randomWord(rng *rand.Rand) uint32 {
	for rng.IntN(12) != 0 {
		i := riscv.Inst{
			Op: riscv.Op(1 + rng.IntN(riscv.NumOps-1)),
			Rd: uint8(rng.IntN(16)), Rs1: uint8(rng.IntN(16)), Rs2: uint8(rng.IntN(16)),
		}
		switch i.Op.Format() {
		case riscv.FormatI, riscv.FormatLoad:
			i.Rs2, i.Imm = 0, int32(rng.IntN(64)-16)
		case riscv.FormatShift:
			i.Rs2, i.Imm = 0, int32(rng.IntN(32))
		case riscv.FormatS:
			i.Rd, i.Imm = 0, int32(rng.IntN(64)-16)
		case riscv.FormatB:
			i.Rd, i.Imm = 0, int32(rng.IntN(40)-20)*2
		case riscv.FormatU:
			i.Rs1, i.Rs2, i.Imm = 0, 0, int32(rng.IntN(0x800))<<12
		case riscv.FormatJ:
			i.Rs1, i.Rs2, i.Imm = 0, 0, int32(rng.IntN(40)-20)*2
		case riscv.FormatSystem:
			i.Rd, i.Rs1, i.Rs2 = 0, 0, 0
		default: // FormatR uses all three
		}
		if word, err := riscv.Encode(i); err == nil {
			return word
		}
	}
	return rng.Uint32()
}
