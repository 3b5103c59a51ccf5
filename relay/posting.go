package relay

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// posting is a bundle on its way, kept until no reorganisation can undo it: one bundle under one L1
// nonce, signed once for each bid. All its L1 transactions have the same nonce, so L1 includes it at
// most once, whichever of them it takes.
type posting struct {
	seq    uint64
	raw    []byte // canonical L1 transaction with the first bid
	bids   []bid  // all of them, rising; the first is that of raw
	at     int    // index of the bid that is handed to L1: the newest, or the one L1 has taken
	height uint64 // block that includes it; 0 while it waits
	units  metering.Units
	txs    []rollup.Hash

	id     rollup.Hash // of the bundle: SHA-256 of its encoding
	header rollup.Header
	sent   bool        // L1 has it, as far as this run knows; guarded by mu
	since  uint64      // block at which the wait for a block began, as far as this run knows; 0 = not yet
	judged rollup.Hash // block that includes it, whose layer this run has looked at
}

// bid is one L1 transaction that carries a bundle.
type bid struct {
	price     uint64 // per unit of weight
	cost      uint64 // most that it takes from the L1 account
	signature [64]byte

	tx *rollup.L1Tx
	id rollup.Hash
}

// maxBids bounds how often a bundle is signed.
const maxBids = 16

// now is the L1 transaction that carries the bundle at present.
func (p *posting) now() *bid { return &p.bids[p.at] }

// nonce is that of all L1 transactions that carry the bundle.
func (p *posting) nonce() uint64 { return p.bids[0].tx.Nonce }

// post is the payload with the first bid.
func (p *posting) post() *rollup.PostBundle {
	return p.bids[0].tx.Payload.(*rollup.PostBundle) //nolint:forcetypeassert // decode checked it
}

// cost is the most that L1 takes for the bundle, whichever bid it takes.
func (p *posting) cost() (most uint64) {
	for i := range p.bids {
		most = max(most, p.bids[i].cost)
	}
	return most
}

func (p *posting) write() kv.Write {
	var e scale.Encoder
	e.Bytes(p.raw)
	e.Len(len(p.bids))
	for i := range p.bids {
		e.U64(p.bids[i].price)
		e.U64(p.bids[i].cost)
		e.Raw(p.bids[i].signature[:])
	}
	e.U8(uint8(p.at))
	e.U64(p.height)
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
	p.bids = make([]bid, d.Len(maxBids))
	for i := range p.bids {
		p.bids[i].price, p.bids[i].cost = d.U64(), d.U64()
		d.Fill(p.bids[i].signature[:])
	}
	p.at = int(d.U8())
	p.height = d.U64()
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

// decode fills in what follows from the rest.
func (p *posting) decode(params *rollup.Params) error {
	tx, err := rollup.DecodeL1Tx(p.raw, params)
	if err != nil {
		return fmt.Errorf("relay: stored bundle: %w", err)
	}
	post, ok := tx.Payload.(*rollup.PostBundle)
	if !ok || p.at >= len(p.bids) || p.bids[0].price != post.Bid ||
		p.bids[0].signature != tx.Signature {
		return errors.New("relay: stored bundle: its bids are not those of its L1 transaction")
	}
	p.id = sha256.Sum256(post.Bundle)
	for i := range p.bids {
		p.bids[i].tx = withBid(tx, p.bids[i].price)
		p.bids[i].tx.Signature = p.bids[i].signature
		p.bids[i].id = p.bids[i].tx.ID()
	}
	return nil
}

// withBid returns tx with another bid, and without a signature.
func withBid(tx *rollup.L1Tx, price uint64) *rollup.L1Tx {
	payload := *tx.Payload.(*rollup.PostBundle) //nolint:forcetypeassert // decode checked it
	payload.Bid = price
	return &rollup.L1Tx{ChainID: tx.ChainID, Sender: tx.Sender, Nonce: tx.Nonce, Payload: &payload}
}

// commit moves the transactions of p from the queue into the bundle, durably.
func (r *Relay) commit(p *posting) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.seq = r.nextSeq
	writes := []kv.Write{p.write()}
	next := make([]record, len(p.txs))
	for i, h := range p.txs {
		rec := r.records[h]
		next[i] = rec.at(0, 0)
		next[i].posting, next[i].l1tx = p.seq, p.now().id
		next[i].raw = nil // the bundle has it, and the store
		writes = append(writes, next[i].write(h),
			kv.Write{Key: seqKey(keyQueue, rec.seq), Delete: true})
	}
	if err := r.apply(writes...); err != nil {
		return err
	}
	r.nextSeq++
	r.postings = append(r.postings, p)
	for i, h := range p.txs {
		r.queueBytes -= len(r.records[h].raw)
		r.put(h, next[i])
	}
	kept := make([]rollup.Hash, 0, len(r.queue)-len(p.txs))
	for _, h := range r.queue {
		if r.records[h].posting == 0 {
			kept = append(kept, h)
		}
	}
	r.queue = kept
	return nil
}

// own calls fn for the records that p still carries: one that was accepted again belongs to another
// bundle, or to the queue. The caller holds mu.
func (r *Relay) own(p *posting, fn func(h rollup.Hash, rec *record)) {
	for _, h := range p.txs {
		if rec := r.records[h]; rec != nil && rec.posting == p.seq {
			fn(h, rec)
		}
	}
}

// takeBack gives up a bundle that L1 will not have: its transactions go back to where they were in
// the queue, to be posted under another nonce.
func (r *Relay) takeBack(p *posting) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	end := kv.Write{Key: seqKey(keyPosting, p.seq), Delete: true}
	if err := r.unbundle(p, func(rollup.Hash) bool { return true }, end); err != nil {
		return err
	}
	r.remove(p)
	return nil
}

// unbundle takes some transactions out of a bundle and puts them back to where they were in the
// queue, in one write with others. The caller holds mu.
func (r *Relay) unbundle(
	p *posting, which func(rollup.Hash) bool, writes ...kv.Write,
) error {
	back := map[rollup.Hash]record{}
	var failed error
	r.own(p, func(h rollup.Hash, rec *record) {
		if !which(h) {
			return
		}
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
		if err := next.weigh(h, r.params.Load()); err != nil {
			failed = err
			return
		}
		back[h] = next
		writes = append(writes, next.write(h), kv.Write{Key: seqKey(keyQueue, next.seq), Value: h[:]})
	})
	if failed != nil || len(writes) == 0 {
		return failed
	}
	if err := r.apply(writes...); err != nil {
		return err
	}
	for h, next := range back { //lint:unordered the queue is sorted below
		r.put(h, next)
		r.queue = append(r.queue, h)
		r.queueBytes += len(next.raw)
	}
	r.sortQueue()
	return nil
}

// mark notes the block that includes a bundle and the bid that it took, or 0 when none does any more.
func (r *Relay) mark(p *posting, height uint64, at int) error {
	if p.height == height && p.at == at {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	q := *p
	q.height, q.at = height, at
	writes := []kv.Write{q.write()}
	next := map[rollup.Hash]record{}
	r.own(p, func(h rollup.Hash, rec *record) {
		changed := rec.at(height, r.cfg.Genesis.Params.OrderDelay)
		changed.l1tx = q.now().id
		next[h] = changed
		writes = append(writes, changed.write(h))
	})
	if err := r.apply(writes...); err != nil {
		return err
	}
	p.height, p.at, p.since = height, at, 0
	for h, rec := range next { //lint:unordered each is on its own
		r.put(h, rec)
	}
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
