package trace

import "github.com/athenarollup/athena/riscv"

// Bounds of a profile: a program cannot make it grow without end. What lies deeper counts for the
// deepest call that is kept.
const (
	maxStack = 1 << 12
	maxNodes = 1 << 18
)

// node is a chain of call sites, shared by all samples below it.
type node struct {
	parent   *node
	program  *profiled
	site     uint32 // pc of the call instruction in program; unused in a root
	root     bool   // of a frame: its parent, if any, is the host call that entered it
	children map[uint32]*node
	costs    map[uint32]*cost // by pc
	calls    map[hostSite]*cost
}

// cost is what a sample counts.
type cost struct{ gas, instructions int64 }

// cost returns the cost of an address.
func (n *node) cost(pc uint32) *cost {
	c, ok := n.costs[pc]
	if !ok {
		if n.costs == nil {
			n.costs = map[uint32]*cost{}
		}
		c = &cost{}
		n.costs[pc] = c
	}
	return c
}

// hostSite is a host call by where it is made from and what it is called.
type hostSite struct {
	pc   uint32
	name string
}

// open is a call that has not returned.
type open struct {
	returns uint32 // address after the call
	before  *node  // chain of the caller
}

// callStack follows the calls of one frame by the conventions of the ABI: a jump that writes ra (or
// t0) is a call, one through them that writes nothing is a return (RISC-V Unprivileged ISA,
// §2.5.1, table 3).
type callStack struct {
	at    *node
	stack []open
	nodes *int
}

// jumped follows the jump i at pc, which went to target.
func (c *callStack) jumped(i riscv.Inst, pc, target uint32) {
	switch {
	case isLink(i.Rd):
		c.call(pc)
	case i.Op == riscv.JALR && isLink(i.Rs1):
		c.back(target)
	}
}

func isLink(r uint8) bool { return r == riscv.RegRA || r == riscv.RegT0 }

func (c *callStack) call(pc uint32) {
	if len(c.stack) >= maxStack {
		return
	}
	c.stack = append(c.stack, open{pc + 4, c.at})
	c.at = c.below(pc)
}

// below returns the chain of the current one and a call at pc. A site that is in the chain already
// is recursion: the chain is cut back to it, so that recursive programs have short stacks.
func (c *callStack) below(pc uint32) *node {
	for n := c.at; !n.root; n = n.parent {
		if n.site == pc {
			return n
		}
	}
	if n, ok := c.at.children[pc]; ok {
		return n
	}
	if *c.nodes >= maxNodes {
		return c.at
	}
	*c.nodes++
	n := &node{parent: c.at, program: c.at.program, site: pc}
	if c.at.children == nil {
		c.at.children = map[uint32]*node{}
	}
	c.at.children[pc] = n
	return n
}

// back leaves the calls up to the one that returns to target. A jump to elsewhere, such as a return
// to an outlined prologue's user, leaves the stack alone.
func (c *callStack) back(target uint32) {
	for n := len(c.stack) - 1; n >= 0; n-- {
		if c.stack[n].returns == target {
			c.at = c.stack[n].before
			c.stack = c.stack[:n]
			return
		}
	}
}
