package stf

import (
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// deposit mints, which cannot fail: what the account cannot hold waits in a record of its own. Then
// it runs the attached call, if there is one, with effects of its own: whatever becomes of it, the
// mint stays. See docs/spec/bridge.md.
func (r *run) deposit(d *rollup.DepositItem, out *outcome) {
	out.receipt.TxHash = d.ID
	if !r.creditOrKeep(d.To, d.Amount, d.ID) {
		out.fail(trap.Overflow)
		return
	}
	if len(d.Payload) > 0 {
		r.attached(d, out)
	}
}

// attached runs the call of a deposit. What it may use was prepaid on L1, so that it pays no units
// here; what it stores is paid by the account, or the call is undone.
func (r *run) attached(d *rollup.DepositItem, out *outcome) {
	limit := d.Attached()
	alias := rollup.L1Alias(d.From)
	before := r.state.Snapshot()
	session := r.exec.Begin(r.state, r.ctx, alias, limit)
	session.PaidBy(d.To)
	res := session.Deposited(alias, d.To, d.Payload)
	used := session.Used()
	out.gas = used[metering.Compute]
	for i := range used {
		used[i] = min(used[i], limit[i])
	}
	used[metering.Data] = limit[metering.Data]
	out.receipt.Units = used
	r.used = r.used.Add(used)
	out.logs = res.Logs
	out.returned = res.Return
	if res.Trap != trap.None {
		out.receipt.Message = res.Message
		out.fail(res.Trap)
		return
	}
	moved := r.state.Ledger()
	r.state.BeginTx(nil)
	if !r.state.Debit(d.To, moved.Storage) {
		r.state.Revert(before)
		out.returned = nil
		out.fail(trap.InsufficientBalance)
		return
	}
	r.feePool += moved.Rent
	out.effects(session)
}

// fail notes why an item failed.
func (o *outcome) fail(code trap.Code) {
	o.receipt.Outcome = rollup.OutcomeFailed
	o.receipt.Trap = uint8(code)
}

// effects notes what a session emitted and withdrew.
func (o *outcome) effects(s *host.Session) {
	o.events = eventsOf(s.Events())
	o.withdrawals = s.Withdrawals()
}

// withdraw appends the withdrawals of the step's items to the layer's list, in item order.
func (r *run) withdraw() {
	for _, item := range r.withdrawals {
		out := make([]rollup.Withdrawal, len(item))
		for i, w := range item {
			out[i] = rollup.Withdrawal{
				ChainID: r.layer.ChainID,
				Layer:   r.layer.Header.Height,
				Index:   r.acc.Withdrawals.Count(),
				From:    w.From,
				To:      w.To,
				Amount:  w.Amount,
			}
			r.acc.Withdrawals.Append(out[i].Encode())
		}
		r.result.Withdrawals = append(r.result.Withdrawals, out)
	}
}
