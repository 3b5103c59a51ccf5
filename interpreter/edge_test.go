package interpreter

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter/lockstep"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// edgeProgram is an access to 0(a0) and an ECALL in memory with every kind of edge: gaps before and
// behind the stack and two segments, one of which ends within a granule.
func edgeProgram(op riscv.Op) *elf.Program {
	access := riscv.Inst{Op: op, Rd: 11, Rs1: 10}
	if op.Format() == riscv.FormatS {
		access = riscv.Inst{Op: op, Rs1: 10, Rs2: 11}
	}
	var text []byte
	for _, i := range []riscv.Inst{access, {Op: riscv.ECALL}} {
		word, err := riscv.Encode(i)
		if err != nil {
			panic(err)
		}
		text = binary.LittleEndian.AppendUint32(text, word)
	}
	return &elf.Program{
		Segments: []elf.Segment{
			{Addr: 0x10000, Size: 8, Data: text, Executable: true},
			{Addr: 0x12000, Size: 64, Writable: true},
			{Addr: 0x12047, Size: 39, Data: []byte{1, 2, 3}},
		},
		StackTop: 0x11400, StackSize: 0x200,
		HeapStart: 0x13000, HeapPages: 1,
	}
}

// TestEdges [43] makes every access at every place around every edge of memory. Both engines agree,
// and the loop leaves no access to the exact path whose granule is mapped and holds all of it.
func TestEdges(t *testing.T) {
	t.Parallel()
	for _, op := range []riscv.Op{
		riscv.LB, riscv.LBU, riscv.LH, riscv.LHU, riscv.LW, riscv.SB, riscv.SH, riscv.SW,
	} {
		p := edgeProgram(op)
		code := Predecode(p, &vectorCosts)
		width, write := uint32(4), op.Format() == riscv.FormatS
		switch op {
		case riscv.LB, riscv.LBU, riscv.SB:
			width = 1
		case riscv.LH, riscv.LHU, riscv.SH:
			width = 2
		}
		for _, edge := range []uint32{
			0x10000, 0x10008, 0x11200, 0x11400, 0x12000, 0x12040, 0x12047, 0x1206e, 0x13000, 0x14000,
		} {
			for addr := edge - 40; addr < edge+40; addr++ {
				both := lockstep.New(NewMachine(code), stepper.New(p, &vectorCosts))
				both.Start(0x10000, 100)
				both.SetReg(10, addr)
				both.SetReg(11, 0x81828384)
				stop := both.Run()
				m := NewMachine(code)
				m.Start(0x10000, 100)
				m.SetReg(10, addr)
				fast := m.runSlice()
				allowed := m.allows(addr, width, write)
				require.Equal(t, allowed, stop.Kind == HostCall, "%v at %#x: %v", op, addr, stop)
				require.True(t, allowed || !fast, "%v at %#x", op, addr)
				first := addr &^ (granule - 1)
				if addr+width <= first+granule && m.allows(first, granule, write) {
					require.True(t, fast, "%v at %#x", op, addr)
				}
				both.Release()
				m.Release()
			}
		}
	}
}
