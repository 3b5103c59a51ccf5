package sim

import (
	"context"
	"slices"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf"
)

// In some histories the first revision of the reference engine has a bug. What it cannot judge is
// suspended until the governor's upgrade names the second revision, which is sound. Executors run the
// sound engine from the start.

// repairBy is the height at which the governor asks for the repair at the latest.
const repairBy = 25

// buggyJudge is an engine that panics at some transactions, and in every fifth layer at any item.
func buggyJudge(sound *stf.Engine) l1.Judge {
	return func(
		l *rollup.LayerInput, step int, pre, claimed rollup.Hash, witness []byte,
	) rollup.Verdict {
		if l.Header.Beacon[0]%5 == 0 {
			return rollup.Verdict{Code: rollup.VerdictInconclusive, Detail: "BUG: sim: this layer"}
		}
		e := sound.Watched(func(item uint32) host.Tracer {
			if id := l.Items[item].Tx.ID(); id[0]%2 == 0 {
				panic("BUG: sim: the first revision cannot execute this transaction")
			}
			return nil
		})
		return dispute.Judge(e, l, step, pre, claimed, witness)
	}
}

// repair lets the governor ask for the second revision of the engine.
func (w *world) repair(ctx context.Context, height uint64) {
	if !w.traits.bug || w.sabotage == sabotageRepair || height%3 != 0 ||
		w.chain.State().Widest().EngineRevision > 1 ||
		height < repairBy && len(w.suspended()) == 0 {
		return
	}
	p := *w.chain.State().Widest()
	p.EngineRevision = 2
	at := height + 2 + p.UpgradeDelay()
	for _, b := range w.chain.Events(0) {
		for _, e := range b.Events {
			if u, ok := e.(l1.UpgradeScheduled); ok {
				at = max(at, u.Activation+1)
			}
		}
	}
	w.say("the governor asks for the repaired engine from block %d", at)
	w.sender(governor).submit(ctx, &rollup.Upgrade{Activation: at, Params: p})
}

// suspended are the layers with a step that waits for a repaired engine, by the events of this chain.
func (w *world) suspended() (layers []uint64) {
	for _, b := range w.chain.Events(0) {
		for _, e := range b.Events {
			layers = w.suspend(layers, e)
		}
	}
	return layers
}

// suspend follows one event.
func (w *world) suspend(layers []uint64, e l1.Event) []uint64 {
	switch e := e.(type) {
	case l1.StepSuspended:
		return append(layers, e.Layer)
	case l1.EngineRevised:
		return nil
	case l1.Judged:
		if w.sabotage == sabotageSuspension && e.Code == rollup.VerdictFraud {
			return append(layers, e.Layer)
		}
	}
	return layers
}

// checkSuspended: a claim that covers a suspended layer neither dies nor becomes final, and nobody
// loses a bond over it.
func (w *world) checkSuspended(height uint64, events []l1.Event) {
	var layers []uint64
	for _, b := range w.chain.Events(0) {
		for _, e := range b.Events {
			if b.Height < height {
				layers = w.suspend(layers, e)
			}
		}
	}
	claims := w.chain.State().Claims()
	for _, e := range events {
		layers = w.suspend(layers, e)
		var id rollup.Hash
		switch e := e.(type) {
		case l1.ClaimBecameFinal:
			id = e.ClaimID
		case l1.ClaimDied:
			id = e.ClaimID
		case l1.Slashed:
			id = e.ClaimID
		case l1.ChallengeLost:
			id = e.ClaimID
		default:
			continue
		}
		i := slices.IndexFunc(claims, func(c l1.ClaimInfo) bool { return c.ID == id })
		if i >= 0 && slices.ContainsFunc(layers, func(l uint64) bool {
			return claims[i].Claim.FromLayer <= l && l <= claims[i].Claim.ToLayer
		}) {
			w.violate("claim %s covers a suspended layer, and: %s", id.Short(), e)
		}
	}
}
