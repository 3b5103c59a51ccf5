package bench

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// Report is what a run found. Its JSON is the output of `athena bench vm --json`.
type Report struct {
	Machine Machine `json:"machine"`
	Engine  Engine  `json:"engine"`
	Rows    []Row   `json:"rows"`
	Geomean Mean    `json:"geomean"` // of the kernels that are not held out
	HeldOut Mean    `json:"heldOut"`
	Costs   Costs   `json:"costs"`
	// Preemption is how long others wait for a machine that runs.
	Preemption Preemption `json:"preemption"`
}

// Row is one kernel. What was not measured is null.
type Row struct {
	Kernel         string   `json:"kernel"`
	HeldOut        bool     `json:"heldOut"`
	Checksum       string   `json:"checksum"`
	Instructions   uint64   `json:"instructions"`
	Seconds        float64  `json:"seconds"`
	Spread         float64  `json:"spread"` // (median - best) / best
	MIPS           float64  `json:"mips"`
	NativeSeconds  *float64 `json:"nativeSeconds"`
	NativeSpread   *float64 `json:"nativeSpread"`
	QemuSeconds    *float64 `json:"qemuSeconds"`
	QemuSpread     *float64 `json:"qemuSpread"`
	SlowdownNative *float64 `json:"slowdownNative"`
	SlowdownQemu   *float64 `json:"slowdownQemu"`
}

// Mean holds geometric means; null where a row has no value or there are no rows.
type Mean struct {
	MIPS           *float64 `json:"mips"`
	SlowdownNative *float64 `json:"slowdownNative"`
	SlowdownQemu   *float64 `json:"slowdownQemu"`
}

// compare sets the columns of a comparison from the side's best run.
func (r *Row) compare(s *side) {
	best, spread := s.best()
	seconds := best.elapsed.Seconds()
	slowdown := r.Seconds / seconds
	if s.name == sideNative {
		r.NativeSeconds, r.NativeSpread, r.SlowdownNative = &seconds, &spread, &slowdown
	} else {
		r.QemuSeconds, r.QemuSpread, r.SlowdownQemu = &seconds, &spread, &slowdown
	}
}

// summarize returns the means of the rows that are not held out, and of those that are.
func summarize(rows []Row) (mean, heldOut Mean) {
	var in, out []Row
	for _, r := range rows {
		if r.HeldOut {
			out = append(out, r)
		} else {
			in = append(in, r)
		}
	}
	return meanOf(in), meanOf(out)
}

func meanOf(rows []Row) Mean {
	return Mean{
		MIPS:           geomean(rows, func(r Row) *float64 { return &r.MIPS }),
		SlowdownNative: geomean(rows, func(r Row) *float64 { return r.SlowdownNative }),
		SlowdownQemu:   geomean(rows, func(r Row) *float64 { return r.SlowdownQemu }),
	}
}

func geomean(rows []Row, column func(Row) *float64) *float64 {
	if len(rows) == 0 {
		return nil
	}
	sum := 0.0
	for _, r := range rows {
		v := column(r)
		if v == nil {
			return nil
		}
		sum += math.Log(*v)
	}
	mean := math.Exp(sum / float64(len(rows)))
	return &mean
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "%s, %d CPUs, %s/%s, %s", m.CPU, m.CPUs, m.OS, m.Arch, m.Go)
	if m.Tags != "" {
		fmt.Fprintf(w, ", tags %s", m.Tags)
	}
	fmt.Fprintf(w, "; %s; load %s before, %s after\n\n", r.Engine, m.LoadBefore, m.LoadAfter)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "kernel\tMinstr\tseconds\t±\tMIPS\tnative s\t±\tx native\tqemu s\t±\tx qemu\t")
	for _, row := range r.Rows {
		name := row.Kernel
		if row.HeldOut {
			name += " *"
		}
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.0f%%\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\t\n",
			name, row.Instructions/1e6, row.Seconds, row.Spread*100, row.MIPS,
			cell("%.4f", row.NativeSeconds, 1), cell("%.0f%%", row.NativeSpread, 100),
			cell("%.1f", row.SlowdownNative, 1),
			cell("%.3f", row.QemuSeconds, 1), cell("%.0f%%", row.QemuSpread, 100),
			cell("%.2f", row.SlowdownQemu, 1))
	}
	writeMean(t, "geomean", r.Geomean)
	writeMean(t, "held out *", r.HeldOut)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nhost call      %6.1f ns  machine alone\n"+
		"host call      %6.1f ns  gas_left through the host\n"+
		"cold call      %6.1f µs  a step's first transaction, the token's balance_of, code cached\n"+
		"next call      %6.1f µs  one more such transaction in the step\n"+
		"warm call      %6.1f µs  one more in the same transaction\n"+
		"predecode      %6.1f ns  per instruction\n"+
		"GC delay max   %6.0f µs  to stop the world beside an endless program (a Go loop: %.0f)\n"+
		"cancel max     %6.0f µs  from the end of a context to the end of such a run\n"+
		"± is by how much the median exceeds the best; x is how many times slower than the other.\n",
		r.Costs.RoundTripNS, r.Costs.HostCallNS, r.Costs.ColdCallMicros, r.Costs.NextCallMicros,
		r.Costs.WarmCallMicros, r.Costs.PredecodeNS,
		r.Preemption.GCStopMicros, r.Preemption.GCStopPlainMicros, r.Preemption.CancelMicros)
	return err
}

func writeMean(w io.Writer, name string, m Mean) {
	if m.MIPS == nil {
		return
	}
	fmt.Fprintf(w, "%s\t\t\t\t%.0f\t\t\t%s\t\t\t%s\t\n", name, *m.MIPS,
		cell("%.1f", m.SlowdownNative, 1), cell("%.2f", m.SlowdownQemu, 1))
}

// cell formats a value that may be missing.
func cell(format string, v *float64, scale float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(format, *v*scale)
}
