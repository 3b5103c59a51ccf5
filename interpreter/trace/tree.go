package trace

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Call is a node of a call tree: a frame, or something that a frame asked of its host.
type Call struct {
	Gas   uint64  `json:"gas"`             // of all that happened in it
	Text  string  `json:"text"`            // what was called, with what
	End   string  `json:"end,omitempty"`   // of a frame: how it ended
	Calls []*Call `json:"calls,omitempty"` // what it did, in order
	Cut   int     `json:"cut,omitempty"`   // further calls that were not kept
}

// Write writes the tree as text, down to the given depth of calls; 0 is no limit.
func (c *Call) Write(w io.Writer, depth int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s] %s\n", Thousands(c.Gas), c.Text)
	c.lines(&b, "", depth)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("trace: write call tree: %w", err)
	}
	return nil
}

func (c *Call) lines(b *strings.Builder, indent string, depth int) {
	last := len(c.Calls) - 1
	closed := c.Cut == 0 && c.End == ""
	for i, child := range c.Calls {
		branch, below := " ├─ ", " │  "
		if i == last && closed {
			branch, below = " └─ ", "    "
		}
		fmt.Fprintf(b, "%s%s[%s] %s\n", indent, branch, Thousands(child.Gas), child.Text)
		switch {
		case depth == 1 && len(child.Calls)+child.Cut > 0:
			fmt.Fprintf(b, "%s%s └─ … %d below\n", indent, below, len(child.Calls)+child.Cut)
		default:
			child.lines(b, indent+below, max(depth-1, 0))
		}
	}
	if c.Cut > 0 {
		branch := " ├─ "
		if c.End == "" {
			branch = " └─ "
		}
		fmt.Fprintf(b, "%s%s… %d more\n", indent, branch, c.Cut)
	}
	if c.End != "" {
		fmt.Fprintf(b, "%s └─ %s\n", indent, c.End)
	}
}

// Thousands is n in groups of three digits: 18,402.
func Thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
