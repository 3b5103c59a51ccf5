package bench

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
)

func run(t *testing.T, k Kernel, e Engine, n uint32) sample {
	t.Helper()
	p, err := k.program()
	require.NoError(t, err)
	got, err := execute(t.Context(), e.prepare(p)(), p.Entry, n)
	require.NoError(t, err)
	return got
}

// TestKernels runs little of each kernel; the checksums are those of the native programs.
func TestKernels(t *testing.T) {
	t.Parallel()
	for _, k := range Kernels() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			got := run(t, k, Interpreter, k.Quick.N)
			require.Equal(t, k.Quick.Checksum, got.checksum)
			require.NotZero(t, got.instructions)
			t.Logf("%d instructions", got.instructions)
		})
	}
}

// TestKeccakVector compares the first permutation of nothing with that of the Keccak team's test
// vectors.
func TestKeccakVector(t *testing.T) {
	t.Parallel()
	found, err := Find([]string{"keccak"})
	require.NoError(t, err)
	got := run(t, found[0], Interpreter, 1)
	require.Equal(t, uint64(0xF1258F7940E1DDE7), got.checksum)
}

func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	found, err := Find([]string{"fib"})
	require.NoError(t, err)
	var results []sample
	for _, e := range []Engine{Interpreter, Stepper} {
		got := run(t, found[0], e, 1)
		got.elapsed = 0
		results = append(results, got)
	}
	require.Equal(t, results[0], results[1])
}

var defaultN = regexp.MustCompile(`pub const DEFAULT: u32 = ([0-9_]+);`)

// TestSources compares the table with the programs and with the sources' defaults.
func TestSources(t *testing.T) {
	t.Parallel()
	var names []string
	for _, k := range Kernels() {
		names = append(names, k.Name)
		b, err := fs.ReadFile(fixtures.KernelSources(), "bench/src/kernel/"+k.Name+".rs")
		require.NoError(t, err)
		match := defaultN.FindSubmatch(b)
		require.NotNil(t, match, k.Name)
		n, err := strconv.ParseUint(strings.ReplaceAll(string(match[1]), "_", ""), 10, 32)
		require.NoError(t, err)
		require.Equal(t, k.Full.N, uint32(n), k.Name)
	}
	require.Equal(t, fixtures.Kernels(), names)
}

func TestWrongChecksumFails(t *testing.T) {
	t.Parallel()
	k := Kernels()[0]
	k.Full = k.Quick
	k.Full.Checksum++
	cfg := Config{Kernels: []Kernel{k}, Engine: Interpreter, Progress: t.Logf}
	_, err := Run(t.Context(), cfg)
	require.ErrorContains(t, err, "gives the checksum")
}

func TestRun(t *testing.T) {
	t.Parallel()
	all, err := Find([]string{"sieve", "json"})
	require.NoError(t, err)
	for i := range all {
		all[i].Full = all[i].Quick
	}
	cfg := Config{Kernels: all, Engine: Interpreter, Progress: t.Logf}
	r, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, r.Rows, 2)
	require.InEpsilon(t, r.Rows[0].MIPS, *r.Geomean.MIPS, 1e-9, "the only one not held out")
	require.InEpsilon(t, r.Rows[1].MIPS, *r.HeldOut.MIPS, 1e-9)
	require.Nil(t, r.Geomean.SlowdownNative)
	for name, cost := range map[string]float64{
		"round trip": r.Costs.RoundTripNS, "host call": r.Costs.HostCallNS,
		"cold call": r.Costs.ColdCallMicros, "next call": r.Costs.NextCallMicros,
		"warm call": r.Costs.WarmCallMicros, "predecode": r.Costs.PredecodeNS,
		"GC delay": r.Preemption.GCStopMicros, "cancel": r.Preemption.CancelMicros,
	} {
		require.Positive(t, cost, name)
	}
	var table strings.Builder
	require.NoError(t, r.WriteTable(&table))
	for _, want := range []string{
		"sieve", "json *", "geomean", "held out *", "predecode", "GC delay",
	} {
		require.Contains(t, table.String(), want)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, Config{Kernels: Kernels(), Engine: Interpreter, Progress: t.Logf})
	require.ErrorIs(t, err, context.Canceled)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	err := Config{Engine: "fast", Seconds: -1}.Validate()
	for _, want := range []string{"no kernels", "-1 seconds", `no engine "fast"`} {
		require.ErrorContains(t, err, want)
	}
	_, err = Find([]string{"sieve", "sorting"})
	require.ErrorContains(t, err, `no kernel "sorting"`)
}

// TestBadKernels runs programs that are no kernels.
func TestBadKernels(t *testing.T) {
	t.Parallel()
	for want, source := range map[string]string{
		"checksum of 0 bytes":  "_start: li t0, 0\necall",
		"trap Breakpoint":      "_start: ebreak",
		"host call 0xa3":       "_start: li t0, 0xA3\necall",
		"host call 0xf1: BadH": "_start: li t0, 0xF1\nli a1, 5\necall",
		"host call 0x2: BadHo": "_start: li t0, 2\nli a0, 1\necall",
	} {
		o, err := asm.Assemble(source, asm.DefaultBase)
		require.NoError(t, err)
		p, err := elf.Load(o.ELF(asm.ELFOptions{}), elf.DefaultLimits())
		require.NoError(t, err)
		_, err = execute(t.Context(), Interpreter.prepare(p)(), p.Entry, 1)
		require.ErrorContains(t, err, want)
	}
}

func TestMeans(t *testing.T) {
	t.Parallel()
	two, eight := 2.0, 8.0
	mean, heldOut := summarize([]Row{
		{MIPS: 100, SlowdownNative: &two}, {MIPS: 400, SlowdownNative: &eight, SlowdownQemu: &two},
		{MIPS: 7, HeldOut: true},
	})
	require.InDelta(t, 200, *mean.MIPS, 1e-9)
	require.InDelta(t, 4, *mean.SlowdownNative, 1e-9)
	require.Nil(t, mean.SlowdownQemu, "one row has none")
	require.Equal(t, "7", fmt.Sprintf("%.0f", *heldOut.MIPS))
}

func TestSpread(t *testing.T) {
	t.Parallel()
	s := side{samples: []sample{{elapsed: 30}, {elapsed: 20}, {elapsed: 25}}}
	best, spread := s.best()
	require.EqualValues(t, 20, best.elapsed)
	require.InDelta(t, 0.25, spread, 1e-9)
}
