package interpreter

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

var kernelDir = flag.String("kernels", "../fixtures/elf/bench", "folder of the kernels to measure")

// BenchmarkKernels runs each kernel to its end and reports millions of guest instructions for
// each second of processor time.
//
//	go test ./interpreter -run '^$' -bench Kernels [-tags safe]
func BenchmarkKernels(b *testing.B) {
	paths, err := filepath.Glob(filepath.Join(*kernelDir, "*"))
	require.NoError(b, err)
	costs := metering.V1().Instruction
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(file), "\x7fELF") {
			continue
		}
		b.Run(strings.TrimSuffix(filepath.Base(path), ".elf"), func(b *testing.B) {
			p, err := elf.Load(file, elf.DefaultLimits())
			require.NoError(b, err)
			code := Predecode(p, &costs)
			var count uint64
			begun := cpuTime()
			for b.Loop() {
				m := NewMachine(code)
				m.Start(p.Entry, 1<<62)
				serveKernel(b, m)
				count += m.Instructions()
				m.Release()
			}
			b.ReportMetric(float64(count)/(cpuTime()-begun).Seconds()/1e6, "MIPS")
		})
	}
}

// serveKernel serves the calls of a kernel with an empty input, up to HALT.
func serveKernel(b *testing.B, m *Machine) {
	for {
		require.Equal(b, Stop{Kind: HostCall}, m.Run())
		if m.Reg(riscv.RegT0) == 0 {
			return
		}
		m.SetReg(riscv.RegT0, 0) // input_left gives 0, write gives nothing
	}
}
