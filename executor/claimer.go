package executor

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
)

// claimer posts bonded claims of the roots that the ledger computed. It claims what no claim covers
// that it agrees with, one claim at a time, as long as the network allows.
type claimer struct {
	ledger *ledger
	outbox *outbox
	reward address.Address
	every  uint64
	tamper func(layer uint64, roots []rollup.Hash) []rollup.Hash
	log    *slog.Logger
}

// asserted returns the roots that this executor asserts after the steps of an executed layer.
func (c *claimer) asserted(layer uint64) ([]rollup.Hash, error) {
	rec, err := c.ledger.record(layer)
	if err != nil || rec == nil {
		return nil, err
	}
	roots := rec.StepRoots
	if c.tamper != nil {
		roots = c.tamper(layer, append([]rollup.Hash{}, roots...))
	}
	return roots, nil
}

// agrees reports whether a claim asserts, for layers from its first one on, what this executor
// asserts.
func (c *claimer) agrees(claim *rollup.Claim, pre rollup.Hash) (bool, error) {
	if ok, err := c.ledger.covers(claim); err != nil || !ok || claim.PreRoot != pre {
		return false, err
	}
	rest := claim.StepRoots
	for h := claim.FromLayer; h <= claim.ToLayer; h++ {
		roots, err := c.asserted(h)
		if err != nil || roots == nil || len(roots) > len(rest) {
			return false, err
		}
		for i := range roots {
			if roots[i] != rest[i] {
				return false, nil
			}
		}
		rest = rest[len(roots):]
	}
	return len(rest) == 0, nil
}

// covered returns the newest layer up to which every layer is final, or covered by living claims
// that chain from the final one and that this executor agrees with.
func (c *claimer) covered(claims []l1.ClaimInfo, final l1.FinalHead) (uint64, rollup.Hash, error) {
	layer, root := final.Layer, final.Root
	for grown := true; grown; {
		grown = false
		for i := range claims {
			cl := &claims[i].Claim
			if claims[i].Status != l1.ClaimOpen || cl.ToLayer <= layer || cl.FromLayer > layer+1 {
				continue
			}
			pre := root
			if cl.FromLayer <= layer {
				before, ok, err := c.before(cl.FromLayer, final)
				if err != nil {
					return 0, rollup.Hash{}, err
				}
				if !ok {
					continue // it begins below what is kept here
				}
				pre = before
			}
			ok, err := c.agrees(cl, pre)
			if err != nil {
				return 0, rollup.Hash{}, err
			}
			if ok {
				layer, root, grown = cl.ToLayer, cl.StepRoots[len(cl.StepRoots)-1], true
			}
		}
	}
	return layer, root, nil
}

// before returns the root that this executor asserts before a layer; below the final head it is the
// true one. It is not ok for a layer that this executor does not know.
func (c *claimer) before(
	layer uint64, final l1.FinalHead,
) (root rollup.Hash, ok bool, err error) {
	if layer <= final.Layer+1 {
		return c.ledger.rootBefore(layer)
	}
	roots, err := c.asserted(layer - 1)
	if err != nil || len(roots) == 0 {
		return rollup.Hash{}, false, err
	}
	return roots[len(roots)-1], true, nil
}

// run starts a claim if enough layers are open.
func (c *claimer) run(
	ctx context.Context, tip l1.Tip, claims []l1.ClaimInfo, final l1.FinalHead,
) error {
	if len(c.outbox.open(jobClaim)) > 0 {
		return nil
	}
	h, err := c.ledger.head()
	if err != nil {
		return err
	}
	p, err := c.ledger.paramsAt(ctx, tip.Height+1)
	if err != nil {
		return err
	}
	last, pre, err := c.covered(claims, final)
	if err != nil {
		return err
	}
	if tip.Height < p.MinClaimDepth {
		return nil
	}
	upTo := min(h.layer, tip.Height-p.MinClaimDepth)
	if upTo < last+c.every || c.living(claims) >= int(p.MaxOpenClaims) {
		return nil
	}
	claim, err := c.build(ctx, p, last+1, min(upTo, last+uint64(p.MaxLayersPerClaim)), pre)
	if err != nil || claim == nil || known(claims, claim.ID()) {
		return err
	}
	if ok, err := c.outbox.affords(ctx, p.ClaimBond, len(claim.Encode())); err != nil || !ok {
		return err
	}
	return c.post(ctx, claim)
}

