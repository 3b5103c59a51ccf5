package sim

import (
	"context"

	"github.com/athenarollup/athena/rollup"
)

// upgrade lets the governor, and now and then somebody who is not, ask for other parameters: other
// steps and bonds, from some layer on.
func (w *world) upgrade(ctx context.Context, height uint64) {
	if height < 3 || w.rng.IntN(15) != 0 || len(w.suspended()) > 0 {
		return
	}
	who := governor
	if w.rng.IntN(4) == 0 {
		who = w.villains[0]
	}
	p := *w.chain.State().Widest()
	p.StepItems = 1 + uint32(w.rng.IntN(4))
	p.ClaimBond += w.rng.Uint64N(1000)
	p.ForcedShareDivisor = 2 + uint32(w.rng.IntN(int(p.ForcedShareDivisor-1)))
	from := height + 1 + p.UpgradeDelay() + w.rng.Uint64N(4)
	if w.rng.IntN(4) == 0 {
		from = height + w.rng.Uint64N(p.UpgradeDelay()) // too soon
	}
	w.say("%s asks for other parameters from layer %d", who, from)
	w.sender(who).submit(ctx, &rollup.Upgrade{Activation: from, Params: p})
}
