package l1

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/bridge"
)

// spentKey names 64 withdrawals of a layer. Their bits are set when they are paid out, and stay for
// ever: each was paid for with the bytes of a proof.
type spentKey struct{ layer, word uint64 }

func (k spentKey) hash() uint64 { return k.layer*0x9e3779b97f4a7c15 + k.word }

// Spent reports whether a withdrawal was paid out.
func (s *State) Spent(layer, index uint64) bool {
	word, _ := s.spent.get(spentKey{layer, index / 64})
	return word>>(index%64)&1 == 1
}

// roomForDeposit reports whether the block can take one more deposit with an attached call of d, or
// without one. Those that it cannot take wait: their money is locked only by the block that takes
// them, so nothing is lost and the next layer executes all that was locked.
func (x *executing) roomForDeposit(d *rollup.Deposit) bool {
	p, item := x.params, d.Item(address.Zero)
	return x.deposits < p.MaxDepositsPerLayer &&
		x.attached.Add(item.Deposit.Attached()).Fits(p.DepositShare())
}

// unlock pays out a withdrawal that a final root shows, once.
func (x *executing) unlock(from address.Address, v *rollup.WithdrawProve) rollup.Reason {
	s, w := x.s, &v.Withdrawal
	roots, _ := s.finalRoots.get(heightKey(v.FinalLayer))
	switch {
	case w.ChainID != s.net.chainID:
		return rollup.ReasonL1WrongChain
	case len(roots) == 0:
		return rollup.ReasonNoFinalRoot
	case s.Spent(w.Layer, w.Index):
		return rollup.ReasonSpent
	case bridge.Withdrawal(roots[len(roots)-1], v) != nil:
		return rollup.ReasonBadProof
	case w.Amount > s.locked:
		return rollup.ReasonAboveLocked
	}
	key := spentKey{w.Layer, w.Index / 64}
	word, _ := s.spent.get(key)
	s.spent.set(key, word|1<<(w.Index%64))
	s.locked -= w.Amount
	s.credit(w.To, w.Amount)
	x.event(Unlocked{from, *w})
	return rollup.ReasonNone
}
