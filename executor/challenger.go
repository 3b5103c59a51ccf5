package executor

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

const (
	// maxChallenges is the number of challenges that run at once: each locks a bond and keeps a
	// witness.
	maxChallenges = 16
	// maxTries is how often one step is challenged when a challenge ended without a verdict.
	maxTries = 3
)

// challenger challenges living claims that assert other roots than the ledger computed.
type challenger struct {
	ledger *ledger
	outbox *outbox
	log    *slog.Logger
}

// difference is the first step at which a claim is wrong.
type difference struct {
	step  uint32 // index into the claim's step roots
	layer uint64
	local int         // index of the step within the layer
	own   rollup.Hash // the root after it
}

// covers reports whether all layers of a claim are executed here, on the branch of L1 that the
// claim is about: its L1 hash commits to everything below.
func (l *ledger) covers(claim *rollup.Claim) (bool, error) {
	if claim.FromLayer == 0 || claim.FromLayer > claim.ToLayer {
		return false, nil
	}
	last, err := l.record(claim.ToLayer)
	return last != nil && last.L1Hash == claim.L1BlockHash, err
}

// difference compares a claim with the executed layers. It returns nil when they agree, when they
// cannot be compared, and when the claim starts from another root: then the claim below it is the
// wrong one.
func (l *ledger) difference(claim *rollup.Claim) (*difference, error) {
	if ok, err := l.covers(claim); err != nil || !ok {
		return nil, err
	}
	pre, ok, err := l.rootBefore(claim.FromLayer)
	if err != nil || !ok || pre != claim.PreRoot {
		return nil, err
	}
	at := 0
	for h := claim.FromLayer; h <= claim.ToLayer; h++ {
		rec, err := l.record(h)
		if err != nil || rec == nil {
			return nil, err
		}
		for i, own := range rec.StepRoots {
			if at >= len(claim.StepRoots) {
				return nil, nil
			}
			if claim.StepRoots[at] != own {
				return &difference{step: uint32(at), layer: h, local: i, own: own}, nil
			}
			at++
		}
	}
	return nil, nil
}

// run challenges every wrong claim that is not challenged yet by this executor.
func (c *challenger) run(ctx context.Context, tip l1.Tip, all []wrong) error {
	for _, w := range all {
		if w.info.WindowEnds <= tip.Height || c.outbox.challenging(w.info.ID) {
			continue
		}
		if len(c.outbox.open(jobChallenge)) >= maxChallenges {
			return nil
		}
		err := c.challenge(ctx, tip, w.info, w.difference)
		if errors.Is(err, errReplaying) || errors.Is(err, errPruned) {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// challenge proves the step to itself and opens the challenge.
func (c *challenger) challenge(
	ctx context.Context, tip l1.Tip, info *l1.ClaimInfo, d *difference,
) error {
	tried, err := c.outbox.tried(info.ID, d.step)
	if err != nil || tried >= maxTries || c.settled(info, d, tried) {
		return err
	}
	if tried > 0 && info.Pending > 0 {
		return nil // most likely the own witness, in the judge's queue
	}
	proof, err := c.ledger.prove(ctx, d.layer, d.local, true)
	if err != nil {
		return err
	}
	witness := proof.witness
	p, err := c.ledger.paramsAt(ctx, tip.Height+1)
	if err != nil {
		return err
	}
	if ok, err := c.outbox.affords(ctx, p.ChallengeBond, len(witness)); err != nil || !ok {
		return err
	}
	step := binary.LittleEndian.AppendUint32(nil, d.step)
	s := salt(c.outbox.key, info.ID[:], step)
	commit := rollup.OpenHash(c.ledger.chainID, info.ID, d.step, c.outbox.account, s,
		rollup.WitnessHash(witness))
	c.log.Info("challenge", "claim", info.ID.Short(), "layer", d.layer, "step", d.local,
		"bond", p.ChallengeBond, "witness_bytes", len(witness))
	return c.outbox.start(ctx, &job{kind: jobChallenge, target: info.ID, step: d.step},
		&rollup.ChallengeOpen{ClaimID: info.ID, Step: d.step, Commitment: commit},
		&rollup.ChallengeProve{ClaimID: info.ID, Step: d.step, Salt: s, Witness: witness})
}

// settled reports whether L1 judged the step already, in a way that another challenge cannot
// change.
func (c *challenger) settled(info *l1.ClaimInfo, d *difference, tried uint8) bool {
	v := info.LastVerdict
	if v == nil || v.Step != d.step {
		return false
	}
	if v.Code != rollup.VerdictUpheld {
		// Not INCONCLUSIVE either: when the engine is repaired, the witness that waits may turn out to
		// be a bad one of a friend of the liar's, and then another has to wait beside it.
		return false
	}
	if tried == 0 {
		c.log.Error("L1 upheld a step that is wrong here", "claim", info.ID.Short(),
			"layer", d.layer, "step", d.step, "own", d.own.Short())
	}
	return true
}
