package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv/asm"
)

// BenchmarkCosts is what the fixed costs of a report come from, for profiles.
func BenchmarkCosts(b *testing.B) {
	loop, err := asm.Assemble(loopSource, asm.DefaultBase)
	require.NoError(b, err)
	w, err := newWorld(loop.ELF(asm.ELFOptions{}))
	require.NoError(b, err)
	for _, part := range []struct {
		name string
		per  int
		turn func() (time.Duration, error)
	}{
		{"hostcall", hostCalls, w.hostCalls},
		{"coldcall", tokenCalls, w.coldCalls},
		{"nextcall", tokenCalls, w.nextCalls},
		{"warmcall", tokenCalls, w.warmCalls},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := part.turn()
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*part.per), "ns/call")
		})
	}
}
