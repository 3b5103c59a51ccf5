package relay

import (
	"fmt"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// errQueueFull says that the relay takes no more for now.
type errQueueFull struct{ waiting, limit int }

func (e errQueueFull) Error() string {
	return fmt.Sprintf("relay: %d transactions wait for L1, at most %d allowed; try again later",
		e.waiting, e.limit)
}

// accept checks a transaction and makes it durable. known is true when the relay had it already.
func (r *Relay) accept(raw []byte) (tx *rollup.Tx, known bool, err error) {
	p := &r.cfg.Genesis.Params
	tx, reason, err := rollup.DecodeTx(raw, p)
	if err != nil {
		return nil, false, &rollup.RefusedError{Reason: reason, Err: err}
	}
	h := tx.Hash()
	if has, err := r.find(h); err != nil || has != nil && has.stage != stageDropped {
		return tx, err == nil, err
	}
	r.mu.Lock()
	height := r.tip.Height
	r.mu.Unlock()
	if err := r.check(tx, height, len(raw)); err != nil {
		return nil, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if rec := r.records[h]; rec != nil {
		return tx, true, nil
	}
	if len(r.records) >= r.cfg.MaxQueue {
		return nil, false, errQueueFull{len(r.records), r.cfg.MaxQueue}
	}
	rec := &record{
		seq: r.nextSeq, stage: stageAccepted, txID: tx.ID(), expiry: tx.ExpiryLayer,
		raw: append([]byte{}, raw...),
	}
	if err := r.store.Apply(rec.write(h), kv.Write{Key: idKey(rec.txID), Value: h[:]}); err != nil {
		return nil, false, err
	}
	r.nextSeq++
	r.records[h] = rec
	r.enqueue(h, rec)
	if r.queued >= r.cfg.BundleBytes || len(r.queue) >= r.cfg.BundleTxs {
		r.wake()
	}
	return tx, false, nil
}

// check holds the rules that derivation would apply, and the relay's own terms.
func (r *Relay) check(tx *rollup.Tx, height uint64, size int) error {
	p := &r.cfg.Genesis.Params
	refuse := func(reason rollup.Reason, format string, args ...any) error {
		return &rollup.RefusedError{Reason: reason, Err: fmt.Errorf("relay: "+format, args...)}
	}
	layer := height + p.OrderDelay + 1
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
	case tx.Nonce.Kind == rollup.NonceUnordered && tx.ExpiryLayer > layer+p.UnorderedWindow:
		return refuse(rollup.ReasonExpiryWindow, "unordered and expires at layer %d, at most %d allowed",
			tx.ExpiryLayer, layer+p.UnorderedWindow)
	case tx.RelayTip < r.cfg.MinTip:
		return refuse(rollup.ReasonTipTooLow, "tip is %d, this relay asks at least %d",
			tx.RelayTip, r.cfg.MinTip)
	}
	item := rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(size)}
	if d := p.Declared(&item); !d.Units.Fits(p.MaxTx) {
		return refuse(rollup.ReasonOverLimit, "declared units are %v, at most %v allowed",
			d.Units, p.MaxTx)
	}
	if size > r.cfg.BundleBytes {
		return refuse(rollup.ReasonTooLarge, "transaction has %d bytes, this relay bundles at most %d",
			size, r.cfg.BundleBytes)
	}
	return nil
}

// find returns the record of a transaction by its TxHash, nil when the relay does not know it.
func (r *Relay) find(h rollup.Hash) (*record, error) {
	r.mu.Lock()
	if rec := r.records[h]; rec != nil {
		c := *rec
		r.mu.Unlock()
		return &c, nil
	}
	r.mu.Unlock()
	v, ok, err := r.store.Get(recordKey(h))
	if err != nil || !ok {
		return nil, err
	}
	return decodeRecord(v)
}

// resolve turns a TxID or a TxHash into the TxHash of a known transaction.
func (r *Relay) resolve(id rollup.Hash) (rollup.Hash, *record, error) {
	if rec, err := r.find(id); rec != nil || err != nil {
		return id, rec, err
	}
	v, ok, err := r.store.Get(idKey(id))
	if err != nil || !ok || len(v) != len(id) {
		return id, nil, err
	}
	h := rollup.Hash(v)
	rec, err := r.find(h)
	return h, rec, err
}

func (r *Relay) wake() {
	select {
	case r.kick <- struct{}{}:
	default: // a wake-up is pending already
	}
}
