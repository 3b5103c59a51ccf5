package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
)

// Preemption is how long others wait for a machine that runs without an end, in time of the clock,
// so that a busy computer shows in it.
type Preemption struct {
	// GCStopMicros is the longest of many times that garbage collection took to stop the world while
	// a program ran, rounded up as the Go runtime counts them.
	GCStopMicros float64 `json:"gcStopMicros"`
	// GCStopPlainMicros is the same with a loop of Go in place of the machine.
	GCStopPlainMicros float64 `json:"gcStopPlainMicros"`
	// CancelMicros is the longest time from the end of a context to the end of the run.
	CancelMicros float64 `json:"cancelMicros"`
}

const (
	collections = 40 // each stops the world twice
	cancels     = 5

	stopMetric = "/sched/pauses/stopping/gc:seconds"
)

// spinSource never ends and never calls.
const spinSource = `
.export go
go:
	addi a0, a0, 1
	j go
`

func measurePreemption(ctx context.Context, cfg Config) (Preemption, error) {
	cfg.Progress("preemption")
	loop, err := asm.Assemble(spinSource, asm.DefaultBase)
	if err != nil {
		return Preemption{}, fmt.Errorf("bench: %w", err)
	}
	p, err := elf.Load(loop.ELF(asm.ELFOptions{}), elf.DefaultLimits())
	if err != nil {
		return Preemption{}, fmt.Errorf("bench: %w", err)
	}
	entry, _ := p.Export(elf.ExportPrefix + "go")
	prepared := cfg.Engine.prepare(p)
	spin := func(ctx context.Context) {
		m := prepared()
		defer m.Release()
		m.Start(entry.Addr, math.MaxUint64>>1)
		_, _ = m.RunContext(ctx) // the error is that ctx is done
	}
	var out Preemption
	for range cancels {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		stop, canceled := beside(ctx, spin, collections/cancels)
		out.GCStopMicros = max(out.GCStopMicros, stop)
		out.CancelMicros = max(out.CancelMicros, canceled)
		stop, _ = beside(ctx, plainLoop, collections/cancels)
		out.GCStopPlainMicros = max(out.GCStopPlainMicros, stop)
	}
	return out, nil
}

// plainLoop is a loop of Go that ctx ends.
func plainLoop(ctx context.Context) {
	var done atomic.Bool
	defer context.AfterFunc(ctx, func() { done.Store(true) })()
	for !done.Load() {
	}
}

// beside collects garbage while busy runs, and then ends it. It returns in microseconds the longest
// time that stopping the world took, and the time that ending took.
func beside(ctx context.Context, busy func(context.Context), times int) (stop, ended float64) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		close(running)
		busy(ctx)
	}()
	<-running
	before := stops()
	for range times {
		runtime.GC()
	}
	stop = longestSince(before) * 1e6
	began := time.Now()
	cancel()
	<-done
	return stop, float64(time.Since(began)) / float64(time.Microsecond)
}

// stops is the runtime's histogram of the times that stopping the world took.
func stops() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: stopMetric}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		panic("BUG: bench: no metric " + stopMetric)
	}
	return sample[0].Value.Float64Histogram()
}

// longestSince is the upper end of the highest class that grew, in seconds.
func longestSince(before *metrics.Float64Histogram) float64 {
	after := stops()
	for i := len(after.Counts) - 1; i >= 0; i-- {
		if after.Counts[i] != before.Counts[i] {
			if end := after.Buckets[i+1]; !math.IsInf(end, 1) {
				return end
			}
			return after.Buckets[i]
		}
	}
	return 0
}