// living counts the own claims that lock a bond.
func (c *claimer) living(claims []l1.ClaimInfo) (n int) {
	for i := range claims {
		if claims[i].Status == l1.ClaimOpen && claims[i].Claim.Executor == c.outbox.account {
			n++
		}
	}
	return n
}

// known reports whether L1 has judged or still judges this very claim: it would not take it again.
func known(claims []l1.ClaimInfo, id rollup.Hash) bool {
	return slices.ContainsFunc(claims, func(c l1.ClaimInfo) bool {
		return c.ID == id && c.Status != l1.ClaimDead
	})
}

// build makes a claim of as many layers as fit under p, and as have one set of parameters; nil if
// not one does.
func (c *claimer) build(
	ctx context.Context, p *rollup.Params, from, to uint64, pre rollup.Hash,
) (*rollup.Claim, error) {
	first, err := c.ledger.paramsAt(ctx, from)
	if err != nil {
		return nil, err
	}
	claim := &rollup.Claim{
		Executor: c.outbox.account, Reward: c.reward, FromLayer: from, PreRoot: pre,
		VMVersion: first.VMVersion,
	}
	for h := from; h <= to; h++ {
		of, err := c.ledger.paramsAt(ctx, h)
		if err != nil {
			return nil, err
		}
		if *of != *first {
			break // a claim spans no activation
		}
		roots, err := c.asserted(h)
		if err != nil {
			return nil, err
		}
		if len(claim.StepRoots)+len(roots) > int(p.MaxStepRoots) {
			break
		}
		rec, err := c.ledger.record(h)
		if err != nil || rec == nil {
			return nil, err
		}
		claim.ToLayer, claim.L1BlockHash = h, rec.L1Hash
		claim.StepRoots = append(claim.StepRoots, roots...)
	}
	if claim.ToLayer == 0 {
		return nil, nil
	}
	return claim, nil
}

func (c *claimer) post(ctx context.Context, claim *rollup.Claim) error {
	s := salt(c.outbox.key, claim.Encode())
	j := &job{kind: jobClaim, target: claim.ID()}
	commit := rollup.CommitHash(claim.Executor, s, j.target)
	err := c.outbox.start(ctx, j,
		&rollup.ClaimCommit{Commitment: commit}, &rollup.PostClaim{Claim: *claim, Salt: s})
	if err != nil {
		return err
	}
	c.log.Info("claim committed", "claim", j.target.Short(), "from", claim.FromLayer,
		"to", claim.ToLayer, "root", claim.StepRoots[len(claim.StepRoots)-1].Short())
	return nil
}

// checkFinal compares what became final with what was executed here (docs/spec/claims.md).
func (l *ledger) checkFinal(
	ctx context.Context, claims []l1.ClaimInfo, final l1.FinalHead,
) error {
	h, err := l.head()
	if err != nil || final.Layer > h.layer {
		return err
	}
	own := l.genesis.StateRoot
	if final.Layer > 0 {
		rec, err := l.record(final.Layer)
		if err != nil || rec == nil {
			return err // below the snapshot that this executor started from
		}
		own = rec.post()
	}
	if own == final.Root {
		return nil
	}
	where := "an unknown step"
	for i := range claims {
		if claims[i].Status != l1.ClaimFinal {
			continue
		}
		d, err := l.difference(&claims[i].Claim)
		if err != nil || d == nil {
			continue
		}
		where = fmt.Sprintf("step %d of layer %d", d.local, d.layer)
		e, err := l.disagreement(ctx, dispute.KindFinal, &claims[i].Claim, d)
		if err == nil {
			l.archive.keep(e)
		} else {
			where += "; no evidence: " + err.Error()
		}
		break
	}
	return fmt.Errorf("%w: the root after layer %d is %x here and %x is final on L1 (%s); "+
		"do not restart this version: report the layer and step", ErrDiverged, final.Layer, own,
		final.Root, where)
}
