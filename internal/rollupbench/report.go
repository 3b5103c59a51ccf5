package rollupbench

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/athenarollup/athena/internal/bench"
)

// Report is what a run found. Its JSON is the output of `athena bench rollup --json`.
type Report struct {
	Accounts int           `json:"accounts"`
	Quick    bool          `json:"quick"`
	Machine  bench.Machine `json:"machine"`
	Rows     []Row         `json:"rows"`
}

// Row is one figure.
type Row struct {
	Part  string  `json:"part"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Goal  *Goal   `json:"goal"` // nil: none was set
}

// Goal is what a figure should be.
type Goal struct {
	Least bool    `json:"least"` // the value should be this at least, else at most
	Value float64 `json:"value"`
	Met   bool    `json:"met"`
}

func atMost(v float64) *Goal { return &Goal{Value: v} }

// add notes a figure; goal may be nil.
func (r *Report) add(part, name string, value float64, unit string, goal *Goal) {
	if goal != nil {
		goal.Met = value == goal.Value || (value > goal.Value) == goal.Least
	}
	r.Rows = append(r.Rows, Row{Part: part, Name: name, Value: value, Unit: unit, Goal: goal})
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "%d accounts; %s, %d CPUs, load %s before, %s after\n", r.Accounts,
		r.Machine.CPU, r.Machine.CPUs, r.Machine.LoadBefore, r.Machine.LoadAfter)
	if r.Quick {
		fmt.Fprintln(w, "quick: one turn of little; the times mean nothing")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	part := ""
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Part != part {
			part = row.Part
			fmt.Fprintf(t, "\n%s\t\tgoal\t\n", part)
		}
		fmt.Fprintf(t, "  %s\t%s %s\t%s\t\n", row.Name, number(row.Value), row.Unit, row.Goal)
	}
	return t.Flush()
}

// String returns the goal as the table shows it; nothing for nil.
func (g *Goal) String() string {
	if g == nil {
		return ""
	}
	sign, verdict := "≤", "missed"
	if g.Least {
		sign = "≥"
	}
	if g.Met {
		verdict = "met"
	}
	return fmt.Sprintf("%s %s %s", sign, number(g.Value), verdict)
}

// number shows three digits at least, and no fraction of what is large.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) || v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case v >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
}
