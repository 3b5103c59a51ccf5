package host

import (
	"bytes"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// Session is the execution of one transaction: what its frames share. It is used by one goroutine.
type Session struct {
	x       *Executor
	st      *state.State
	meter   *metering.Meter
	context Context
	origin  address.Address

	programs map[address.Address]loaded // templates entered in this transaction
	pages    uint32                     // of live frames
	live     []address.Address          // accounts of live frames, the first frame's first
	doomed   map[address.Address]bool   // destroyed in this transaction, reverted or not

	events []Event
	// What was ever emitted or logged, reverted or not.
	eventCount uint32
	eventBytes uint64
	logBytes   uint64
	logs       []Log

	withdrawals     []Withdrawal
	withdrawalCount uint32 // ever made, reverted or not

	tracer Tracer // nil but in tools
}

type loaded struct {
	codeHash [32]byte
	program  *program
}

// verified is what fd 3 of a verify that accepts holds: the SCALE encoding of true.
var verified = []byte{1}

// Construct runs spawn(args) of template in a constructor frame and returns the blob that it gave
// to the spawn call, whose address is principal. It runs under the verify limits and writes
// nothing: the account is written by State.Spawn once the fees are held. See docs/spec/accounts.md,
// "Self-spawn".
func (t *Session) Construct(
	template, principal address.Address, args []byte,
) (blob []byte, r Result) {
	var built *[]byte
	r = t.verifying(func(g gasTank) (entry, trap.Code) {
		e, code := t.resolveTemplate(g, template, request{
			selector: &selectorSpawn, input: args, own: true,
			from: party{self: principal},
		})
		e.mode, e.self = modeConstructor, principal
		built = new([]byte)
		e.built = built
		return e, code
	})
	if r.Trap != trap.None {
		return nil, r
	}
	if *built == nil { // the constructor ended well without creating anything
		r.Trap = trap.NotSpawned
		return nil, r
	}
	return *built, r
}

// Verify asks account, made of template and blob, whether auth authorises message. The account need
// not be written yet. State is left as it was. See docs/spec/accounts.md, "Verify".
func (t *Session) Verify(
	account, template address.Address, blob []byte, message, auth []byte,
) (ok bool, r Result) {
	r = t.verifying(func(g gasTank) (entry, trap.Code) {
		in := scale.Encoder{B: slices.Clone(blob)}
		in.Bytes(message)
		in.Raw(auth)
		e, code := t.resolveTemplate(g, template, request{
			selector: &selectorVerify, input: in.B, own: true,
			from: party{self: account, template: template},
		})
		e.mode, e.self = modeVerify, account
		return e, code
	})
	return r.Trap == trap.None && bytes.Equal(r.Return, verified), r
}

// Call runs one call of a transaction: a method of the principal, entered by the principal itself.
// A result whose Trap is not None has left state as it was before the call.
func (t *Session) Call(principal address.Address, method [4]byte, args []byte) Result {
	return t.first(t.meter.ComputeLeft(), false, func(g gasTank) (entry, trap.Code) {
		e, code := t.resolveAccount(g, principal, request{
			selector: &method, input: args, own: true, from: party{self: principal},
		})
		e.from.template = e.template
		return e, code
	})
}

// Used is everything consumed so far, verify included.
func (t *Session) Used() metering.Units { return t.meter.Used() }

// Events are those of the frames that succeeded, in order.
func (t *Session) Events() []Event { return t.events }

// Withdrawals are those of the frames that succeeded, in order.
func (t *Session) Withdrawals() []Withdrawal { return t.withdrawals }

// Exhausted reports whether a budget of the transaction ran out: then it must end as failed.
func (t *Session) Exhausted() bool { return t.meter.Exhausted() }

// verifying runs a first frame under the verify limits and undoes what it did.
func (t *Session) verifying(resolve func(gasTank) (entry, trap.Code)) Result {
	outer := t.meter.Narrow(t.x.limits.Verify, t.x.limits.VerifyKeys)
	defer t.meter.Restore(outer)
	return t.first(t.meter.ComputeLeft(), true, resolve)
}

// first runs the frame that resolve describes as a transaction's first one. Its effects are undone
// if it fails, or in any case if undo is set.
func (t *Session) first(
	gas uint64, undo bool, resolve func(gasTank) (entry, trap.Code),
) Result {
	var (
		at   = t.mark()
		logs = len(t.logs)
		tank = &gasLeft{gas}
		out  outcome
		e    entry
	)
	if out.code = charge(tank, t.x.schedule.Host.CallBase); out.code == trap.None {
		e, out.code = resolve(tank)
	}
	left := tank.left
	if out.code == trap.None {
		out, left = t.run(e, left, 1)
	}
	if undo || out.code != trap.None {
		t.rollback(at)
	}
	t.meter.AddCompute(gas - left)
	return t.result(out, gas-left, t.logs[logs:])
}

func (t *Session) result(out outcome, gasUsed uint64, logs []Log) Result {
	r := Result{Trap: out.code, GasUsed: gasUsed, Logs: logs}
	switch out.code {
	case trap.None, trap.Revert:
		r.Return = out.data
	case trap.Panic:
		r.Message = out.data
	default: // no data
	}
	return r
}

// moment is a point of the journal.
type moment struct{ state, events, withdrawals int }

func (t *Session) mark() moment {
	return moment{t.st.Snapshot(), len(t.events), len(t.withdrawals)}
}

func (t *Session) rollback(to moment) {
	t.st.Revert(to.state)
	t.events = t.events[:to.events]
	t.withdrawals = t.withdrawals[:to.withdrawals]
}
