package relay

import (
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// posting is a bundle on its way: the signed L1 transaction, kept until no reorganisation can undo it.
// What is submitted are always the same bytes under the same nonce, so L1 includes it at most once.
type posting struct {
	seq    uint64
	raw    []byte         // canonical L1 transaction
	height uint64         // block that includes it; 0 while it waits
	cost   uint64         // most that it takes from the L1 account
	units  metering.Units // that its transactions declare
	txs    []rollup.Hash

	tx   *rollup.L1Tx // raw, decoded
	id   rollup.Hash
	sent bool // L1 has it, as far as this run knows; guarded by mu
}

func (p *posting) write() kv.Write {
	var e scale.Encoder
	e.Bytes(p.raw)
	e.U64(p.height)
	e.U64(p.cost)
	for _, u := range p.units {
		e.U64(u)
	}
	e.Len(len(p.txs))
	for _, h := range p.txs {
		e.Raw(h[:])
	}
	return kv.Write{Key: seqKey(keyPosting, p.seq), Value: e.B}
}

func decodePosting(key, b []byte, params *rollup.Params) (*posting, error) {
	if len(key) != 1+8 {
		return nil, fmt.Errorf("relay: stored bundle: key of %d bytes", len(key))
	}
	d := scale.NewDecoder(b)
	p := &posting{seq: binary.BigEndian.Uint64(key[1:])}
	p.raw = append([]byte{}, d.Bytes(len(b))...)
	p.height = d.U64()
	p.cost = d.U64()
	for i := range p.units {
		p.units[i] = d.U64()
	}
	n := d.Len(d.Remaining() / len(rollup.Hash{}))
	p.txs = make([]rollup.Hash, n)
	for i := range p.txs {
		d.Fill(p.txs[i][:])
	}
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("relay: stored bundle: %w", err)
	}
	return p, p.decode(params)
}

// decode fills in what follows from raw.
func (p *posting) decode(params *rollup.Params) (err error) {
	if p.tx, err = rollup.DecodeL1Tx(p.raw, params); err != nil {
		return fmt.Errorf("relay: stored bundle: %w", err)
	}
	p.id = p.tx.ID()
	return nil
}

// commit moves the transactions of p from the head of the queue into the bundle, durably.
func (r *Relay) commit(p *posting) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.seq = r.nextSeq
	writes := []kv.Write{p.write()}
	next := make([]record, len(p.txs))
	for i, h := range p.txs {
		rec := r.records[h]
		next[i] = rec.at(0, 0)
		next[i].bundle = p.id
		writes = append(writes, next[i].write(h),
			kv.Write{Key: seqKey(keyQueue, rec.seq), Delete: true})
	}
	if err := r.apply(writes...); err != nil {
		return err
	}
	r.nextSeq++
	r.postings = append(r.postings, p)
	for i, h := range p.txs {
		r.queueBytes -= len(next[i].raw)
		next[i].raw = nil // the bundle has it, and the store
		*r.records[h] = next[i]
	}
	r.queue = append([]rollup.Hash{}, r.queue[len(p.txs):]...)
	return nil
}

// own calls fn for the records that p still carries: one that was accepted again belongs to another
// bundle, or to the queue. The caller holds mu.
func (r *Relay) own(p *posting, fn func(h rollup.Hash, rec *record)) {
	for _, h := range p.txs {
		if rec := r.records[h]; rec != nil && rec.bundle == p.id {
			fn(h, rec)
		}
	}
}

// takeBack gives up a bundle that L1 will not have: its transactions go back to where they were in
// the queue, to be posted under another nonce.
func (r *Relay) takeBack(p *posting) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	writes := []kv.Write{{Key: seqKey(keyPosting, p.seq), Delete: true}}
	back := map[rollup.Hash]record{}
	var failed error
	r.own(p, func(h rollup.Hash, rec *record) {
		next := rec.queued()
		raw, ok, err := r.store.Get(hashKey(keyRaw, h))
		if err == nil && !ok {
			err = fmt.Errorf("relay: the bytes of transaction %s are not in the store", h)
		}
		if err != nil {
			failed = err
			return
		}
		next.raw = raw
		back[h] = next
		writes = append(writes, next.write(h), kv.Write{Key: seqKey(keyQueue, next.seq), Value: h[:]})
	})
	if failed != nil {
		return failed
	}
	if err := r.apply(writes...); err != nil {
		return err
	}
	r.remove(p)
	for h, next := range back { //lint:unordered the queue is sorted below
		*r.records[h] = next
		r.queue = append(r.queue, h)
		r.queueBytes += len(next.raw)
	}
	r.sortQueue()
	return nil
}

// mark notes the block that includes a bundle, or 0 when none does any more.
func (r *Relay) mark(p *posting, height uint64) error {
	if p.height == height {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	q := *p
	q.height = height
	writes := []kv.Write{q.write()}
	r.own(p, func(h rollup.Hash, rec *record) {
		next := rec.at(height, r.cfg.Genesis.Params.OrderDelay)
		writes = append(writes, next.write(h))
	})
	if err := r.apply(writes...); err != nil {
		return err
	}
	p.height = height
	r.own(p, func(_ rollup.Hash, rec *record) {
		*rec = rec.at(height, r.cfg.Genesis.Params.OrderDelay)
	})
	return nil
}

// retire forgets a bundle that no reorganisation can undo; what became of its transactions stays in
// the store, without their bytes.
func (r *Relay) retire(p *posting) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	writes := []kv.Write{{Key: seqKey(keyPosting, p.seq), Delete: true}}
	r.own(p, func(h rollup.Hash, _ *record) {
		writes = append(writes, kv.Write{Key: hashKey(keyRaw, h), Delete: true})
	})
	if err := r.apply(writes...); err != nil {
		return err
	}
	r.remove(p)
	r.own(p, func(h rollup.Hash, _ *record) { delete(r.records, h) })
	return nil
}

// remove takes a bundle out of those in flight. The caller holds mu.
func (r *Relay) remove(p *posting) {
	for i, q := range r.postings {
		if q == p {
			r.postings = append(r.postings[:i:i], r.postings[i+1:]...)
			return
		}
	}
}
