package l1

import (
	"cmp"
	"slices"

	"github.com/athenarollup/athena/rollup"
)

// settle lets claims die and become final, until nothing more follows from this block.
func (x *executing) settle() {
	for {
		x.dropUnanchored()
		for x.finaliseOne() {
		}
		if !x.breakConflict() {
			return
		}
	}
}

// open returns the living claims in the order in which they are settled: the ones that build on
// less first.
func (s *State) open() []*claim {
	var out []*claim
	for _, c := range s.claims {
		if c.status == ClaimOpen {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *claim) int {
		return cmp.Or(cmp.Compare(a.FromLayer, b.FromLayer), cmp.Compare(a.ToLayer, b.ToLayer),
			cmp.Compare(a.commit.seq, b.commit.seq))
	})
	return out
}

// dropUnanchored lets every living claim die whose pre-root is neither final nor asserted by a
// living anchored claim.
func (x *executing) dropUnanchored() {
	s := x.s
	var anchored, lost []*claim
	for _, c := range s.open() { // what a claim builds on starts before it
		ok := c.FromLayer-1 <= s.final.Layer && s.buildsOnFinal(c) ||
			slices.ContainsFunc(anchored, func(o *claim) bool { return o.supports(c) })
		switch {
		case ok:
			anchored = append(anchored, c)
		case !s.isSuspended(c):
			lost = append(lost, c)
		}
	}
	for _, c := range lost {
		x.die(c, "what it builds on is gone")
	}
}

// die ends a claim that was not proven false: its bond goes back.
func (x *executing) die(c *claim, why string) {
	c.status = ClaimDead
	x.event(ClaimDied{c.id, c.Executor, why})
	x.release(c)
	x.refundChallenges(c)
}

// release returns the bond of a claim that ended.
func (x *executing) release(c *claim) {
	x.s.credit(c.Executor, c.bond)
	x.event(BondReturned{ClaimID: c.id, To: c.Executor, Amount: c.bond})
	c.bond, c.closed = 0, x.header.Height
}

// finaliseOne makes the first claim final that can be; it reports whether there was one.
func (x *executing) finaliseOne() bool {
	for _, c := range x.s.open() {
		if x.canBeFinal(c) {
			x.finalise(c)
			return true
		}
	}
	return false
}

// unchallenged reports whether the claim's window has passed with every challenge resolved.
func (x *executing) unchallenged(c *claim) bool {
	return x.header.Height >= c.windowEnd && x.s.pending(c) == 0
}

func (x *executing) canBeFinal(c *claim) bool {
	s := x.s
	return x.unchallenged(c) && c.FromLayer-1 <= s.final.Layer && s.buildsOnFinal(c) &&
		!s.isSuspended(c) && s.history.at(c.FromLayer-1) != nil && len(s.rivals(c)) == 0
}

// rivals returns the living claims that conflict with a claim.
func (s *State) rivals(c *claim) []*claim {
	var out []*claim
	for _, id := range c.conflicts {
		if o := s.claim(id); o != nil && o.status == ClaimOpen {
			out = append(out, o)
		}
	}
	return out
}

// finalise makes a claim final: its roots are the state of Athena for ever.
func (x *executing) finalise(c *claim) {
	s := x.s
	rewards := s.earners(c)
	for l := s.final.Layer + 1; l <= c.ToLayer; l++ {
		s.finalRoots.set(heightKey(l), c.roots(l))
	}
	if c.ToLayer > s.final.Layer {
		root, _ := c.rootAfter(c.ToLayer)
		s.final = FinalHead{Layer: c.ToLayer, Root: root}
		s.rewards = append(s.rewards, rewards...)
	}
	c.status = ClaimFinal
	x.event(ClaimBecameFinal{c.id, c.Executor, c.ToLayer, c.StepRoots[len(c.StepRoots)-1], rewards})
	x.release(c)
}

// earners returns who earns the fee pools of the layers that become final with a claim: for each
// layer, the living claim that covers it with the oldest commitment. All of them agree, since none
// conflicts.
func (s *State) earners(c *claim) []rollup.FinalClaim {
	var out []rollup.FinalClaim
	for l := s.final.Layer + 1; l <= c.ToLayer; l++ {
		best := c
		for _, o := range s.claims {
			if o.status == ClaimOpen && o.covers(l) && o.commit.seq < best.commit.seq {
				best = o
			}
		}
		if n := len(out); n > 0 && out[n-1].ClaimID == best.id {
			out[n-1].ToLayer = l
			continue
		}
		out = append(out, rollup.FinalClaim{ClaimID: best.id, Reward: best.Reward,
			FromLayer: l, ToLayer: l})
	}
	return out
}

// breakConflict looks for claims that conflict although nobody challenged any of them in time.
// Their windows restart once; then all of them die, and the layers are open for claims again. It
// reports whether a claim died.
func (x *executing) breakConflict() bool {
	s := x.s
	for _, c := range s.open() {
		if c.FromLayer-1 > s.final.Layer {
			return false // the rest build on layers that are not decided
		}
		group := s.quarrel(c)
		if len(group) < 2 || slices.ContainsFunc(group, func(o *claim) bool {
			return !x.unchallenged(o) || s.isSuspended(o)
		}) {
			continue
		}
		if !x.restart(group) {
			for _, o := range group {
				x.die(o, "conflicts, and nobody challenged")
			}
			return true
		}
	}
	return false
}

// quarrel returns the claims that are linked to c by conflicts, without those that start beyond its
// end: they do not bear on whether c becomes final.
func (s *State) quarrel(c *claim) []*claim {
	group := []*claim{c}
	for i := 0; i < len(group); i++ {
		for _, o := range s.rivals(group[i]) {
			if o.FromLayer-1 <= c.ToLayer && !slices.Contains(group, o) {
				group = append(group, o)
			}
		}
	}
	return group
}

// restart gives a second window to every claim of the group that had only one; it reports whether
// there was such a claim.
func (x *executing) restart(group []*claim) bool {
	any := false
	for _, o := range group {
		if o.restarted {
			continue
		}
		any, o.restarted = true, true
		o.windowEnd = x.header.Height + x.params.ChallengeWindow
		x.event(WindowRestarted{o.id, o.windowEnd})
	}
	return any
}
