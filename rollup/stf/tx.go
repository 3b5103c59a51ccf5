package stf

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// outcome is what became of one item.
type outcome struct {
	receipt  rollup.Receipt
	events   []rollup.Event
	returned []byte
	logs     []host.Log
	gas      uint64

	withdrawals []host.Withdrawal
}

// txRun is one transaction in execution.
type txRun struct {
	*run
	item    *rollup.Item
	tx      *rollup.Tx
	out     *outcome
	id      rollup.Hash
	session *host.Session
	blob    []byte // of the account that the transaction spawns
}

// tx executes a transaction in the order of docs/spec/fees.md: expiry, nonce, constructor, verify,
// fee check, hold, calls, charge.
func (r *run) tx(it *rollup.Item, out *outcome) {
	t := &txRun{run: r, item: it, tx: it.Tx, out: out, id: it.Tx.ID()}
	out.receipt.TxHash = it.Tx.Hash()
	out.receipt.Relay = it.Relay
	r.state.BeginTx(nil) // the budgets of the transaction before are over
	before := r.state.Snapshot()
	reason := t.admit()
	if reason == rollup.ReasonNone {
		reason = t.authorise()
	}
	if reason == rollup.ReasonNone {
		reason = t.checkFee()
	}
	if reason == rollup.ReasonNone {
		reason = t.consume()
	}
	if t.session != nil {
		defer func() { out.gas = t.session.Used()[metering.Compute] }()
	}
	if reason != rollup.ReasonNone {
		r.state.Revert(before)
		out.receipt.Outcome = rollup.OutcomeIneffective
		out.receipt.Reason = reason
		return
	}
	t.execute()
	t.charge()
}

// admit judges expiry, replay and the accounts' status: all that needs no code to run.
func (t *txRun) admit() rollup.Reason {
	if t.item.Expiry > t.tx.ExpiryLayer {
		return rollup.ReasonExpired
	}
	principal, _ := t.state.Header(t.tx.Principal)
	if reason := t.checkNonce(principal.Nonce); reason != rollup.ReasonNone {
		return reason
	}
	switch {
	case t.expired(&principal):
		return rollup.ReasonAccountExpired
	case principal.Status == state.Live && t.tx.Spawn != nil:
		return rollup.ReasonAlreadySpawned
	case principal.Status != state.Live && t.tx.Spawn == nil:
		return rollup.ReasonNotSpawned
	}
	if t.tx.Sponsor.IsZero() {
		return rollup.ReasonNone
	}
	sponsor, _ := t.state.Header(t.tx.Sponsor)
	switch {
	case t.expired(&sponsor):
		return rollup.ReasonAccountExpired
	case sponsor.Status != state.Live:
		return rollup.ReasonNotSpawned
	}
	return rollup.ReasonNone
}

// expired reports whether the account cannot pay its rent.
func (t *txRun) expired(h *state.Header) bool {
	return h.Status == state.Expired || !t.state.Solvent(h)
}

// checkNonce judges whether the transaction may run at the account's next nonce.
func (t *txRun) checkNonce(next uint64) rollup.Reason {
	n := t.tx.Nonce
	if n.Kind != rollup.NonceUnordered && n.Value == ^uint64(0) {
		return rollup.ReasonBadNonce // it has no successor
	}
	switch n.Kind {
	case rollup.NonceExact:
		if n.Value != next {
			return rollup.ReasonNonceMismatch
		}
	case rollup.NonceAtLeast:
		if n.Value < next {
			return rollup.ReasonNonceMismatch
		}
	default:
		if t.seen(t.id) {
			return rollup.ReasonSeen
		}
	}
	return rollup.ReasonNone
}

// authorise runs the constructor, if the transaction spawns its principal, and the verify methods.
func (t *txRun) authorise() rollup.Reason {
	t.session = t.exec.Begin(t.state, t.ctx, t.tx.Principal, t.tx.MaxUnits)
	if t.watch != nil {
		if tracer := t.watch(t.out.receipt.ItemIndex); tracer != nil {
			t.session.SetTracer(tracer)
		}
	}
	t.session.PaidBy(t.payer())
	principal, sponsor := t.tx.Principal, t.tx.Sponsor
	template, blob := t.program(principal)
	if s := t.tx.Spawn; s != nil {
		template = s.Template
		built, res := t.session.Construct(template, principal, s.Args)
		t.out.logs = append(t.out.logs, res.Logs...)
		if res.Trap != trap.None || address.OfSpawn(template, built) != principal {
			return t.refused(rollup.ReasonBadSpawn)
		}
		blob, t.blob = built, built
	}
	if !t.verify(principal, template, blob, rollup.RolePrincipal, t.tx.Auth) {
		return t.refused(rollup.ReasonVerifyFailed)
	}
	if !sponsor.IsZero() {
		template, blob = t.program(sponsor)
		if !t.verify(sponsor, template, blob, rollup.RoleSponsor, t.tx.SponsorAuth) {
			return t.refused(rollup.ReasonVerifyFailed)
		}
	}
	if t.session.Exhausted() || !executionFits(t.session.Used(), t.tx.MaxUnits) {
		return rollup.ReasonVerifyUnits
	}
	return rollup.ReasonNone
}

