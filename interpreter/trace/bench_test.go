package trace

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

func BenchmarkProfile(b *testing.B) {
	file, err := os.ReadFile("../../fixtures/elf/bench/keccak.elf")
	require.NoError(b, err)
	p, err := elf.Load(file, elf.DefaultLimits())
	require.NoError(b, err)
	m := interpreter.NewMachine(interpreter.Predecode(p, &metering.V1().Instruction))
	defer m.Release()
	m.Start(p.Entry, uint64(b.N))
	profile, symbols := NewProfile(), NewSymbols(file).Complete(p)
	profile.Enter(nil, p, "keccak", symbols)
	text := NewText(p)
	b.ResetTimer()
	for stop := (interpreter.Stop{Kind: interpreter.HostCall}); stop.Kind == interpreter.HostCall; {
		m.SetReg(riscv.RegT0, 0) // no input
		stop, err = Step(b.Context(), m, text, profile)
		require.NoError(b, err)
	}
}
