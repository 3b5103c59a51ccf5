package stepper_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// The vectors of fixtures/vectors/isa, every gas limit and random programs run on the stepper in
// the tests of package interpreter. Here is what concerns it alone.

func load(t testing.TB, src string) *elf.Program {
	o, err := asm.Assemble(src, asm.DefaultBase)
	require.NoError(t, err)
	p, err := elf.Load(o.ELF(asm.ELFOptions{}), elf.DefaultLimits())
	require.NoError(t, err)
	return p
}

func start(t testing.TB, src string, gas uint64) *stepper.Machine {
	costs := metering.V1().Instruction
	m := stepper.New(load(t, src), &costs)
	m.Start(asm.DefaultBase, gas)
	return m
}

func TestStep(t *testing.T) {
	t.Parallel()
	m := start(t, "li a0, 7\nmul a0, a0, a0\nret", 100)
	stop, stopped := m.Step()
	require.False(t, stopped)
	require.Zero(t, stop)
	require.Equal(t, uint32(asm.DefaultBase+4), m.PC())
	require.Equal(t, engine.Stop{Kind: engine.Returned}, m.Run())
	require.Equal(t, uint32(49), m.Reg(10))
	c := &metering.V1().Instruction
	used := c[metering.ClassALU] + c[metering.ClassMul] + c[metering.ClassIndirect]
	require.Equal(t, uint64(100-used), m.Gas())
	require.Equal(t, uint64(3), m.Instructions())
	require.Equal(t, engine.Stop{Kind: engine.Returned}, m.Run(), "the last stop stays")
	m.Release()
}

func TestATrapChangesNothing(t *testing.T) {
	t.Parallel()
	charged := uint64(metering.V1().Instruction[metering.ClassLoad])
	m := start(t, "lw a0, 0(zero)", charged+9)
	m.SetReg(10, 5)
	before := m.Digest()
	require.Equal(t, engine.Stop{Kind: engine.Trapped, Trap: trap.LoadFault}, m.Run())
	require.Equal(t, uint32(5), m.Reg(10))
	require.Equal(t, uint32(asm.DefaultBase), m.PC())
	require.Equal(t, before, m.Digest())
	require.Equal(t, uint64(9), m.Gas(), "it is charged")
}

// TestRangesOfAnyLength: asking for four gigabytes takes no longer than asking for one byte.
func TestRangesOfAnyLength(t *testing.T) {
	t.Parallel()
	m := start(t, "ret", 1)
	require.False(t, m.Readable(asm.DefaultBase, ^uint32(0)))
	require.False(t, m.Readable(^uint32(0), 2), "no wrap")
	require.True(t, m.Readable(^uint32(0), 0))
	require.False(t, m.Writable(asm.DefaultBase, 1))
	require.False(t, m.Write(asm.DefaultBase, []byte{1}))
	_, ok := m.Read(0, 1)
	require.False(t, ok)
	_, ok = m.Grow(^uint32(0), ^uint32(0))
	require.False(t, ok)
}

func TestRunContextEnds(t *testing.T) {
	t.Parallel()
	m := start(t, "j .", 1<<62)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := m.RunContext(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func BenchmarkStepper(b *testing.B) {
	m := start(b, "loop: lw a0, -4(sp)\naddi a0, a0, 1\nxor a1, a1, a0\nsw a0, -4(sp)\nj loop", 1<<62)
	for b.Loop() {
		m.Step()
	}
}
