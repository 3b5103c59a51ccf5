package executor

import (
	"fmt"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

var claimStatuses = [...]string{
	l1.ClaimOpen:    "open",
	l1.ClaimFinal:   "final",
	l1.ClaimSlashed: "slashed",
	l1.ClaimDead:    "dead",
}

// statusName names the state of a claim.
func statusName(s l1.ClaimStatus) string {
	if int(s) < len(claimStatuses) {
		return claimStatuses[s]
	}
	return fmt.Sprintf("status %d", s)
}

// claimInfo converts a claim as L1 keeps it.
func claimInfo(c *l1.ClaimInfo) *athenav1.ClaimInfo {
	out := &athenav1.ClaimInfo{
		Id:         c.ID[:],
		Executor:   c.Claim.Executor[:],
		FromLayer:  c.Claim.FromLayer,
		ToLayer:    c.Claim.ToLayer,
		PreRoot:    c.Claim.PreRoot[:],
		Status:     statusName(c.Status),
		WindowEnds: c.WindowEnds,
		Pending:    uint32(c.Pending),
	}
	if n := len(c.Claim.StepRoots); n > 0 {
		out.PostRoot = c.Claim.StepRoots[n-1][:]
	}
	if c.LastVerdict != nil {
		out.Verdict = wire.Verdict(c.LastVerdict.Code)
	}
	return out
}

// opinion fills in what this executor thinks of a claim. A claim that starts from another root is
// not compared: the one below it is the wrong one.
func (l *ledger) opinion(claim *rollup.Claim, out *athenav1.ClaimInfo) error {
	d, err := l.difference(claim)
	if err != nil {
		return err
	}
	if d != nil {
		out.Own, out.DiffersLayer, out.DiffersStep = "differs", d.layer, uint32(d.local)
		return nil
	}
	ok, err := l.covers(claim)
	if err != nil || !ok {
		return err
	}
	pre, ok, err := l.rootBefore(claim.FromLayer)
	if err == nil && ok && pre == claim.PreRoot {
		out.Own = "agrees"
	}
	return err
}
