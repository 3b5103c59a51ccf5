package rollupbench

import (
	"context"
	"fmt"
	"time"

	"github.com/athenarollup/athena/internal/bench"
)

// Limits of Config.
const (
	MinAccounts = 1_000
	MaxAccounts = 100_000_000
)

// Config says what to measure.
type Config struct {
	Accounts int // strangers in the state, one leaf each
	// Quick makes one turn of little of each measurement: it shows that the benchmark works, and the
	// figures mean nothing.
	Quick bool
	// Dir is the folder for the temporary one with the executors' databases; empty means the system's.
	Dir      string
	Progress func(format string, args ...any)
}

// Validate returns an error that says what cannot be measured.
func (c *Config) Validate() error {
	if c.Accounts < MinAccounts || c.Accounts > MaxAccounts {
		return fmt.Errorf("%d accounts: between %d and %d can be measured", c.Accounts, MinAccounts,
			MaxAccounts)
	}
	return nil
}

// run is one measurement.
type run struct {
	Config
	ctx   context.Context
	world *world
	out   Report
}

// Run measures. It stops early when ctx ends.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &run{Config: cfg, ctx: ctx}
	r.out = Report{Accounts: cfg.Accounts, Quick: cfg.Quick, Machine: bench.DescribeMachine()}
	var err error
	if r.world, err = newWorld(cfg.Accounts); err != nil {
		return nil, err
	}
	for _, part := range []func() error{r.bundles, r.derivation, r.verdicts, r.executors} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	r.out.Machine.LoadAfter = bench.DescribeMachine().LoadBefore
	return &r.out, nil
}

// turns is how often something is done to find the least time.
func (r *run) turns(n int) int {
	if r.Quick {
		return 1
	}
	return n
}

// least returns the least time of some turns of fn.
func (r *run) least(turns int, fn func() error) (time.Duration, error) {
	best := time.Duration(1<<63 - 1)
	for range r.turns(turns) {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		start := time.Now()
		if err := fn(); err != nil {
			return 0, err
		}
		best = min(best, time.Since(start))
	}
	return best, nil
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
