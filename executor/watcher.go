package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
)

// maxReports is the number of wrong claims that evidence is made for in one Step.
const maxReports = 8

// watcher compares every claim with the ledger, whether or not anything is posted, and reports each
// wrong one once.
type watcher struct {
	ledger  *ledger
	archive *archive
	account address.Address // of this executor; zero in a shadow
	log     *slog.Logger
	told    map[rollup.Hash]bool
}

// wrong is a living claim with the first step at which it is wrong.
type wrong struct {
	info *l1.ClaimInfo
	*difference
}

// run returns the living claims of others that are wrong.
func (w *watcher) run(ctx context.Context, claims []l1.ClaimInfo) (all []wrong, err error) {
	living := make(map[rollup.Hash]bool, len(claims))
	reports := 0
	for i := range claims {
		info := &claims[i]
		if info.Status != l1.ClaimOpen || info.Claim.Executor == w.account {
			continue
		}
		living[info.ID] = true
		d, err := w.ledger.difference(&info.Claim)
		if err != nil {
			return nil, err
		}
		if d == nil {
			continue
		}
		all = append(all, wrong{info, d})
		if w.told[info.ID] || reports >= maxReports {
			continue
		}
		if err := w.tell(ctx, info, d); err != nil {
			return nil, err
		}
		w.told[info.ID] = true
		reports++
	}
	for id := range w.told {
		if !living[id] {
			delete(w.told, id)
		}
	}
	return all, nil
}

// tell reports a wrong claim.
func (w *watcher) tell(ctx context.Context, info *l1.ClaimInfo, d *difference) error {
	claimed := info.Claim.StepRoots[d.step]
	e, err := w.ledger.disagreement(ctx, dispute.KindClaim, &info.Claim, d)
	switch {
	case errors.Is(err, statetree.ErrHistory):
	case err != nil:
		return err
	default:
		w.archive.keep(e)
	}
	w.log.Warn("wrong claim", "claim", info.ID.Short(), "executor", info.Claim.Executor.Short(),
		"layer", d.layer, "step", d.local, "claimed", claimed.Short(), "own", d.own.Short())
	return nil
}

// disagreement makes evidence against a claim, if the history reaches so far back.
func (l *ledger) disagreement(
	ctx context.Context, kind dispute.Kind, claim *rollup.Claim, d *difference,
) (*dispute.Evidence, error) {
	p, err := l.prove(ctx, d.layer, d.local, false)
	if err != nil {
		return nil, err
	}
	var other string
	claimed := claim.StepRoots[d.step]
	e := p.evidence(kind, claimed, fmt.Sprintf("claim %x says root %x after step %d of layer %d; "+
		"here it is %x", claim.ID(), claimed, d.local, d.layer, d.own))
	e.Claim = claim
	other, e.Differ, err = l.differ(ctx, p, claimed)
	e.Message += "; " + other
	return e, err
}
