package trace

import (
	"context"
	"encoding/binary"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
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

// Step drives m to its next stop as m.RunContext does, instruction by instruction under the eyes of
// observers. Observers must not change the machine.
func Step(
	ctx context.Context, m *interpreter.Machine, observers ...Observer,
) (interpreter.Stop, error) {
	for n := 0; ; n++ {
		if n%pollInterval == 0 && ctx.Err() != nil {
			return m.RunContext(ctx)
		}
		i, fetched := Fetch(m)
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

// Fetch decodes the instruction at the pc of m; false where there is none. A pc outside executable
// segments may decode, too: the machine refuses it.
func Fetch(m *interpreter.Machine) (riscv.Inst, bool) {
	word, ok := Word(m, m.PC())
	return riscv.Decode(word), ok
}

// Word reads the four bytes at addr.
func Word(m *interpreter.Machine, addr uint32) (uint32, bool) {
	b, ok := m.Read(addr, 4)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}
