package sim

import (
	"context"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/bridge"
)

// unlock lets somebody take a withdrawal of a final layer out of L1: one that waits, or one that was
// paid before, honestly or with a payload that was tampered with. The payer of the fee matters to
// nobody, so adversaries take part.
func (w *world) unlock(ctx context.Context) {
	s := w.chain.State()
	final := s.Final().Layer
	if final == 0 || w.oracle.at(final) == nil || w.rng.IntN(3) != 0 {
		return
	}
	var all []rollup.Withdrawal
	for _, t := range w.oracle.layers[:final+1] {
		all = append(all, t.left...)
	}
	if len(all) == 0 {
		return
	}
	out := all[w.rng.IntN(len(all))]
	list := w.oracle.at(out.Layer).left
	p, err := bridge.ProveWithdrawal(w.oracle.at(final).tree, final, list, out.Index)
	if err != nil {
		w.violate("withdrawal %d of layer %d cannot be proven: %v", out.Index, out.Layer, err)
		return
	}
	switch w.rng.IntN(5) {
	case 0:
		p.Withdrawal.Amount++
	case 1:
		p.Withdrawal.To[5] ^= 1
	case 2:
		p.Withdrawal.Index++
	}
	if s.Spent(out.Layer, out.Index) {
		w.count("attempts to unlock twice")
	}
	from := w.user()
	w.say("%s unlocks withdrawal %d of layer %d", from, out.Index, out.Layer)
	w.sender(from).submit(ctx, p)
	if w.rng.IntN(3) == 0 {
		w.sender(w.villains[0]).submit(ctx, p)
	}
}
