package executor

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// differ says what is known of the state with a claimed root, and returns the first key in which the
// state after a proven step differs from it. A root alone says nothing about keys: the state is known
// only if it is one that this layer goes through, as when somebody claims that a step did nothing, or
// counts the steps in another way.
func (l *ledger) differ(
	ctx context.Context, p *proof, claimed rollup.Hash,
) (about string, first *dispute.Difference, err error) {
	h := p.layer.layer.Header.Height
	rec, err := l.record(h)
	if err != nil || rec == nil {
		return "", nil, err
	}
	at := slices.Index(rec.StepRoots, claimed)
	switch {
	case at >= 0:
		about = fmt.Sprintf("that is the root after step %d", at)
	case claimed == rec.PreRoot:
		about = "that is the root before the layer"
	default:
		return "no state with that root is known here, so the first key that differs is not either",
			nil, nil
	}
	first, err = l.between(ctx, h, at, p.step)
	return about, first, err
}

// between compares the states after two steps of a layer, of which -1 is the state before it, and
// returns the first key with different values: those after the step own are Own.
func (l *ledger) between(
	ctx context.Context, h uint64, other, own int,
) (*dispute.Difference, error) {
	t, o, err := l.before(ctx, h, false)
	if err != nil {
		return nil, err
	}
	var earlier *statetree.Tree
	var touched []state.Key
	for i := -1; i <= max(other, own); i++ {
		if i >= 0 {
			res, err := l.engine.ApplyStep(stf.Backend(t), o.layer, i)
			if err != nil {
				return nil, fmt.Errorf("executor: repeat layer %d: %w", h, err)
			}
			if err := stf.Commit(t, res.Changes); err != nil {
				return nil, fmt.Errorf("executor: repeat layer %d: %w", h, err)
			}
			for j := range res.Changes {
				if earlier != nil {
					touched = append(touched, res.Changes[j].Key)
				}
			}
		}
		if i == min(other, own) {
			earlier = t.Fork()
		}
	}
	slices.SortFunc(touched, func(a, b state.Key) int { return bytes.Compare(a[:], b[:]) })
	for _, k := range touched {
		before, had, err := earlier.Get(statetree.Key(k))
		if err != nil {
			return nil, err
		}
		after, has, err := t.Get(statetree.Key(k))
		if err != nil {
			return nil, err
		}
		switch {
		case had == has && bytes.Equal(before, after):
		case own > other:
			return &dispute.Difference{Key: statetree.Key(k), Own: after, Claimed: before}, nil
		default:
			return &dispute.Difference{Key: statetree.Key(k), Own: before, Claimed: after}, nil
		}
	}
	return nil, nil
}
