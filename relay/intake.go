package relay

import (
	"context"
	"errors"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// errStopped says that the relay is closed, or that its store failed: see Relay.Err.
var errStopped = errors.New("relay: stopped")

// accept checks a transaction and makes it durable. known is true when the relay had it already.
func (r *Relay) accept(ctx context.Context, raw []byte) (tx *rollup.Tx, known bool, err error) {
	if r.stopped() {
		return nil, false, errStopped
	}
	if err := r.gate(); err != nil {
		return nil, false, err
	}
	tx, reason, err := rollup.DecodeTx(raw, r.params.Load())
	if err != nil {
		return nil, false, &rollup.RefusedError{Reason: reason, Err: err}
	}
	h, id := tx.Hash(), tx.ID()
	before, err := r.find(h)
	if err != nil {
		return nil, false, err
	}
	if before != nil && !r.lost(ctx, h, before) {
		return tx, true, nil
	}
	t := termsOf(tx, len(raw), r.params.Load())
	if err := r.judgeAll(ctx, tx, raw, &t); err != nil {
		return nil, false, err
	}
	writes, err := r.nameWrites(ctx, id, h)
	if err != nil {
		return nil, false, err
	}
	known, err = r.enqueue(h, before, &record{
		stage: stageAccepted, txID: id, expiry: tx.ExpiryLayer,
		raw: append([]byte{}, raw...), terms: t, since: r.now(),
	}, writes)
	return tx, known, err
}

// judgeAll holds everything against a transaction that speaks against it, the cheap first.
func (r *Relay) judgeAll(ctx context.Context, tx *rollup.Tx, raw []byte, t *terms) error {
	if err := r.check(tx, t); err != nil {
		return err
	}
	r.mu.Lock()
	err := r.capacity(t)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	return r.simulate(ctx, tx, raw, t)
}

// nameWrites makes the TxID name this copy, unless it names one that may still take effect: a copy
// with another auth must not hide it.
func (r *Relay) nameWrites(ctx context.Context, id, h rollup.Hash) ([]kv.Write, error) {
	other, rec, err := r.named(id)
	if err != nil || rec != nil && other != h && !r.lost(ctx, other, rec) {
		return nil, err
	}
	return []kv.Write{{Key: hashKey(keyID, id), Value: h[:]}}, nil
}

// enqueue makes a transaction durable at the end of the queue. before is the record that it replaces;
// if there is another one by now, somebody else was faster and the transaction is known.
func (r *Relay) enqueue(
	h rollup.Hash, before, rec *record, writes []kv.Write,
) (known bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.records[h]; now != nil && (before == nil || now.seq != before.seq) {
		return true, nil
	}
	if err := r.capacity(&rec.terms); err != nil {
		return false, err
	}
	more, reopened, err := r.reopen(h, before)
	if err != nil {
		return false, err
	}
	rec.seq = r.nextSeq
	writes = append(append(writes, more...), rec.write(h),
		kv.Write{Key: hashKey(keyRaw, h), Value: rec.raw},
		kv.Write{Key: seqKey(keyQueue, rec.seq), Value: h[:]})
	if err := r.apply(writes...); err != nil {
		return false, err
	}
	r.nextSeq++
	if reopened {
		r.finished--
	}
	r.put(h, *rec)
	r.queue = append(r.queue, h)
	r.queueBytes += len(rec.raw)
	r.stalled = false
	if r.full() {
		r.wake()
	}
	return false, nil
}

// waiting is the number of transactions that were accepted and are in no block. The caller holds mu.
func (r *Relay) waiting() int {
	n := len(r.queue)
	for _, p := range r.postings {
		if p.height == 0 {
			n += len(p.txs)
		}
	}
	return n
}

// full reports whether enough waits for a bundle. The caller holds mu.
func (r *Relay) full() bool {
	return r.packing.of(r.queueBytes) >= r.cfg.BundleBytes || len(r.queue) >= r.cfg.BundleTxs
}

// lost reports whether a transaction that the relay knows came to nothing, so that it may be sent
// again: it was dropped, or an executor says that it had no effect where it was ordered.
func (r *Relay) lost(ctx context.Context, h rollup.Hash, rec *record) bool {
	if rec.stage != stageOrdered || r.exec == nil {
		return rec.stage == stageDropped
	}
	got, err := r.exec.Receipt(ctx, &athenav1.ReceiptRequest{Id: h[:]})
	if err != nil || got.GetLayer() < rec.layer {
		return false
	}
	return got.GetDropped() != "" ||
		got.GetReceipt().GetOutcome() == wire.Outcome(rollup.OutcomeIneffective)
}

// check holds the rules that derivation would apply, and the relay's own terms.
func (r *Relay) check(tx *rollup.Tx, t *terms) error {
	p, own := r.params.Load(), &r.cfg.Policy
	layer := r.height() + p.OrderDelay + 1
	switch {
	case tx.ChainID != r.chainID:
		return refuse(rollup.ReasonWrongChain, "chain id is %x, this network's is %x",
			tx.ChainID[:4], r.chainID[:4])
	case !tx.Relay.IsZero() && tx.Relay != r.cfg.Account:
		return refuse(rollup.ReasonWrongRelay, "pinned to relay %s, this one is %s",
			tx.Relay, r.cfg.Account)
	case tx.Relay.IsZero() && own.RefuseUnpinned:
		return refuse(rollup.ReasonWrongRelay, "not pinned; this relay takes what is pinned to %s",
			r.cfg.Account)
	case tx.ExpiryLayer < layer:
		return refuse(rollup.ReasonExpired, "expires at layer %d, the next possible one is %d",
			tx.ExpiryLayer, layer)
	case tx.Nonce.Kind == rollup.NonceUnordered && tx.ExpiryLayer-layer > p.UnorderedWindow:
		return refuse(rollup.ReasonExpiryWindow, "unordered and expires at layer %d, at most %d allowed",
			tx.ExpiryLayer, layer+p.UnorderedWindow)
	case tx.RelayTip < own.MinTip:
		return refuse(rollup.ReasonTipTooLow, "tip is %d, this relay asks at least %d",
			tx.RelayTip, own.MinTip)
	case t.size > r.cfg.maxTxBytes():
		return refuse(rollup.ReasonTooLarge, "transaction has %d bytes, this relay takes at most %d",
			t.size, r.cfg.maxTxBytes())
	case !t.units.Fits(p.MaxTx):
		return refuse(rollup.ReasonOverLimit, "declared units are %v, at most %v allowed",
			t.units, p.MaxTx)
	case tx.MaxUnits == metering.Units{}:
		return refuse(rollup.ReasonVerifyUnits, "maxUnits are all zero; ask SuggestFee for limits")
	}
	data, inclusion := r.prices()
	fee := t.owed(&rollup.Header{DataPrice: data, InclusionPrice: inclusion}).sum()
	if fee == ^uint64(0) || fee > tx.MaxFee {
		return refuse(rollup.ReasonFeeAboveMax,
			"maxFee is %d, and what the relay is owed alone is %d now", tx.MaxFee, fee)
	}
	return nil
}

// prices are those of the newest block. A transaction that they make ineffective would cost the relay
// money and earn it none.
func (r *Relay) prices() (data, inclusion uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.header.DataPrice, r.header.InclusionPrice
}

func (r *Relay) declared(tx *rollup.Tx, size int) rollup.Declared {
	return r.params.Load().Declared(&rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(size)})
}
