package l1

import (
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// challenge is an unresolved challenge. Its place in State.challenges is the order of opening.
type challenge struct {
	claim      rollup.Hash
	step       uint32
	challenger address.Address
	commitment rollup.Hash
	opened     uint64
	deadline   uint64 // block that closes it unless it is proven before
	bond       uint64
	proven     bool
	witness    []byte
	fee        uint64          // for the bytes of the witness: held until the end is known
	proposer   address.Address // of the block that carried the witness
}

// openChallenge admits a challenge. What cannot be challenged is refused without loss.
func (x *executing) openChallenge(from address.Address, p *rollup.ChallengeOpen) rollup.Reason {
	s, params := x.s, x.params
	c, reason := s.challengeable(p.ClaimID, p.Step)
	switch {
	case reason != rollup.ReasonNone:
		return reason
	case x.header.Height > c.windowEnd:
		return rollup.ReasonWindowClosed
	case slices.Contains(c.upheld, p.Step):
		return rollup.ReasonStepClosed
	case s.challenge(p.ClaimID, p.Step, from) != nil:
		return rollup.ReasonDuplicateBond
	case !s.debit(from, params.ChallengeBond):
		return rollup.ReasonL1CannotPay
	}
	s.challenges = append(s.challenges, &challenge{
		claim:      p.ClaimID,
		step:       p.Step,
		challenger: from,
		commitment: p.Commitment,
		opened:     x.header.Height,
		deadline:   x.header.Height + params.ProveWindow,
		bond:       params.ChallengeBond,
	})
	x.event(ChallengeOpened{p.ClaimID, p.Step, from, params.ChallengeBond})
	return rollup.ReasonNone
}

// challengeable finds a living claim that has a step.
func (s *State) challengeable(id rollup.Hash, step uint32) (*claim, rollup.Reason) {
	c := s.claim(id)
	switch {
	case c == nil:
		return nil, rollup.ReasonNoSuchClaim
	case c.status == ClaimFinal:
		return nil, rollup.ReasonWindowClosed
	case c.status != ClaimOpen:
		return nil, rollup.ReasonClaimDead
	case uint64(step) >= uint64(len(c.StepRoots)):
		return nil, rollup.ReasonOutOfRange
	}
	return c, rollup.ReasonNone
}

// proveChallenge puts a witness into the queue of the judge. A witness is shown at least one block
// after the challenge was opened: else whoever sees it on its way could open before its author.
func (x *executing) proveChallenge(
	from address.Address, p *rollup.ChallengeProve, fee uint64,
) rollup.Reason {
	s := x.s
	if _, reason := s.challengeable(p.ClaimID, p.Step); reason != rollup.ReasonNone {
		return reason
	}
	ch := s.challenge(p.ClaimID, p.Step, from)
	if ch == nil || ch.proven || ch.opened >= x.header.Height {
		return rollup.ReasonNotOpened
	}
	want := rollup.OpenHash(s.net.chainID, p.ClaimID, p.Step, from, p.Salt,
		rollup.WitnessHash(p.Witness))
	if want != ch.commitment {
		return rollup.ReasonBadCommitment
	}
	ch.proven, ch.witness = true, p.Witness
	ch.fee, ch.proposer = fee, x.header.Proposer
	x.event(ChallengeProved{p.ClaimID, p.Step, from, len(p.Witness)})
	return rollup.ReasonNone
}

// challenge returns the unresolved challenge of a step by one challenger; nil when there is none.
func (s *State) challenge(claim rollup.Hash, step uint32, by address.Address) *challenge {
	for _, ch := range s.challenges {
		if ch.claim == claim && ch.step == step && ch.challenger == by {
			return ch
		}
	}
	return nil
}

// pending counts the unresolved challenges of a claim.
func (s *State) pending(c *claim) int {
	n := 0
	for _, ch := range s.challenges {
		if ch.claim == c.id {
			n++
		}
	}
	return n
}

// closeWhere resolves the challenges that match, in order of opening.
func (s *State) closeWhere(match func(*challenge) bool, resolve func(*challenge)) {
	var closed []*challenge
	s.challenges = slices.DeleteFunc(s.challenges, func(ch *challenge) bool {
		if match(ch) {
			closed = append(closed, ch)
			return true
		}
		return false
	})
	for _, ch := range closed {
		resolve(ch)
	}
}

// lose takes the bond of a challenge that failed.
func (x *executing) lose(ch *challenge, code rollup.VerdictCode) {
	burned, toProposer := x.s.loseBond(ch.bond, x.header.Proposer)
	x.s.payFee(ch.fee, ch.proposer)
	x.event(ChallengeLost{ch.claim, ch.step, ch.challenger, code, burned, toProposer})
}

// refund gives back the bond of a challenge whose claim died first, and what its witness cost.
func (x *executing) refund(ch *challenge) {
	x.s.credit(ch.challenger, ch.bond+ch.fee)
	x.event(BondReturned{ch.claim, ch.challenger, ch.bond, ch.fee, rollup.VerdictStale})
}
