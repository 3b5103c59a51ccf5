package trace

import (
	"encoding/binary"
	"slices"

	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// called returns the addresses that the code of p calls directly: by JAL, or by AUIPC and JALR one
// after the other, as compilers write a call. Data in text may look like a call; only targets in
// text count.
func called(p *elf.Program) []uint32 {
	var code ranges
	for i := range p.Segments {
		if s := &p.Segments[i]; s.Executable {
			code = append(code, [2]uint64{uint64(s.Addr), uint64(s.Addr) + uint64(len(s.Data))})
		}
	}
	var out []uint32
	for i := range p.Segments {
		s := &p.Segments[i]
		if !s.Executable {
			continue
		}
		var before riscv.Inst
		for off := 0; off+4 <= len(s.Data); off += 4 {
			i := riscv.Decode(binary.LittleEndian.Uint32(s.Data[off:]))
			pc := s.Addr + uint32(off)
			target := pc + uint32(i.Imm)
			isCall := i.Op == riscv.JAL && isLink(i.Rd)
			if i.Op == riscv.JALR && isLink(i.Rd) && before.Op == riscv.AUIPC && before.Rd == i.Rs1 {
				isCall, target = true, pc-4+uint32(before.Imm)+uint32(i.Imm)
			}
			if isCall && target%4 == 0 && code.has(target) {
				out = append(out, target)
			}
			before = i
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
