package relay

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// Store is where a relay keeps what must survive a crash: a kv.Store, or what stands in for it.
type Store interface {
	Get(key []byte) (value []byte, ok bool, err error)
	Apply(writes ...kv.Write) error
	Range(lo, hi []byte, fn func(key, value []byte) bool) error
	Close() error
}

// apply makes all writes durable, or none. A store that fails ends the relay: what it accepts after
// that would not be durable.
func (r *Relay) apply(writes ...kv.Write) error {
	err := r.store.Apply(writes...)
	if err != nil {
		r.broke(err)
	}
	return err
}

// broke ends the relay.
func (r *Relay) broke(err error) {
	select {
	case r.broken <- err:
	default: // it ends already
	}
}

// errEnough stops each without a failure.
var errEnough = errors.New("enough")

// guardStore refuses a folder that belongs to another network or account.
func (r *Relay) guardStore() error {
	want := slices.Concat(r.chainID[:], r.cfg.Key.Public().(ed25519.PublicKey))
	have, ok, err := r.store.Get([]byte{keyGuard})
	if err != nil {
		return err
	}
	if !ok {
		return r.store.Apply(kv.Write{Key: []byte{keyGuard}, Value: want})
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("relay: folder %q belongs to another network or key; choose another folder",
			r.cfg.Dir)
	}
	return nil
}

// load reads the unfinished work of an earlier run. What is finished stays in the store.
func (r *Relay) load() error {
	err := r.each(keyPosting, func(k, v []byte) error {
		p, err := decodePosting(k, v, r.params.Load())
		if err != nil {
			return err
		}
		r.postings = append(r.postings, p)
		r.nextSeq = max(r.nextSeq, p.seq+1)
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range r.postings {
		for _, h := range p.txs {
			if _, err := r.loadRecord(h, p.seq); err != nil {
				return err
			}
		}
	}
	err = r.each(keyQueue, func(k, v []byte) error {
		if len(k) != 1+8 || len(v) != len(rollup.Hash{}) {
			return errors.New("relay: stored queue: malformed entry")
		}
		r.nextSeq = max(r.nextSeq, binary.BigEndian.Uint64(k[1:])+1)
		r.queue = append(r.queue, rollup.Hash(v))
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.loadQueue(); err != nil {
		return err
	}
	err = r.each(keyFinished, func(k, _ []byte) error {
		if len(k) != 1+8+len(rollup.Hash{}) {
			return errors.New("relay: stored list of finished transactions: malformed entry")
		}
		r.finished++
		return nil
	})
	return errors.Join(err, r.loadAccounts())
}

// loadQueue reads the transactions of the queue, which is in order.
func (r *Relay) loadQueue() error {
	for _, h := range r.queue {
		raw, err := r.loadRecord(h, 0)
		if err != nil {
			return err
		}
		if raw == nil {
			return fmt.Errorf("relay: folder %q: transaction %s waits and is in a bundle", r.cfg.Dir, h)
		}
		r.records[h].raw = raw
		r.queueBytes += len(raw)
	}
	return nil
}

// loadRecord brings a record into memory, if its transaction is in the given posting, or in none (0),
// and returns the transaction.
func (r *Relay) loadRecord(h rollup.Hash, posting uint64) (raw []byte, err error) {
	rec, err := r.find(h)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, fmt.Errorf("relay: folder %q names transaction %s, which is not there", r.cfg.Dir, h)
	}
	if rec.posting != posting || rec.ended > 0 {
		return nil, nil
	}
	raw, ok, err := r.store.Get(hashKey(keyRaw, h))
	if err != nil {
		return nil, err
	}
	tx, _, derr := rollup.DecodeTx(raw, r.params.Load())
	if !ok || derr != nil || tx.Hash() != h {
		return nil, fmt.Errorf("relay: folder %q: transaction %s is not what was accepted", r.cfg.Dir, h)
	}
	rec.terms = termsOf(tx, len(raw), r.params.Load())
	rec.since = r.now()
	r.put(h, *rec)
	return raw, nil
}

// each calls fn for every key of a space, in order, until it fails.
func (r *Relay) each(space byte, fn func(k, v []byte) error) error {
	var failed error
	err := r.store.Range([]byte{space}, []byte{space + 1}, func(k, v []byte) bool {
		failed = fn(k, v)
		return failed == nil
	})
	if errors.Is(failed, errEnough) {
		failed = nil
	}
	return errors.Join(err, failed)
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
	v, ok, err := r.store.Get(hashKey(keyRecord, h))
	if err != nil || !ok {
		return nil, err
	}
	return decodeRecord(v)
}

// named returns the transaction that a TxID names, nil when the relay knows none.
func (r *Relay) named(id rollup.Hash) (h rollup.Hash, rec *record, err error) {
	v, ok, err := r.store.Get(hashKey(keyID, id))
	if err != nil || !ok || len(v) != len(h) {
		return h, nil, err
	}
	h = rollup.Hash(v)
	rec, err = r.find(h)
	return h, rec, err
}

// resolve turns a TxID or a TxHash into the TxHash of a known transaction.
func (r *Relay) resolve(id rollup.Hash) (rollup.Hash, *record, error) {
	if rec, err := r.find(id); rec != nil || err != nil {
		return id, rec, err
	}
	return r.named(id)
}

// sortQueue puts the queue into the order of acceptance. The caller holds mu.
func (r *Relay) sortQueue() {
	slices.SortFunc(r.queue, func(a, b rollup.Hash) int {
		return cmp.Compare(r.records[a].seq, r.records[b].seq)
	})
}
