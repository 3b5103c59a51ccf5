package host

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/trap"
)

// Withdrawal is money that a program sent to an account of the L1: it left the account's balance,
// and with it Athena. See docs/spec/bridge.md.
type Withdrawal struct {
	From   address.Address // the account
	To     address.Address // of the L1
	Amount uint64
}

// withdraw serves 0xBE(to, amount): the amount leaves the frame's own account. Like events, the
// withdrawals of frames that succeed are the item's, in order, and reverted ones count, too.
func (f *frame) withdraw(a args) trap.Code {
	if !f.m.Readable(a[0], address.Size) || !f.m.Readable(a[1], 8) {
		return trap.BadHostArgument
	}
	t, costs := f.t, &f.t.x.schedule.Host
	if code := f.charge(costs.EventBase + 2*costs.HashBase); code != trap.None {
		return code
	}
	w := Withdrawal{
		From: f.self, To: address.Address(f.bytes(a[0], address.Size)), Amount: f.u64(a[1], 0),
	}
	if w.Amount == 0 {
		return trap.BadHostArgument
	}
	h, code := t.header(f.m, f.self)
	switch {
	case code != trap.None:
		return code
	case h.Balance < w.Amount:
		return trap.InsufficientBalance
	case t.withdrawalCount >= t.x.limits.Withdrawals:
		t.meter.Exhaust()
		return trap.OutOfWitness
	}
	t.withdrawalCount++
	t.st.Debit(f.self, w.Amount)
	if code := t.st.TakeFault(); code != trap.None {
		return code
	}
	t.withdrawals = append(t.withdrawals, w)
	f.result(0)
	return trap.None
}
