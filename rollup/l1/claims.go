package l1

import (
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// claim is a claim and what became of it.
type claim struct {
	*rollup.Claim
	id        rollup.Hash
	seq       uint64 // order of admission
	status    ClaimStatus
	bond      uint64 // still locked
	admitted  uint64
	windowEnd uint64
	restarted bool // the window, after an unchallenged conflict
	closed    uint64
	commit    commit
	ends      []uint32      // ends[i] = number of step roots of layers FromLayer..FromLayer+i
	conflicts []rollup.Hash // claims that assert another root somewhere
	upheld    []uint32      // steps that were judged right
	verdict   *rollup.Verdict
	judged    address.Address // whose challenge verdict is about
}

func (c *claim) clone() *claim {
	d := *c
	d.conflicts = slices.Clone(c.conflicts)
	d.upheld = slices.Clone(c.upheld)
	return &d
}

func (c *claim) info() ClaimInfo {
	return ClaimInfo{
		ID:          c.id,
		Claim:       *c.Claim,
		Status:      c.status,
		Admitted:    c.admitted,
		WindowEnds:  c.windowEnd,
		Commit:      c.commit.height,
		LastVerdict: c.verdict,
		Challenger:  c.judged,
	}
}

// stepKey names a step of a layer, whoever claims it.
type stepKey struct {
	layer uint64
	step  uint32
}

// locate returns the layer of a step root, and the step's index in it.
func (c *claim) locate(step uint32) stepKey {
	i, _ := slices.BinarySearch(c.ends, step+1) // the first layer that ends at or after the step
	first := uint32(0)
	if i > 0 {
		first = c.ends[i-1]
	}
	return stepKey{c.FromLayer + uint64(i), step - first}
}

// roots returns the step roots of one layer of the claim.
func (c *claim) roots(layer uint64) []rollup.Hash {
	i := layer - c.FromLayer
	first := uint32(0)
	if i > 0 {
		first = c.ends[i-1]
	}
	return c.StepRoots[first:c.ends[i]]
}

// rootAfter returns what the claim asserts of the state after a layer: the pre-root counts as the
// root after FromLayer-1.
func (c *claim) rootAfter(layer uint64) (root rollup.Hash, ok bool) {
	switch {
	case layer == c.FromLayer-1:
		return c.PreRoot, true
	case layer < c.FromLayer || layer > c.ToLayer:
		return rollup.Hash{}, false
	}
	return c.StepRoots[c.ends[layer-c.FromLayer]-1], true
}

// covers reports whether the claim has step roots of a layer.
func (c *claim) covers(layer uint64) bool { return c.FromLayer <= layer && layer <= c.ToLayer }

// before returns the root before a step.
func (c *claim) before(step uint32) rollup.Hash {
	if step == 0 {
		return c.PreRoot
	}
	return c.StepRoots[step-1]
}

// conflict reports whether two claims assert different roots of one step. Claims of the same layers
// have the same number of steps, since both were admitted against the headers.
func conflict(a, b *claim) bool {
	if a.FromLayer > b.FromLayer {
		a, b = b, a
	}
	if r, ok := a.rootAfter(b.FromLayer - 1); ok && r != b.PreRoot {
		return true
	}
	for l := b.FromLayer; l <= min(a.ToLayer, b.ToLayer); l++ {
		if !slices.Equal(a.roots(l), b.roots(l)) {
			return true
		}
	}
	return false
}

// claim returns a retained claim; nil when there is none.
func (s *State) claim(id rollup.Hash) *claim {
	for _, c := range s.claims {
		if c.id == id {
			return c
		}
	}
	return s.closed.get(id)
}

// commitClaim records a commitment. The first of two equal ones counts.
func (x *executing) commitClaim(from address.Address, p *rollup.ClaimCommit) rollup.Reason {
	x.s.commits.add(p.Commitment, x.header.Height)
	x.event(ClaimCommitted{from, p.Commitment})
	return rollup.ReasonNone
}

// postClaim admits a claim: no program runs. See docs/spec/claims.md, admission.
func (x *executing) postClaim(from address.Address, p *rollup.PostClaim) rollup.Reason {
	s, params := x.s, x.params
	id := p.Claim.ID()
	opens := rollup.CommitHash(from, p.Salt, id)
	made, ok := s.commits.get(opens)
	if !ok || made.height >= x.header.Height || p.Claim.Executor != from {
		return rollup.ReasonNoCommit
	}
	c := &claim{
		Claim:     &p.Claim,
		id:        id,
		bond:      params.ClaimBond,
		admitted:  x.header.Height,
		windowEnd: x.header.Height + params.ChallengeWindow,
		commit:    made,
	}
	if r := x.admissible(c); r != rollup.ReasonNone {
		return r
	}
	if !s.debit(from, c.bond) {
		return rollup.ReasonL1CannotPay
	}
	s.commits.open(opens)
	s.admitted++
	c.seq = s.admitted
	s.closed.reopen(id)
	s.claims = slices.DeleteFunc(s.claims, func(o *claim) bool { return o.id == id })
	for _, o := range s.claims {
		if o.status == ClaimOpen && conflict(o, c) {
			if !slices.Contains(o.conflicts, id) { // it may be there from a life before
				o.conflicts = append(o.conflicts, id)
			}
			c.conflicts = append(c.conflicts, o.id)
		}
	}
	s.claims = append(s.claims, c)
	x.event(ClaimAdmitted{id, from, c.FromLayer, c.ToLayer, len(c.StepRoots), c.bond, c.windowEnd})
	return rollup.ReasonNone
}

// admissible checks all but the commitment and the money, cheapest first.
func (x *executing) admissible(c *claim) rollup.Reason {
	s, params, height := x.s, x.params, x.header.Height
	open := uint32(0)
	if o := s.claim(c.id); o != nil && o.status != ClaimDead {
		return rollup.ReasonDuplicateClaim
	}
	for _, o := range s.claims {
		if o.status == ClaimOpen && o.Executor == c.Executor {
			open++
		}
	}
	switch {
	case open >= params.MaxOpenClaims:
		return rollup.ReasonTooManyClaims
	case c.FromLayer == 0 || c.FromLayer > c.ToLayer ||
		c.ToLayer-c.FromLayer >= uint64(params.MaxLayersPerClaim) ||
		c.ToLayer >= height || height-c.ToLayer < params.MinClaimDepth:
		return rollup.ReasonWrongRange
	case c.ToLayer <= s.final.Layer:
		return rollup.ReasonAlreadyFinal
	}
	set := s.schedule.at(c.ToLayer)
	if c.VMVersion != set.params.VMVersion {
		return rollup.ReasonWrongVM
	}
	if c.FromLayer < set.from {
		return rollup.ReasonWrongRange // its layers have different parameters
	}
	last := s.history.at(c.ToLayer)
	if last == nil || s.history.at(c.FromLayer-1) == nil {
		return rollup.ReasonWrongRange
	}
	if last.hash != c.L1BlockHash {
		return rollup.ReasonWrongL1Hash
	}
	if !s.countSteps(c) {
		return rollup.ReasonWrongStepCount
	}
	if !s.anchoredAtAdmission(c) {
		return rollup.ReasonUnanchored
	}
	return rollup.ReasonNone
}

// countSteps fills c.ends from the headers; it reports whether the claim has a root for each step.
func (s *State) countSteps(c *claim) bool {
	if uint64(len(c.StepRoots)) > uint64(s.ParamsAt(c.ToLayer).MaxStepRoots) {
		return false
	}
	total := uint64(0)
	for l := c.FromLayer; l <= c.ToLayer; l++ {
		total += uint64(s.history.at(l).layer.Header.StepCount)
		if total > uint64(len(c.StepRoots)) {
			return false
		}
		c.ends = append(c.ends, uint32(total))
	}
	return total == uint64(len(c.StepRoots))
}

// anchoredAtAdmission reports whether the claim builds on the final root, or on a root that a
// living claim asserts, and repeats the final roots of the layers that are final already.
func (s *State) anchoredAtAdmission(c *claim) bool {
	if c.FromLayer-1 > s.final.Layer {
		return slices.ContainsFunc(s.claims, func(o *claim) bool { return o.supports(c) })
	}
	for l := c.FromLayer; l <= s.final.Layer; l++ {
		if !slices.Equal(c.roots(l), s.FinalRoots(l)) {
			return false
		}
	}
	return s.buildsOnFinal(c)
}

// supports reports whether c is a living claim that has a step root equal to the pre-root of next.
func (c *claim) supports(next *claim) bool {
	if c.status != ClaimOpen || !c.covers(next.FromLayer-1) {
		return false
	}
	r, _ := c.rootAfter(next.FromLayer - 1)
	return r == next.PreRoot
}

// buildsOnFinal reports whether the root before the claim is final and the claim's pre-root.
func (s *State) buildsOnFinal(c *claim) bool {
	roots := s.FinalRoots(c.FromLayer - 1)
	return len(roots) > 0 && roots[len(roots)-1] == c.PreRoot
}
