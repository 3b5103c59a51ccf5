package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/trap"
)

// BenchmarkHostCalls reports the time for a unit of gas in loops of one warm host call.
func BenchmarkHostCalls(b *testing.B) {
	for _, c := range callCases() {
		if c.result != nil || c.name == "memory grow" || c.name == "deploy" || c.name == "spawn" ||
			c.name == "write log" || c.name == "write error log" || c.name == "emit" ||
			c.name == "call with code" {
			continue
		}
		b.Run(c.name, func(b *testing.B) {
			w := newWorld(b)
			if c.setup != nil {
				c.setup(w)
			}
			var mem []byte
			if c.mem != nil {
				mem = c.mem(w)
			}
			cmds := make([]cmd, 60)
			for i := range cmds {
				cmds[i] = c.place()
			}
			in := input(mem, cmds...)
			var gas uint64
			base := w.begin().Call(w.a, Selector("go"), input(mem)).GasUsed
			for b.Loop() {
				at := w.st.Snapshot()
				r := w.begin().Call(w.a, Selector("go"), in)
				require.Equal(b, trap.None, r.Trap)
				w.st.Revert(at)
				gas += r.GasUsed - base
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(gas), "ns/gas")
		})
	}
}
