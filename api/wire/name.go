package wire

import (
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// Outcome names what became of an item.
func Outcome(o rollup.Outcome) string { return o.String() }

// Trap names a trap code; the name of no trap is empty.
func Trap(c trap.Code) string {
	if c == trap.None {
		return ""
	}
	return c.String()
}

// Reason names a reason; the name of no reason is empty.
func Reason(r rollup.Reason) string {
	if r == rollup.ReasonNone {
		return ""
	}
	return r.String()
}

// Verdict names a verdict; the name of no verdict is empty.
func Verdict(c rollup.VerdictCode) string {
	if c == rollup.VerdictNone {
		return ""
	}
	return c.String()
}
