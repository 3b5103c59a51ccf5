package relay

import (
	"encoding/binary"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// prunePerBlock bounds how many finished records one look at L1 deletes.
const prunePerBlock = 4_096

func finishedKey(height uint64, h rollup.Hash) []byte {
	return append(seqKey(keyFinished, height), h[:]...)
}

// finish returns the writes that end the transactions of some records at a block: their bytes go,
// and what became of them stays until prune.
func finish(height uint64, h rollup.Hash, rec *record) []kv.Write {
	rec.ended = max(height, 1)
	return []kv.Write{
		rec.write(h),
		{Key: hashKey(keyRaw, h), Delete: true},
		{Key: finishedKey(rec.ended, h), Value: []byte{}},
	}
}

// retire forgets a bundle that no reorganisation can undo, and opens its account.
func (r *Relay) retire(p *posting, height uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	account, writes := r.openAccount(p)
	err := r.endPosting(p, height, writes, func(rec *record) record { return *rec })
	if err != nil {
		return err
	}
	r.keep(account)
	return nil
}

// abandon gives up a bundle that L1 does not know and in which everything has expired.
func (r *Relay) abandon(p *posting, height uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.endPosting(p, height, nil, func(rec *record) record {
		next := rec.queued()
		next.stage, next.reason = stageDropped, rollup.ReasonExpired
		return next
	})
}

// endPosting forgets a bundle, in one write with others. Its transactions are finished as what became
// says. The caller holds mu.
func (r *Relay) endPosting(
	p *posting, height uint64, writes []kv.Write, became func(*record) record,
) error {
	writes = append(writes, kv.Write{Key: seqKey(keyPosting, p.seq), Delete: true})
	var ended []rollup.Hash
	r.own(p, func(h rollup.Hash, rec *record) {
		next := became(rec)
		writes = append(writes, finish(height, h, &next)...)
		ended = append(ended, h)
	})
	if err := r.apply(writes...); err != nil {
		return err
	}
	r.remove(p)
	r.closeAll(ended)
	return nil
}

// dropExpired drops what waited in the queue for longer than its user allowed.
func (r *Relay) dropExpired(height uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var writes []kv.Write
	var kept, dropped []rollup.Hash
	for _, h := range r.queue {
		rec := r.records[h]
		if !rec.expired(height, r.cfg.Genesis.Params.OrderDelay) {
			kept = append(kept, h)
			continue
		}
		next := rec.queued()
		next.stage, next.reason = stageDropped, rollup.ReasonExpired
		writes = append(writes, finish(height, h, &next)...)
		writes = append(writes, kv.Write{Key: seqKey(keyQueue, rec.seq), Delete: true})
		dropped = append(dropped, h)
	}
	if len(dropped) == 0 {
		return nil
	}
	if err := r.apply(writes...); err != nil {
		return err
	}
	r.queue = kept
	for _, h := range dropped {
		r.queueBytes -= len(r.records[h].raw)
	}
	r.closeAll(dropped)
	return nil
}

// closeAll takes records that have ended out of memory. The caller holds mu.
func (r *Relay) closeAll(ended []rollup.Hash) {
	for _, h := range ended {
		r.forget(h)
	}
	r.finished += len(ended)
}

// reopen returns the write that takes a record out of the finished ones. The caller holds mu.
func (r *Relay) reopen(h rollup.Hash, before *record) (writes []kv.Write, was bool, err error) {
	if before == nil || before.ended == 0 {
		return nil, false, nil
	}
	key := finishedKey(before.ended, h)
	if _, was, err = r.store.Get(key); err != nil || !was {
		return nil, false, err
	}
	return []kv.Write{{Key: key, Delete: true}}, true, nil
}

// prune deletes what is finished and older than the retention, or too much, oldest first.
func (r *Relay) prune(height uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	excess := r.finished - r.cfg.MaxFinished
	var old []rollup.Hash
	var writes []kv.Write
	err := r.each(keyFinished, func(k, _ []byte) error {
		age := binary.BigEndian.Uint64(k[1:])
		if len(old) >= prunePerBlock ||
			len(old) >= excess && saturatingAdd(age, r.cfg.Retention) >= height {
			return errEnough
		}
		old = append(old, rollup.Hash(k[1+8:]))
		writes = append(writes, kv.Write{Key: append([]byte{}, k...), Delete: true})
		return nil
	})
	if err != nil {
		return err
	}
	for _, h := range old {
		more, err := r.deletion(h)
		if err != nil {
			return err
		}
		writes = append(writes, more...)
	}
	if len(old) > 0 {
		if err := r.apply(writes...); err != nil {
			return err
		}
		r.finished -= len(old)
	}
	return r.pruneAccounts()
}

// deletion returns the writes that delete a record and the TxID that names it.
func (r *Relay) deletion(h rollup.Hash) ([]kv.Write, error) {
	key := hashKey(keyRecord, h)
	v, ok, err := r.store.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	rec, err := decodeRecord(v)
	if err != nil {
		return nil, err
	}
	writes := []kv.Write{{Key: key, Delete: true}}
	named, ok, err := r.store.Get(hashKey(keyID, rec.txID))
	if err == nil && ok && string(named) == string(h[:]) {
		writes = append(writes, kv.Write{Key: hashKey(keyID, rec.txID), Delete: true})
	}
	return writes, err
}
