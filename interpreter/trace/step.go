package trace

import (
	"context"
	"encoding/binary"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// pollInterval is the number of instructions between two looks at a context.
const pollInterval = 1 << 14

// Observer sees every instruction that a machine executes.
type Observer interface {
	// Before sees the machine before it executes i at its pc.
	Before(m *interpreter.Machine, i riscv.Inst)
	// After sees it afterwards; gas is what the instruction took. After a trap pc has not moved.
	After(m *interpreter.Machine, i riscv.Inst, gas uint64)
}

// Text is the code of a program, decoded once for all its steps. It is immutable.
type Text struct{ parts []part }

type part struct {
	base  uint32
	insts []riscv.Inst
}

// NewText decodes the executable segments of p. Words of a segment's zero tail are left out: none
// of them is an instruction.
func NewText(p *elf.Program) *Text {
	t := &Text{}
	for i := range p.Segments {
		s := &p.Segments[i]
		if !s.Executable {
			continue
		}
		insts := make([]riscv.Inst, len(s.Data)/4)
		for k := range insts {
			insts[k] = riscv.Decode(binary.LittleEndian.Uint32(s.Data[4*k:]))
		}
		t.parts = append(t.parts, part{s.Addr, insts})
	}
	return t
}

// at returns the instruction at pc.
func (t *Text) at(pc uint32) (riscv.Inst, bool) {
	for i := range t.parts {
		if k := (pc - t.parts[i].base) / 4; pc >= t.parts[i].base && k < uint32(len(t.parts[i].insts)) {
			return t.parts[i].insts[k], pc%4 == 0
		}
	}
	return riscv.Inst{}, false
}

// Step drives m, a frame of the program of text, to its next stop as m.RunContext does, instruction
// by instruction under the eyes of observers. Observers must not change the machine.
func Step(
	ctx context.Context, m *interpreter.Machine, text *Text, observers ...Observer,
) (interpreter.Stop, error) {
	for n := 0; ; n++ {
		if n%pollInterval == 0 && ctx.Err() != nil {
			return m.RunContext(ctx)
		}
		i, fetched := text.at(m.PC())
		if fetched {
			for _, o := range observers {
				o.Before(m, i)
			}
		}
		gas, count := m.Gas(), m.Instructions()
		stop, stopped := m.Step()
		if fetched && m.Instructions() != count {
			for _, o := range observers {
				o.After(m, i, gas-m.Gas())
			}
		}
		if stopped {
			return stop, nil
		}
	}
}

// Word reads the four bytes at addr.
func Word(m *interpreter.Machine, addr uint32) (uint32, bool) {
	b, ok := m.Read(addr, 4)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}
