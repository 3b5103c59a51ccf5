package demo

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// narrator tells the story to a person. A nil writer keeps it silent.
type narrator struct{ out io.Writer }

// say prints one sentence. A failing terminal must not fail the demonstration.
func (n narrator) say(format string, args ...any) {
	if n.out != nil {
		_, _ = fmt.Fprintf(n.out, format+"\n", args...)
	}
}

// chapter prints a heading.
func (n narrator) chapter(format string, args ...any) {
	n.say("\n── "+format, args...)
}

func (n narrator) layer(l *Layer) {
	n.say("layer %-3d root %s  block %s  %d items in %d steps",
		l.Height, l.Root.Short(), l.L1Hash.Short(), l.Items, l.Steps)
	for i := range l.Txs {
		t := &l.Txs[i]
		why := ""
		if t.Why != "" {
			why = "  (" + t.Why + ")"
		}
		n.say("    tx %s  %-11s gas %-7d fee %-8d %s%s", t.ID.Short(), t.Outcome, t.Gas, t.Fee, t.What, why)
	}
	for _, e := range l.L1 {
		n.say("    L1: %s", e)
	}
}

// table prints the checks, aligned.
func (n narrator) table(checks []Check) {
	if n.out == nil {
		return
	}
	w := tabwriter.NewWriter(n.out, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		mark := "ok"
		if !c.OK {
			mark = "FAILED"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s", mark, c.Name, c.Got)
		if !c.OK {
			fmt.Fprintf(w, "\twant %s", c.Want)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
}
