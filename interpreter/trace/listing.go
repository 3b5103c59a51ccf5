package trace

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// sameWords is how many equal words in a row are listed before the rest is left out.
const sameWords = 4

// List writes the disassembly of [from, to) as far as it lies in executable segments: a heading for
// each function, a line for each word, and beside jumps, branches and calls the name of their
// target. A file header that is mapped with the code is left out, as are repeated words.
func List(w io.Writer, p *elf.Program, s *Symbols, from, to uint32) error {
	out := bufio.NewWriter(w)
	for i := range p.Segments {
		seg := &p.Segments[i]
		if !seg.Executable {
			continue
		}
		start, end := max(from, seg.Addr, s.firstCode(seg))&^3, min(to, seg.Addr+uint32(len(seg.Data)))
		l := lister{out: out, symbols: s}
		for pc := start; pc < end && end-pc >= 4; pc += 4 {
			l.line(pc, binary.LittleEndian.Uint32(seg.Data[pc-seg.Addr:]))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("trace: write listing: %w", err)
	}
	return nil
}

// firstCode is where the code of a segment begins: after the file's header, if that is mapped.
func (s *Symbols) firstCode(seg *elf.Segment) uint32 {
	if bytes.HasPrefix(seg.Data, []byte("\x7fELF")) {
		for _, f := range s.functions {
			if seg.Contains(f.Addr, 1) {
				return f.Addr
			}
		}
	}
	return seg.Addr
}

// lister writes words one after the other.
type lister struct {
	out     *bufio.Writer
	symbols *Symbols
	before  uint32
	same    int
}

func (l *lister) line(pc, word uint32) {
	f, heading := l.symbols.at(pc)
	if heading {
		fmt.Fprintf(l.out, "\n%08x <%s>:\n", pc, f.Name)
	}
	if l.same++; word != l.before || heading {
		l.same = 0
	}
	previous := riscv.Decode(l.before)
	l.before = word
	switch {
	case l.same == sameWords:
		fmt.Fprintln(l.out, "  ...")
	case l.same < sameWords:
		fmt.Fprintf(l.out, "  %08x:  %08x  %s%s\n", pc, word, riscv.Disassemble(word, pc),
			l.target(previous, riscv.Decode(word), pc))
	}
}

// target names where the instruction i at pc goes, whose predecessor may be the other half of a far
// call.
func (l *lister) target(previous, i riscv.Inst, pc uint32) string {
	var to uint32
	switch f := i.Op.Format(); {
	case f == riscv.FormatB || f == riscv.FormatJ:
		to = pc + uint32(i.Imm)
	case i.Op == riscv.JALR && previous.Op == riscv.AUIPC && previous.Rd == i.Rs1:
		to = pc - 4 + uint32(previous.Imm) + uint32(i.Imm)
	default:
		return ""
	}
	at := l.symbols.Locate(to)
	if at.Function == "" {
		return ""
	}
	at.File = ""
	return " <" + at.String() + ">"
}
