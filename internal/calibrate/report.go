package calibrate

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/bench"
	"github.com/athenarollup/athena/metering"
)

// Report is what a calibration found.
type Report struct {
	Schedule uint32   `json:"schedule"`
	Machine  string   `json:"machine"`
	Figures  []Figure `json:"figures"`
	// Prices has the worst figure of each price, the slowest first.
	Prices     []Figure `json:"prices"`
	Median     float64  `json:"median"` // nanoseconds for a unit of gas, of Prices
	Spread     float64  `json:"spread"` // the slowest of Prices by the fastest
	Unmeasured []string `json:"unmeasured"`
	Changes    []Change `json:"changes"` // prices that should be others
}

// Config says what to measure.
type Config struct {
	Schedule *metering.Schedule
	Each     time.Duration // time for a case in a round
	Rounds   int           // of all cases; of each case the fastest counts
	Progress func(format string, args ...any)
}

// Run measures everything, until ctx ends.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	tree, err := newTree()
	if err != nil {
		return nil, err
	}
	s := cfg.Schedule
	var alu float64
	var cases []Case
	for _, k := range kernels() {
		cases = append(cases, instructionCase(k, s, &alu))
	}
	cases = append(cases, illegalCase(s))
	for _, h := range hostCalls() {
		cases = append(cases, hostCase(h, tree, s))
	}
	cases = append(cases, enterCases(tree, s)...)
	from, err := candidates()
	if err != nil {
		return nil, err
	}
	r := &Report{Schedule: s.Version, Unmeasured: []string{}, Changes: []Change{}}
	m := bench.DescribeMachine()
	r.Machine = fmt.Sprintf("%s, %d processors, %s", m.CPU, m.CPUs, m.Go)
	for _, n := range precompiles() {
		if name := host.CallName(n); len(from[name]) > 0 {
			cases = append(cases, precompileCase(n, from[name], tree, s))
		} else {
			r.Unmeasured = append(r.Unmeasured, name)
		}
	}
	r.Figures = make([]Figure, len(cases))
	for i := range max(1, cfg.Rounds) * len(cases) {
		first, i := i < len(cases), i%len(cases)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("calibrate: %w", err)
		}
		f, err := measure(&cases[i], cfg.Each)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", cases[i].Price, cases[i].Name, err)
		}
		cfg.Progress("%s %s: %.2f ns/gas", f.Price, f.Name, f.PerGas)
		if !first {
			f = f.better(&r.Figures[i])
		}
		r.Figures[i] = f
	}
	r.summarise()
	return r, nil
}

// summarise finds the worst case of each price, the median and the spread.
func (r *Report) summarise() {
	worst := map[string]int{}
	for i, f := range r.Figures {
		at, ok := worst[f.Group+f.Price]
		if !ok || f.PerGas > r.Figures[at].PerGas {
			worst[f.Group+f.Price] = i
		}
	}
	var each []float64
	for i := range r.Figures {
		f := &r.Figures[i]
		if worst[f.Group+f.Price] == i {
			f.Decisive = true
			each = append(each, f.PerGas)
		}
	}
	slices.Sort(each)
	r.Median = each[len(each)/2]
	for i := range r.Figures {
		f := &r.Figures[i]
		if f.Ratio = f.PerGas / r.Median; f.Decisive {
			r.Prices = append(r.Prices, *f)
		}
	}
	slices.SortStableFunc(r.Prices, func(a, b Figure) int { return cmp.Compare(b.PerGas, a.PerGas) })
	r.Spread = each[len(each)-1] / math.Max(each[0], 1e-9)
}

// WriteTable prints the report for people. A star marks the worst case of its price.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "price\tcase\tgas\tns\tns/gas\tratio\t\n")
	for _, f := range r.Figures {
		star := ""
		if f.Decisive {
			star = "*"
		}
		fmt.Fprintf(t, "%s %s\t%s\t%s\t%s\t%.2f\t%.2f\t%s\n", f.Group, f.Price, f.Name,
			short(f.Gas), short(f.Nanos), f.PerGas, f.Ratio, star)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	slow, fast := r.Prices[0], r.Prices[len(r.Prices)-1]
	fmt.Fprintf(w, "\nschedule %d on %s\nmedian %.2f ns/gas; "+
		"spread %.1f, from %s %s (%.2f) to %s %s (%.2f)\n",
		r.Schedule, r.Machine, r.Median, r.Spread,
		fast.Group, fast.Price, fast.PerGas, slow.Group, slow.Price, slow.PerGas)
	for _, name := range r.Unmeasured {
		fmt.Fprintf(w, "not measured: %s\n", name)
	}
	for _, c := range r.Changes {
		fmt.Fprintf(w, "proposed: %s %d -> %d\n", c.Price, c.From, c.To)
	}
	return nil
}

func short(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
