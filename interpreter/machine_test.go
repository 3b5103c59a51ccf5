package interpreter

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

func TestStartState(t *testing.T) {
	t.Parallel()
	code := Predecode(scratchProgram(t, "ret"), &vectorCosts)
	m := NewMachine(code)
	defer m.Release()
	m.SetReg(riscv.RegA0, 7)
	m.Start(asm.DefaultBase, 100)
	for i := range riscv.Registers {
		want := uint32(0)
		if i == riscv.RegSP {
			want = elf.DefaultStackTop
		}
		require.Equal(t, want, m.Reg(i), riscv.RegisterName(uint8(i)))
	}
	require.Equal(t, Stop{Kind: Returned}, m.Run())
	require.Equal(t, uint64(100-19), m.Gas())
	require.Equal(t, uint64(1), m.Instructions())
	require.Zero(t, m.PC())
}

func TestRegisterZero(t *testing.T) {
	t.Parallel()
	m := newTestMachine(memoryProgram())
	defer m.Release()
	m.SetReg(0, 5)
	require.Zero(t, m.Reg(0))
}

func TestCharge(t *testing.T) {
	t.Parallel()
	m := newTestMachine(memoryProgram())
	defer m.Release()
	m.SetGas(10)
	require.True(t, m.Charge(10))
	require.True(t, m.Charge(0))
	m.SetGas(10)
	require.False(t, m.Charge(11))
	require.Zero(t, m.Gas())
}

// TestHostCallSeesExactGas serves a call with a result, and goes on.
func TestHostCallSeesExactGas(t *testing.T) {
	t.Parallel()
	program := scratchProgram(t, "li t0, 1\necall\naddi a0, t0, 1\nmul a0, a0, a0\nret")
	code := Predecode(program, &vectorCosts)
	m := NewMachine(code)
	defer m.Release()
	m.Start(asm.DefaultBase, 1000)
	require.Equal(t, Stop{Kind: HostCall}, m.Run())
	require.Equal(t, uint64(1000-1-23), m.Gas())
	require.Equal(t, uint32(asm.DefaultBase+8), m.PC())
	m.SetReg(riscv.RegT0, 4)
	require.Equal(t, Stop{Kind: Returned}, m.Run())
	require.Equal(t, uint32(25), m.Reg(riscv.RegA0))

	m.Start(asm.DefaultBase, 1000)
	m.Run()
	m.SetGas(3)
	require.Equal(t, Stop{Kind: Trapped, Trap: trap.OutOfGas}, m.Run())
	require.Equal(t, uint32(2), m.Reg(riscv.RegA0), "the addition ran, the product did not")
}

func TestBadStart(t *testing.T) {
	t.Parallel()
	code := Predecode(scratchProgram(t, "ret"), &vectorCosts)
	for _, pc := range []uint32{2, 4, asm.DefaultBase + 1, asm.DefaultBase + 2, asm.DefaultBase + 4,
		asm.DefaultBase - 4, scratchAddr, 0xfffffffc} {
		for _, e := range engineKinds {
			m := e.frame(code)
			m.Start(pc, 100)
			require.Equal(t, Stop{Kind: Trapped, Trap: trap.BadJump}, m.Run(), "%#x", pc)
			require.Equal(t, uint64(100), m.Gas(), "a bad fetch is not charged")
			m.Release()
		}
	}
}

// TestPartialLastWord: a fetch needs all four bytes inside one segment.
func TestPartialLastWord(t *testing.T) {
	t.Parallel()
	p := scratchProgram(t, "nop\nnop")
	p.Segments[0].Size = 6
	p.Segments[0].Data = p.Segments[0].Data[:6]
	m := NewMachine(Predecode(p, &vectorCosts))
	defer m.Release()
	m.Start(asm.DefaultBase, 100)
	require.Equal(t, Stop{Kind: Trapped, Trap: trap.BadJump}, m.Run())
	require.Equal(t, uint64(99), m.Gas())

	// With a zero tail the half word is completed: 0x00000013 is a nop, then zeroes are illegal.
	p.Segments[0].Size = 12
	m = NewMachine(Predecode(p, &vectorCosts))
	defer m.Release()
	m.Start(asm.DefaultBase, 100)
	require.Equal(t, Stop{Kind: Trapped, Trap: trap.IllegalInstruction}, m.Run())
	require.Equal(t, uint64(96), m.Gas())
	require.Equal(t, uint32(asm.DefaultBase+8), m.PC())
}

// TestSharedCode runs frames of one Code at once; the race detector watches.
func TestSharedCode(t *testing.T) {
	t.Parallel()
	code := Predecode(scratchProgram(t, `
		li a0, 0x400000
		li a1, 1000
	loop:	lw a2, 0(a0)
		addi a2, a2, 1
		sw a2, 0(a0)
		addi a1, a1, -1
		bnez a1, loop
		ret`), &vectorCosts)
	var group sync.WaitGroup
	results := make([]uint32, 8)
	for i := range results {
		group.Go(func() {
			m := NewMachine(code)
			defer m.Release()
			m.Start(asm.DefaultBase, 1<<20)
			m.Run()
			results[i] = m.Reg(12)
		})
	}
	group.Wait()
	for _, r := range results {
		require.Equal(t, uint32(1000), r)
	}
}

func BenchmarkLoop(b *testing.B) {
	code := Predecode(scratchProgram(b, `
		li a0, 0x400000
	loop:	lw a2, 0(a0)
		addi a2, a2, 1
		xor a3, a3, a2
		sw a2, 0(a0)
		sltu a4, a3, a2
		add a5, a5, a4
		j loop`), &vectorCosts)
	m := NewMachine(code)
	defer m.Release()
	m.Start(asm.DefaultBase, uint64(b.N)*50)
	b.ResetTimer()
	m.Run()
	b.ReportMetric(float64(m.Instructions())/b.Elapsed().Seconds()/1e6, "MIPS")
}
