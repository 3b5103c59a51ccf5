package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// errStopped says that the relay is closed, or that its store failed: see Relay.Err.
var errStopped = errors.New("relay: stopped")

// queueFullError says that the relay takes no more for now.
type queueFullError struct {
	what           string
	waiting, limit int
}

func (e queueFullError) Error() string {
	return fmt.Sprintf("relay: %d %s wait for L1, at most %d allowed; try again later",
		e.waiting, e.what, e.limit)
}

// accept checks a transaction and makes it durable. known is true when the relay had it already.
func (r *Relay) accept(ctx context.Context, raw []byte) (tx *rollup.Tx, known bool, err error) {
	if r.stopped() {
		return nil, false, errStopped
	}
	tx, reason, err := rollup.DecodeTx(raw, &r.cfg.Genesis.Params)
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
	if err := r.check(tx, len(raw)); err != nil {
		return nil, false, err
	}
	writes, err := r.nameWrites(ctx, id, h)
	if err != nil {
		return nil, false, err
	}
	known, err = r.enqueue(h, before, &record{
		stage: stageAccepted, txID: id, expiry: tx.ExpiryLayer,
		raw: append([]byte{}, raw...), since: time.Now(),
	}, writes)
	return tx, known, err
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
	if n := r.waiting(); n >= r.cfg.MaxQueue {
		return false, queueFullError{"transactions", n, r.cfg.MaxQueue}
	}
	if r.queueBytes+len(rec.raw) > r.cfg.MaxQueueBytes {
		return false, queueFullError{"bytes", r.queueBytes, r.cfg.MaxQueueBytes}
	}
	rec.seq = r.nextSeq
	writes = append(writes, rec.write(h),
		kv.Write{Key: hashKey(keyRaw, h), Value: rec.raw},
		kv.Write{Key: seqKey(keyQueue, rec.seq), Value: h[:]})
	if err := r.apply(writes...); err != nil {
		return false, err
	}
	r.nextSeq++
	r.records[h] = rec
	r.queue = append(r.queue, h)
	r.queueBytes += len(rec.raw)
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
	return r.queueBytes >= r.cfg.BundleBytes || len(r.queue) >= r.cfg.BundleTxs
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
func (r *Relay) check(tx *rollup.Tx, size int) error {
	p := &r.cfg.Genesis.Params
	refuse := func(reason rollup.Reason, format string, args ...any) error {
		return &rollup.RefusedError{Reason: reason, Err: fmt.Errorf("relay: "+format, args...)}
	}
	layer := r.height() + p.OrderDelay + 1
	switch {
	case tx.ChainID != r.chainID:
		return refuse(rollup.ReasonWrongChain, "chain id is %x, this network's is %x",
			tx.ChainID[:4], r.chainID[:4])
	case !tx.Relay.IsZero() && tx.Relay != r.cfg.Account:
		return refuse(rollup.ReasonWrongRelay, "pinned to relay %s, this one is %s",
			tx.Relay, r.cfg.Account)
	case tx.ExpiryLayer < layer:
		return refuse(rollup.ReasonExpired, "expires at layer %d, the next possible one is %d",
			tx.ExpiryLayer, layer)
	case tx.Nonce.Kind == rollup.NonceUnordered && tx.ExpiryLayer-layer > p.UnorderedWindow:
		return refuse(rollup.ReasonExpiryWindow, "unordered and expires at layer %d, at most %d allowed",
			tx.ExpiryLayer, layer+p.UnorderedWindow)
	case tx.RelayTip < r.cfg.MinTip:
		return refuse(rollup.ReasonTipTooLow, "tip is %d, this relay asks at least %d",
			tx.RelayTip, r.cfg.MinTip)
	case size > r.cfg.maxTxBytes():
		return refuse(rollup.ReasonTooLarge, "transaction has %d bytes, this relay takes at most %d",
			size, r.cfg.maxTxBytes())
	}
	d := r.declared(tx, size)
	if !d.Units.Fits(p.MaxTx) {
		return refuse(rollup.ReasonOverLimit, "declared units are %v, at most %v allowed",
			d.Units, p.MaxTx)
	}
	data, inclusion := r.prices()
	fee, ok := rollup.RelayFee(&rollup.Item{
		Kind: rollup.ItemTx, Tx: tx, Size: uint32(size), Weight: p.Weight(d),
		DataPrice: data, InclusionPrice: inclusion,
	})
	if !ok || fee > tx.MaxFee {
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
	return r.cfg.Genesis.Params.Declared(&rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(size)})
}
