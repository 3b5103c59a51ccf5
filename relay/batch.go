package relay

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// batch is what the next bundle is made of.
type batch struct {
	hashes []rollup.Hash
	txs    [][]byte
	terms  []terms
}

// declared is what the transactions of a batch declare and weigh together.
func (b *batch) declared() (units metering.Units, weight uint64) {
	for i := range b.terms {
		units = units.Add(b.terms[i].units)
		weight += b.terms[i].weight // each at most 2^20, as it fits a layer
	}
	return units, weight
}

// first is the first n transactions of a batch.
func (b *batch) first(n int) batch { return batch{b.hashes[:n], b.txs[:n], b.terms[:n]} }

// packing is what transactions became when they were last bundled: the best guess of what others
// will take of L1.
type packing struct{ raw, posted int }

// of is what so many bytes may come to; at first, themselves.
func (p packing) of(raw int) int {
	if p.raw == 0 {
		return raw
	}
	return int(int64(raw) * int64(p.posted) / int64(p.raw))
}

// pack encodes a batch, or as many of its first transactions as fit a bundle: BundleBytes is a
// matter of a guess, MaxBundleBytes is not. A single one fits, since intake took it.
func (r *Relay) pack(b batch) ([]byte, batch) {
	p := r.params.Load()
	for {
		raw := 0
		for _, tx := range b.txs {
			raw += len(tx)
		}
		bundle := rollup.EncodeBundle(r.cfg.Account, rollup.CodecDeflate, b.txs, p)
		r.mu.Lock()
		r.packing = packing{raw, len(bundle)}
		r.mu.Unlock()
		if len(bundle) <= int(p.MaxBundleBytes) || len(b.txs) == 1 {
			return bundle, b
		}
		b = b.first(fewer(len(b.txs), len(bundle), int(p.MaxBundleBytes)))
	}
}

// fewer is how many of n transactions that came to so many bytes, too many, are tried next. An eighth
// goes at least: where a few of them take nearly all the bytes, each more costs another encoding.
func fewer(n, bytes, limit int) int {
	return max(1, min(int(int64(n)*int64(limit)/int64(bytes)), n*7/8))
}

// take chooses the transactions of the next bundle without removing them from the queue: as many as
// fit the configured size and, with the bundles that wait for a block, a layer. What could not pay
// at the prices of header waits for others, with what its principal sent after it.
func (r *Relay) take(header *rollup.Header) (b batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stalled = true // until something changes
	var inFlight int
	var used metering.Units
	for _, p := range r.postings {
		if p.height == 0 {
			inFlight++
			used = used.Add(p.units)
		}
	}
	if inFlight >= maxInFlight {
		return b
	}
	size, room := 0, roomOf(r.params.Load())
	held := map[address.Address]bool{}
	for _, h := range r.queue {
		rec := r.records[h]
		t := &rec.terms
		if held[t.principal] || t.owed(header).sum() > t.maxFee {
			held[t.principal] = true
			continue
		}
		size += t.size
		body := size + lengthPrefix*(len(b.txs)+1)
		if len(b.txs) > 0 && (r.packing.of(size) > r.cfg.BundleBytes ||
			body > int(r.cfg.Genesis.Params.MaxExpandedBytes) || len(b.txs) >= r.cfg.BundleTxs) {
			break
		}
		if used = used.Add(t.units); !used.Fits(room) {
			break
		}
		b.hashes, b.txs = append(b.hashes, h), append(b.txs, rec.raw)
		b.terms = append(b.terms, *t)
	}
	r.stalled = len(b.txs) == 0
	return b
}
