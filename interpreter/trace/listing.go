package trace

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// List writes the disassembly of [from, to) as far as it lies in executable segments: a heading for
// each function, a line for each word, and beside jumps and branches the name of their target.
func List(w io.Writer, p *elf.Program, s *Symbols, from, to uint32) error {
	out := bufio.NewWriter(w)
	for i := range p.Segments {
		seg := &p.Segments[i]
		if !seg.Executable {
			continue
		}
		start, end := max(from, seg.Addr)&^3, min(to, seg.Addr+uint32(len(seg.Data)))
		for pc := start; pc < end && end-pc >= 4; pc += 4 {
			if f, ok := s.at(pc); ok {
				fmt.Fprintf(out, "\n%08x <%s>:\n", pc, f.Name)
			}
			word := binary.LittleEndian.Uint32(seg.Data[pc-seg.Addr:])
			fmt.Fprintf(out, "  %08x:  %08x  %s%s\n", pc, word, riscv.Disassemble(word, pc),
				target(word, pc, s))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("trace: write listing: %w", err)
	}
	return nil
}

// target names where the instruction at pc goes.
func target(word, pc uint32, s *Symbols) string {
	i := riscv.Decode(word)
	if f := i.Op.Format(); f != riscv.FormatB && f != riscv.FormatJ {
		return ""
	}
	l := s.Locate(pc + uint32(i.Imm))
	if l.Function == "" {
		return ""
	}
	l.File = ""
	return " <" + l.String() + ">"
}
