package stf

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// Simulation is what a transaction would do on a state, if it were authorised and its nonce right.
type Simulation struct {
	Outcome   rollup.Outcome
	Trap      trap.Code
	Reason    rollup.Reason
	Message   []byte
	Return    []byte
	Events    []rollup.Event
	Logs      []host.Log
	Used      metering.Units // verify included; the verify limits where no auth was given
	Storage   uint64         // deposits and prepaid rent
	Prices    metering.Units
	NextNonce uint64 // of the principal
	Verified  bool   // the auths given are what verify asks for
}

// Simulate runs one transaction on a state that layer l would begin with, and forgets its effects.
// A wrong nonce, a missing or wrong auth and a maxFee below what the limits cost are not held
// against it; everything else is judged as in a layer. The items and steps of l are not used.
func (e *Engine) Simulate(b state.Backend, l *Layer, it *rollup.Item) (*Simulation, error) {
	return e.dryRun(b, l, it, true)
}

// Admit is Simulate without the calls: it tells whether the transaction would have an effect, for no
// more than constructor and verify cost. The outcome is success if it would.
func (e *Engine) Admit(b state.Backend, l *Layer, it *rollup.Item) (*Simulation, error) {
	return e.dryRun(b, l, it, false)
}

func (e *Engine) dryRun(
	b state.Backend, l *Layer, it *rollup.Item, calls bool,
) (*Simulation, error) {
	r, err := e.rehearsal(b, l)
	if err != nil {
		return nil, err
	}
	t := &txRun{run: r, item: it, tx: it.Tx, out: new(outcome), id: it.Tx.ID()}
	sim := &Simulation{Prices: r.ctx.Prices}
	principal, _ := r.state.Header(it.Tx.Principal)
	sim.NextNonce = principal.Nonce
	sim.Reason = t.rehearse(sim)
	switch {
	case sim.Reason != rollup.ReasonNone:
		sim.Outcome = rollup.OutcomeIneffective
	case calls:
		t.execute()
		sim.Outcome = t.out.receipt.Outcome
		sim.Trap = trap.Code(t.out.receipt.Trap)
		sim.Message = t.out.receipt.Message
		sim.Return, sim.Events = t.out.returned, t.out.events
	}
	sim.Storage = r.state.Ledger().Storage
	if t.session != nil {
		sim.Used = sim.Used.Add(t.session.Used())
	}
	sim.Used[metering.Data] = uint64(it.Size)
	sim.Logs = t.out.logs
	return sim, r.failed()
}

// View runs a method of an account for anybody on the state that layer l would begin with: it may
// read and return, not write. The items and steps of l are not used.
func (e *Engine) View(
	b state.Backend, l *Layer, account address.Address, method [4]byte, args []byte, gas uint64,
) (host.Result, error) {
	r, err := e.rehearsal(b, l)
	if err != nil {
		return host.Result{}, err
	}
	res := r.exec.View(r.state, r.ctx, account, method, args, gas)
	return res, r.failed()
}

// rehearsal returns a run of which nothing is kept.
func (e *Engine) rehearsal(b state.Backend, l *Layer) (*run, error) {
	schedule, err := scheduleOf(l.Params.VMVersion)
	if err != nil {
		return nil, err
	}
	r := &run{
		layer: l,
		state: state.New(b),
		exec:  host.NewExecutor(schedule, limitsOf(l.Params), e.cache),
	}
	r.begin()
	if err := r.failed(); err != nil {
		return nil, fmt.Errorf("stf: rehearse on layer %d: %w", l.Header.Height, err)
	}
	r.state.BeginTx(nil)
	return r, nil
}

// rehearse does what comes before the calls, in the order of a layer.
func (t *txRun) rehearse(sim *Simulation) rollup.Reason {
	asked, fitting := t.tx, *t.tx
	if fitting.Nonce.Kind != rollup.NonceUnordered {
		fitting.Nonce.Value = sim.NextNonce
	}
	t.tx = &fitting
	if reason := t.admit(); reason != rollup.ReasonNone {
		return reason
	}
	t.tx = asked // what was signed
	reason := t.authorise()
	sim.Verified = reason == rollup.ReasonNone
	if reason != rollup.ReasonNone && reason != rollup.ReasonVerifyFailed {
		return reason
	}
	if len(t.tx.Auth) == 0 {
		sim.Used = sim.Used.Add(t.layer.Params.MaxVerify)
	}
	if !t.tx.Sponsor.IsZero() && len(t.tx.SponsorAuth) == 0 {
		sim.Used = sim.Used.Add(t.layer.Params.MaxVerify)
	}
	payer, _ := t.state.Header(t.payer())
	if t.state.Spendable(&payer) < fitting.MaxFee {
		return rollup.ReasonCannotPay
	}
	t.tx = &fitting
	return t.consume()
}
