package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
)

// busyError says that the relay takes no more for now, for reasons of its own.
type busyError struct{ why string }

func (e busyError) Error() string { return "relay: " + e.why + "; try again later" }

// awayError says that the relay lacks what it needs to judge a transaction.
type awayError struct {
	why   string
	retry time.Duration
}

func (e awayError) Error() string { return "relay: " + e.why + "; try again later" }

// refuse makes the refusal of a transaction.
func refuse(reason rollup.Reason, format string, args ...any) error {
	return &rollup.RefusedError{Reason: reason, Err: fmt.Errorf("relay: "+format, args...)}
}

// gate says whether the relay can judge anything: it needs a block of L1 for height and prices. An
// outage after that does not gate intake; what is accepted waits in the queue.
func (r *Relay) gate() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known {
		return nil
	}
	return awayError{"L1 has not answered since this relay started", r.away.left(r.now())}
}

// capacity says whether the queue, and the payer's share of it, have room for one more. The caller
// holds mu.
func (r *Relay) capacity(t *terms) error {
	if n := r.waiting(); n >= r.cfg.MaxQueue {
		return busyError{fmt.Sprintf("%d transactions wait for L1, at most %d allowed", n, r.cfg.MaxQueue)}
	}
	if r.queueBytes+t.size > r.cfg.MaxQueueBytes {
		return busyError{fmt.Sprintf("%d bytes wait for L1, at most %d allowed", r.queueBytes,
			r.cfg.MaxQueueBytes)}
	}
	var w waiting
	if has := r.standing.payers[t.payer]; has != nil {
		w = *has
	}
	p := &r.cfg.Policy
	fees, over := saturatingAdd(w.feesLo, t.maxFee), w.feesHi > 0
	switch {
	case r.exempt[t.payer]:
	case w.txs >= p.MaxPayerTxs:
		return busyError{fmt.Sprintf("%d transactions of payer %s wait for L1, at most %d allowed",
			w.txs, t.payer, p.MaxPayerTxs)}
	case w.bytes+t.size > p.MaxPayerBytes:
		return busyError{fmt.Sprintf("%d bytes of payer %s wait for L1, at most %d allowed",
			w.bytes, t.payer, p.MaxPayerBytes)}
	case p.MaxPayerFees > 0 && (over || fees > p.MaxPayerFees):
		return busyError{fmt.Sprintf("fees of payer %s that wait for L1 would be above %d",
			t.payer, p.MaxPayerFees)}
	}
	return nil
}

// simulate asks the executor whether a transaction can have an effect. What cannot costs the relay
// its inclusion and pays nothing. Its calls are not run: they may fail, and cost their sender then.
func (r *Relay) simulate(ctx context.Context, tx *rollup.Tx, raw []byte, t *terms) error {
	if r.exec == nil || r.cfg.Policy.NoSimulation {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Policy.SimulateTimeout)
	defer cancel()
	select {
	case r.simulations <- struct{}{}:
		defer func() { <-r.simulations }()
	case <-ctx.Done():
		return busyError{fmt.Sprintf("%d transactions are being simulated", cap(r.simulations))}
	}
	sim, err := r.exec.Simulate(ctx, &athenav1.SimulateRequest{Tx: raw, AdmitOnly: true})
	if status.Code(err) == codes.InvalidArgument {
		return err
	}
	if err == nil && r.height() > saturatingAdd(sim.GetLayer(), r.params.Load().ReorgBound) {
		err = fmt.Errorf("its state is that of layer %d, L1 is at block %d", sim.GetLayer(), r.height())
	}
	if err == nil {
		return r.judge(tx, t, sim)
	}
	r.cfg.Log.Debug("executor cannot simulate", "error", err)
	if r.cfg.Policy.AcceptUnsimulated {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return status.FromContextError(ctx.Err()).Err()
	}
	return awayError{"the executor that simulates transactions does not answer", r.cfg.BundleInterval}
}

// judge refuses what the dry run shows to be without effect. What the principal has in this relay's
// hands already may come before: it may spawn the account, and use the nonces between.
func (r *Relay) judge(tx *rollup.Tx, t *terms, sim *athenav1.SimulateResponse) error {
	if err := r.judgeNonce(t, sim.GetNextNonce()); err != nil {
		return err
	}
	if sim.GetOutcome() == wire.Outcome(rollup.OutcomeIneffective) {
		reason := reasonNamed(sim.GetReason())
		if reason == rollup.ReasonNotSpawned && r.pendingFor(tx) {
			return nil
		}
		return refuse(reason, "a dry run on layer %d had no effect", sim.GetLayer())
	}
	if !sim.GetVerified() {
		return refuse(rollup.ReasonVerifyFailed, "verify does not accept the auth")
	}
	fee, ok := r.cfg.Genesis.Params.UnitsFee(tx.MaxUnits, wire.ParseUnits(sim.GetPrices()))
	data, inclusion := r.prices()
	own := t.owed(&rollup.Header{DataPrice: data, InclusionPrice: inclusion})
	if most := saturatingAdd(fee, own.sum()); !ok || most > tx.MaxFee {
		return refuse(rollup.ReasonFeeAboveMax, "maxFee is %d, and maxUnits cost %d now", tx.MaxFee, most)
	}
	return nil
}

// judgeNonce refuses a nonce that is used, or that too many are missing before.
func (r *Relay) judgeNonce(t *terms, next uint64) error {
	if t.nonce.Kind == rollup.NonceUnordered {
		return nil
	}
	if t.nonce.Value < next {
		return refuse(rollup.ReasonNonceMismatch, "nonce is %d, the account's next one is %d",
			t.nonce.Value, next)
	}
	if t.nonce.Kind == rollup.NonceAtLeast {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := t.nonce.Value - next
	if p := r.standing.principals[t.principal]; p != nil {
		for n := range p.nonces { //lint:unordered only counted
			if n >= next && n < t.nonce.Value {
				missing--
			}
		}
	}
	if gap := r.cfg.Policy.MaxNonceGap; missing > gap {
		return refuse(rollup.ReasonNonceMismatch, "nonce is %d, and of those from %d on %d are missing, "+
			"at most %d allowed", t.nonce.Value, next, missing, gap)
	}
	return nil
}

// pendingFor reports whether principal or sponsor have something in this relay's hands.
func (r *Relay) pendingFor(tx *rollup.Tx) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.standing.principals[tx.Principal] != nil || r.standing.principals[tx.Sponsor] != nil
}

// reasonNamed returns the reason of a name among those of ineffective items; what is unknown here is
// VERIFY_FAILED.
func reasonNamed(name string) rollup.Reason {
	for r := rollup.ReasonNonceMismatch; r < rollup.ReasonL1BadSignature; r++ {
		if r.String() == name {
			return r
		}
	}
	return rollup.ReasonVerifyFailed
}
