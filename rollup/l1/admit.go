package l1

import (
	"errors"
	"math/bits"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// Check returns why no block of this state or a later one may hold the transaction, as far as that
// can be said without its sender's account. A mempool asks it first.
func (s *State) Check(tx *rollup.L1Tx) rollup.Reason {
	_, r := s.check(tx)
	return r
}

// check is Check that returns the size of the encoding, too.
func (s *State) check(tx *rollup.L1Tx) (size uint64, reason rollup.Reason) {
	p := s.Params()
	if tx.Payload == nil {
		return 0, rollup.ReasonMalformed
	}
	b := tx.Encode()
	if _, err := rollup.DecodeL1Tx(b, p); err != nil {
		return 0, reasonOf(err)
	}
	size = uint64(len(b))
	switch {
	case size+lengthBytes > uint64(p.MaxL1BlockBytes):
		return size, rollup.ReasonTooLarge
	case tx.ChainID != s.net.chainID:
		return size, rollup.ReasonL1WrongChain
	case !tx.VerifySignature():
		return size, rollup.ReasonL1BadSignature
	}
	switch v := tx.Payload.(type) {
	case *rollup.Deposit:
		if v.Amount < p.MinDeposit {
			return size, rollup.ReasonBelowMinimum
		}
		if !v.MaxUnits.Fits(p.MaxDepositUnits) {
			return size, rollup.ReasonOverLimit
		}
	case *rollup.ForcedTx:
		_, reason = s.forced(v)
	}
	return size, reason
}

// reasonOf returns the reason in an error of a decoder.
func reasonOf(err error) rollup.Reason {
	var r *rollup.RefusedError
	if errors.As(err, &r) {
		return r.Reason
	}
	return rollup.ReasonMalformed
}

// forced judges a forced transaction that the block after the tip would accept.
func (s *State) forced(v *rollup.ForcedTx) (*rollup.Item, rollup.Reason) {
	item, err := s.Params().CheckForced(v.Tx, s.tip.Height+1, s.net.chainID)
	if err != nil {
		return nil, reasonOf(err)
	}
	return item, rollup.ReasonNone
}

// inbox checks and pays for what derivation will read: the transaction has its full effect or may
// not be in the block.
func (x *executing) inbox(from address.Address, tx *rollup.L1Tx, fee uint64) rollup.Reason {
	switch v := tx.Payload.(type) {
	case *rollup.PostBundle:
		return x.postBundle(from, tx, v, fee)
	case *rollup.Deposit:
		return x.deposit(from, tx, v, fee)
	case *rollup.ForcedTx:
		return x.forceTx(from, tx, v, fee)
	}
	panic("BUG: l1: not a transaction that derivation reads")
}

func (x *executing) postBundle(
	from address.Address, tx *rollup.L1Tx, v *rollup.PostBundle, fee uint64,
) rollup.Reason {
	price, ok := sum(x.header.InclusionPrice, v.Bid)
	paid, fits := mul(v.Weight, price)
	if !ok || !fits || !x.canPay(from, fee, paid) {
		return rollup.ReasonL1CannotPay
	}
	x.s.debit(from, paid)
	x.s.burn(paid)
	x.addWeight(v.Weight)
	x.event(BundlePosted{tx.ID(), from, len(v.Bundle), v.Weight, fee, paid})
	return rollup.ReasonNone
}

func (x *executing) deposit(
	from address.Address, tx *rollup.L1Tx, v *rollup.Deposit, fee uint64,
) rollup.Reason {
	p := x.params
	if v.Amount < p.MinDeposit {
		return rollup.ReasonBelowMinimum
	}
	item := v.Item(from)
	weight := p.Weight(p.Declared(&item))
	paid, fits := mul(weight, x.header.InclusionPrice)
	cost, ok := sum(v.Amount, paid)
	if !fits || !ok || !x.canPay(from, fee, cost) {
		return rollup.ReasonL1CannotPay
	}
	x.s.debit(from, cost)
	x.s.burn(paid)
	x.s.locked += v.Amount
	x.addWeight(weight)
	x.deposits++
	x.attached = x.attached.Add(item.Deposit.Attached())
	x.event(DepositLocked{tx.ID(), from, v.To, v.Amount, paid})
	return rollup.ReasonNone
}

func (x *executing) forceTx(
	from address.Address, tx *rollup.L1Tx, v *rollup.ForcedTx, fee uint64,
) rollup.Reason {
	item, reason := x.s.forced(v)
	if reason != rollup.ReasonNone {
		return reason
	}
	queued := x.queued().Add(x.params.Declared(item).Units)
	if !queued.Fits(queueRoom(x.params)) {
		return rollup.ReasonQueueFull
	}
	price, ok := sum(x.header.InclusionPrice, x.s.prices.forced)
	paid, fits := mul(item.Weight, price)
	if !ok || !fits || !x.canPay(from, fee, paid) {
		return rollup.ReasonL1CannotPay
	}
	x.s.debit(from, paid)
	x.s.burn(paid)
	x.addWeight(item.Weight)
	x.queue = &queued
	x.event(ForcedAccepted{tx.ID(), item.Tx.ID(), from, paid})
	return rollup.ReasonNone
}

// canPay reports whether an account has the fee and a cost.
func (x *executing) canPay(from address.Address, fee, cost uint64) bool {
	total, ok := sum(fee, cost)
	return ok && x.s.Account(from).Balance >= total
}

func (x *executing) addWeight(w uint64) {
	if total, ok := sum(x.weight, w); ok {
		x.weight = total
		return
	}
	x.weight = ^uint64(0)
}

// queued returns what the forced transactions that wait after this block may use at most.
func (x *executing) queued() metering.Units {
	if x.queue == nil {
		total := x.carry.Waiting(x.params)
		x.queue = &total
	}
	return *x.queue
}

// queueRoom is what the queue of forced transactions holds: MaxCarryDelay layers of their share.
func queueRoom(p *rollup.Params) metering.Units {
	room := p.ForcedShare()
	for d := range room {
		var ok bool
		if room[d], ok = mul(room[d], p.MaxCarryDelay); !ok {
			room[d] = ^uint64(0)
		}
	}
	return room
}

// queueLevel returns how full the queue of forced transactions is, in parts of fullWeight.
func (x *executing) queueLevel() uint64 {
	used := x.queued()
	var level uint64
	for d, room := range queueRoom(x.params) {
		if room > 0 {
			hi, lo := bits.Mul64(min(used[d], room), fullWeight)
			part, _ := bits.Div64(hi, lo, room)
			level = max(level, part)
		}
	}
	return level
}
