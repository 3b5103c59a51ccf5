package lockstep_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/interpreter/lockstep"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
)

func load(t *testing.T, src string) *elf.Program {
	o, err := asm.Assemble(src, asm.DefaultBase)
	require.NoError(t, err)
	p, err := elf.Load(o.ELF(asm.ELFOptions{}), elf.DefaultLimits())
	require.NoError(t, err)
	return p
}

const program = "sw a0, -8(sp)\nli t0, 1\necall\nlw a1, -8(sp)\nadd a0, a0, a1\nret"

func TestAgreement(t *testing.T) {
	t.Parallel()
	p, costs := load(t, program), metering.V1().Instruction
	code := interpreter.Predecode(p, &costs)
	m := lockstep.New(interpreter.NewMachine(code), stepper.New(p, &costs))
	m.Start(asm.DefaultBase, 1000)
	m.SetReg(10, 5)
	require.Equal(t, engine.HostCall, m.Run().Kind)
	m.SetReg(10, 9)
	old, ok := m.Grow(1, 1000)
	require.True(t, ok)
	require.True(t, m.Write(old, []byte{1, 2}))
	require.True(t, m.Charge(10))
	b, ok := m.Read(old, 2)
	require.True(t, ok)
	require.Equal(t, []byte{1, 2}, b)
	require.True(t, m.Readable(old, 4096))
	require.False(t, m.Writable(asm.DefaultBase, 4))
	stop, err := m.RunContext(context.Background())
	require.NoError(t, err)
	require.Equal(t, engine.Returned, stop.Kind)
	require.Equal(t, uint32(14), m.Reg(10))
	require.Equal(t, uint64(6), m.Instructions())
	require.NotZero(t, m.Digest())
	require.NotZero(t, m.Pages())
	stop, stopped := m.Step()
	require.True(t, stopped)
	require.Equal(t, engine.Returned, stop.Kind)
	m.Release()
}

// TestDifferences: whatever differs is found at the next stop, or at once.
func TestDifferences(t *testing.T) {
	t.Parallel()
	p, costs := load(t, program), metering.V1().Instruction
	for what, spoil := range map[string]func(m lockstep.Engine){ //lint:unordered cases
		"register a7":  func(m lockstep.Engine) { m.SetReg(17, 1) },
		"gas":          func(m lockstep.Engine) { m.SetGas(m.Gas() + 1) },
		"memory":       func(m lockstep.Engine) { m.Write(asm.DefaultBase-0x800, []byte{1}) },
		"pages":        func(m lockstep.Engine) { m.Grow(1, 1000) },
		"stop":         func(m lockstep.Engine) { m.SetGas(3) },
		"pc":           func(m lockstep.Engine) { m.Start(asm.DefaultBase+4, 1000) },
		"instructions": func(m lockstep.Engine) { m.Step(); m.Start(asm.DefaultBase, 1000); m.Step() },
	} {
		second := stepper.New(p, &costs)
		m := lockstep.New(stepper.New(p, &costs), second)
		m.Start(asm.DefaultBase, 1000)
		if what == "instructions" { // one jumps over what the other executes
			second.SetReg(10, 0)
			second.Step()
			second.Start(asm.DefaultBase+4, 1000-2)
		} else {
			spoil(second)
		}
		d := difference(func() { m.Run() })
		require.NotNil(t, d, what)
		if what != "pc" && what != "instructions" {
			require.Contains(t, d.Error(), what)
		}
		require.Contains(t, d.Error(), "BUG: engines differ")
	}
	second := stepper.New(p, &costs)
	m := lockstep.New(stepper.New(p, &costs), second)
	m.Start(asm.DefaultBase, 1000)
	second.Grow(1, 1000)
	require.NotNil(t, difference(func() { m.Grow(1, 1000) }))
	require.NotNil(t, difference(func() { m.Digest() }))
	require.NotNil(t, difference(func() { m.Readable(p.InitialHeapEnd()+elf.PageSize, 1) }))
	second.SetGas(1)
	require.NotNil(t, difference(func() { m.Charge(2) }))
	require.NotNil(t, difference(func() { m.Step() }))
}

func difference(f func()) (d *lockstep.Difference) {
	defer func() { d, _ = recover().(*lockstep.Difference) }()
	f()
	return nil
}
