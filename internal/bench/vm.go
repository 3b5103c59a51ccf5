package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// Config says what to measure.
type Config struct {
	Kernels  []Kernel
	Engine   Engine
	Seconds  float64  // per kernel, all sides together; but turnsMin turns are made at least
	Natives  *Natives // nil: no comparison
	Progress func(format string, args ...any)
}

const secondsMax = 3600 // for one kernel

// turnsMin is the least number of turns of each side.
const turnsMin = 3

// A native run may take milliseconds: such a turn is made of several runs.
const (
	turnRunsMax = 5
	turnTime    = 50 * time.Millisecond
)

// Validate returns all that is wrong with cfg.
func (cfg Config) Validate() error {
	var wrong []error
	if len(cfg.Kernels) == 0 {
		wrong = append(wrong, errors.New("bench: no kernels"))
	}
	if !(cfg.Seconds >= 0 && cfg.Seconds <= secondsMax) {
		wrong = append(wrong, fmt.Errorf("bench: %g seconds for a kernel, want 0 to %d",
			cfg.Seconds, secondsMax))
	}
	return errors.Join(append(wrong, cfg.Engine.Validate())...)
}

// Run measures the kernels and the fixed costs.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	runtime.LockOSThread() // now is the time of a thread
	defer runtime.UnlockOSThread()
	r := &Report{Machine: DescribeMachine(), Engine: cfg.Engine}
	for _, k := range cfg.Kernels {
		row, err := cfg.measure(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("%w (kernel %s)", err, k.Name)
		}
		cfg.Progress("%-12s %6.0f MIPS", k.Name, row.MIPS)
		r.Rows = append(r.Rows, row)
	}
	r.Geomean, r.HeldOut = summarize(r.Rows)
	var err error
	if r.Costs, err = measureCosts(ctx, cfg); err != nil {
		return nil, err
	}
	if r.Preemption, err = measurePreemption(ctx, cfg); err != nil {
		return nil, err
	}
	r.Machine.LoadAfter = loadAverage()
	return r, nil
}

// side is one of those that take turns.
type side struct {
	name    string
	run     func(context.Context) (sample, error)
	samples []sample
}

// best is the fastest run; spread is by how much the median exceeds it.
func (s *side) best() (best sample, spread float64) {
	sorted := slices.SortedFunc(slices.Values(s.samples), func(a, b sample) int {
		return int(a.elapsed - b.elapsed)
	})
	best, median := sorted[0], sorted[len(sorted)/2]
	return best, float64(median.elapsed)/float64(best.elapsed) - 1
}

// turn runs the side once, and more often if that takes little time.
func (s *side) turn(ctx context.Context, checksum uint64) error {
	var spent time.Duration
	for range turnRunsMax {
		got, err := s.run(ctx)
		if err != nil {
			return err
		}
		if got.checksum != checksum {
			return fmt.Errorf("bench: %s gives the checksum %#x, want %#x", s.name, got.checksum, checksum)
		}
		s.samples = append(s.samples, got)
		if spent += got.elapsed; spent >= turnTime {
			break
		}
	}
	return nil
}

func (cfg Config) sides(k Kernel) ([]*side, error) {
	program, err := k.program()
	if err != nil {
		return nil, err
	}
	n, frame := k.Full.N, cfg.Engine.prepare(program)
	sides := []*side{{name: string(cfg.Engine), run: func(ctx context.Context) (sample, error) {
		return execute(ctx, frame(), program.Entry, n)
	}}}
	if cfg.Natives == nil {
		return sides, nil
	}
	sides = append(sides, &side{name: sideNative, run: func(ctx context.Context) (sample, error) {
		return process(ctx, n, filepath.Join(cfg.Natives.native, k.Name))
	}})
	if cfg.Natives.linux != "" {
		sides = append(sides, &side{name: sideQemu, run: func(ctx context.Context) (sample, error) {
			return process(ctx, n, cfg.Natives.qemu, filepath.Join(cfg.Natives.linux, k.Name))
		}})
	}
	return sides, nil
}

const (
	sideNative = "native"
	sideQemu   = qemuName
)

// measure lets the sides take turns until the time is spent.
func (cfg Config) measure(ctx context.Context, k Kernel) (Row, error) {
	sides, err := cfg.sides(k)
	if err != nil {
		return Row{}, err
	}
	end := time.Now().Add(time.Duration(cfg.Seconds * float64(time.Second)))
	for turn := 0; turn < turnsMin || time.Now().Before(end); turn++ {
		for _, s := range sides {
			if err := s.turn(ctx, k.Full.Checksum); err != nil {
				return Row{}, err
			}
		}
	}
	return newRow(k, sides), nil
}

func newRow(k Kernel, sides []*side) Row {
	best, spread := sides[0].best()
	seconds := best.elapsed.Seconds()
	row := Row{
		Kernel: k.Name, HeldOut: k.HeldOut, Checksum: fmt.Sprintf("%#016x", k.Full.Checksum),
		Instructions: best.instructions, Seconds: seconds, Spread: spread,
		MIPS: float64(best.instructions) / seconds / 1e6,
	}
	for _, s := range sides[1:] {
		row.compare(s)
	}
	return row
}
