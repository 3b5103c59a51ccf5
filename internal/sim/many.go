package sim

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Summary adds many histories up.
type Summary struct {
	Histories  int
	Violations int
	Failed     []*Report // those with violations, by seed
	Counts     map[string]int
}

// Many plays the histories of n seeds from first on, some at once; each, if not nil, is told of every
// one that is over. It stops at the first error of the simulator itself.
func Many(
	ctx context.Context, first uint64, n, workers int, o Options, each func(*Report),
) (*Summary, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sum := &Summary{Counts: map[string]int{}}
	seeds := make(chan uint64)
	var mu sync.Mutex
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for seed := range seeds {
				r, err := Run(ctx, seed, o)
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				sum.add(r)
				if each != nil {
					each(r)
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		select {
		case seeds <- first + uint64(i):
		case <-ctx.Done():
		}
	}
	close(seeds)
	group.Wait()
	slices.SortFunc(sum.Failed, func(a, b *Report) int { return int(a.Seed) - int(b.Seed) })
	return sum, context.Cause(ctx)
}

func (s *Summary) add(r *Report) {
	s.Histories++
	s.Violations += len(r.Violations)
	if len(r.Violations) > 0 {
		s.Failed = append(s.Failed, r)
	}
	//lint:unordered sums do not depend on their order
	for what, n := range maps.All(r.Counts) {
		s.Counts[what] += n
	}
}
