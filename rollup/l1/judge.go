package l1

import (
	"slices"

	"github.com/athenarollup/athena/rollup"
)

// judge executes at most VerdictsPerBlock of the witnesses that wait, in order of opening.
func (x *executing) judge() {
	for n := uint32(0); n < x.params.VerdictsPerBlock; n++ {
		ch := x.nextProof()
		if ch == nil {
			return
		}
		x.verdict(ch)
	}
}

// nextProof returns the oldest challenge with a witness that can be judged; nil when none waits.
func (x *executing) nextProof() *challenge {
	for _, ch := range x.s.challenges {
		if ch.proven && !x.s.isSuspended(x.s.claim(ch.claim)) {
			return ch
		}
	}
	return nil
}

// verdict judges one challenge and settles what follows from it.
func (x *executing) verdict(ch *challenge) {
	s := x.s
	c := s.claim(ch.claim)
	at := c.locate(ch.step)
	claimed := c.StepRoots[ch.step]
	v := x.judgeNow()(s.judged(at.layer), int(at.step), c.before(ch.step), claimed, ch.witness)
	v.ClaimID, v.Step = c.id, ch.step
	c.verdict, c.judged = &v, ch.challenger
	x.event(Judged{v, at.layer, ch.challenger, claimed, len(ch.witness)})
	switch v.Code {
	case rollup.VerdictFraud:
		x.slash(c, ch)
	case rollup.VerdictUpheld:
		c.upheld = append(c.upheld, ch.step)
		s.closeWhere(func(o *challenge) bool { return o.claim == c.id && o.step == ch.step },
			func(o *challenge) { x.lose(o, rollup.VerdictUpheld) })
	case rollup.VerdictBadWitness:
		s.closeWhere(func(o *challenge) bool { return o == ch },
			func(o *challenge) { x.lose(o, rollup.VerdictBadWitness) })
	case rollup.VerdictInconclusive:
		s.suspended = append(s.suspended, at)
		x.event(StepSuspended{at.layer, at.step})
	default:
		panic("BUG: l1: the judge returned no verdict")
	}
}

// slash kills a false claim and those that build on it alone: 40 % of its bond is for the
// challenger who proved it, 10 % for the proposer of this block, and the rest is burned.
func (x *executing) slash(c *claim, winner *challenge) {
	s := x.s
	toChallenger, toProposer := part(c.bond, 40), part(c.bond, 10)
	burned := c.bond - toChallenger - toProposer
	s.credit(winner.challenger, toChallenger)
	s.credit(x.header.Proposer, toProposer)
	s.burn(burned)
	x.event(Slashed{c.id, c.Executor, winner.challenger, c.bond, toChallenger, toProposer, burned})
	c.bond, c.status, c.closed = 0, ClaimSlashed, x.header.Height

	s.closeWhere(func(o *challenge) bool { return o == winner }, func(o *challenge) {
		s.credit(o.challenger, o.bond)
		s.payFee(o.fee, o.proposer)
		x.event(BondReturned{o.claim, o.challenger, o.bond, 0, rollup.VerdictFraud})
	})
	x.refundChallenges(c)
	x.dropUnanchored()
}

// refundChallenges settles as STALE what is left of the challenges of a dead claim.
func (x *executing) refundChallenges(c *claim) {
	x.s.closeWhere(func(o *challenge) bool { return o.claim == c.id }, x.refund)
}

// expireChallenges closes the challenges that were not proven in time. Those of a suspended claim
// stay: nothing of it moves.
func (x *executing) expireChallenges() {
	s := x.s
	s.closeWhere(func(o *challenge) bool {
		late := !o.proven && x.header.Height >= o.deadline
		return late && !s.isSuspended(s.claim(o.claim))
	}, func(o *challenge) { x.lose(o, rollup.VerdictUnproven) })
}

// isSuspended reports whether the claim covers a step that the reference engine could not judge: it
// neither dies nor becomes final, and its bonds stay locked (docs/spec/claims.md, INCONCLUSIVE).
func (s *State) isSuspended(c *claim) bool {
	return slices.ContainsFunc(s.suspended, func(k stepKey) bool { return c.covers(k.layer) })
}