// refused returns the reason, or that the declared units did not suffice, if that is why.
func (t *txRun) refused(reason rollup.Reason) rollup.Reason {
	if t.session.Exhausted() {
		return rollup.ReasonVerifyUnits
	}
	return reason
}

// program returns what an account runs.
func (t *txRun) program(a address.Address) (template address.Address, blob []byte) {
	h, _ := t.state.Header(a)
	if h.Status != state.Live {
		return address.Zero, nil
	}
	blob, _ = t.state.Blob(a, &h)
	return h.Template, blob
}

func (t *txRun) verify(
	account, template address.Address, blob []byte, role rollup.Role, auth []byte,
) bool {
	ok, res := t.session.Verify(account, template, blob, t.tx.SigningMessage(role), auth)
	t.out.logs = append(t.out.logs, res.Logs...)
	return ok && res.Trap == trap.None
}

// payer is the account that pays the fees.
func (t *txRun) payer() address.Address {
	if t.tx.Sponsor.IsZero() {
		return t.tx.Principal
	}
	return t.tx.Sponsor
}

// consume makes what an effective transaction does whatever becomes of its calls: the fee is held
// and the nonce, or the id, is used up. Declared units that do not suffice for that make the
// transaction ineffective.
func (t *txRun) consume() rollup.Reason {
	payer, _ := t.state.Header(t.payer())
	held := payer.Balance >= t.tx.MaxFee
	payer.Balance -= t.tx.MaxFee
	ordered, sponsored := t.tx.Nonce.Kind != rollup.NonceUnordered, !t.tx.Sponsor.IsZero()
	if ordered && !sponsored {
		payer.Nonce = t.tx.Nonce.Value + 1
	}
	if held {
		t.state.SetHeader(t.payer(), payer)
	}
	if ordered && sponsored {
		h, _ := t.state.Header(t.tx.Principal)
		h.Nonce = t.tx.Nonce.Value + 1
		t.state.SetHeader(t.tx.Principal, h)
	}
	if !ordered {
		t.remember(t.id, t.tx.ExpiryLayer)
	}
	switch {
	case t.session.Exhausted():
		return rollup.ReasonVerifyUnits
	case t.state.TakeFault() != trap.None || !held:
		return rollup.ReasonVerifyFailed // two full keys at one place of the tree: broken SHA-256
	default:
		return rollup.ReasonNone
	}
}

// execute writes the account that the transaction spawns and runs its calls, all or nothing.
func (t *txRun) execute() {
	before := t.state.Snapshot()
	if s := t.tx.Spawn; s != nil {
		t.state.Spawn(t.tx.Principal, s.Template, t.blob)
	}
	fault := t.state.TakeFault()
	for _, k := range t.tx.AccessList {
		if fault == trap.None {
			fault = t.session.Touch(k.Account, k.Slot)
		}
	}
	if fault != trap.None {
		t.state.Revert(before)
		t.out.fail(fault)
		return
	}
	before = t.state.Snapshot()
	for _, c := range t.tx.Calls {
		res := t.session.Call(t.tx.Principal, c.Method, c.Args)
		t.out.logs = append(t.out.logs, res.Logs...)
		t.out.returned = res.Return
		if res.Trap != trap.None {
			t.state.Revert(before)
			t.out.receipt.Message = res.Message
			t.out.fail(res.Trap)
			return
		}
	}
	t.out.effects(t.session)
}

func eventsOf(in []host.Event) []rollup.Event {
	var out []rollup.Event
	for _, e := range in {
		ev := rollup.Event{Account: e.Account, Data: e.Data}
		for _, topic := range e.Topics {
			ev.Topics = append(ev.Topics, topic)
		}
		out = append(out, ev)
	}
	return out
}
