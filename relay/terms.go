package relay

import (
	"math/bits"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// terms are what a transaction declares and offers, as far as the relay decides by it.
type terms struct {
	principal address.Address
	payer     address.Address
	nonce     rollup.Nonce
	units     metering.Units
	weight    uint64
	size      int
	tip       uint64
	maxFee    uint64
}

func termsOf(tx *rollup.Tx, size int, p *rollup.Params) terms {
	d := p.Declared(&rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(size)})
	t := terms{
		principal: tx.Principal, payer: tx.Principal, nonce: tx.Nonce, units: d.Units,
		weight: p.Weight(d), size: size, tip: tx.RelayTip, maxFee: tx.MaxFee,
	}
	if !tx.Sponsor.IsZero() {
		t.payer = tx.Sponsor
	}
	return t
}

// pay is what an effective transaction pays its relay (docs/spec/fees.md), by what it is for.
type pay struct{ data, inclusion, tip uint64 }

// owed is what t pays at the prices of the block that carries it.
func (t *terms) owed(h *rollup.Header) pay {
	return pay{
		data:      saturatingMul(uint64(t.size), h.DataPrice),
		inclusion: saturatingMul(t.weight, h.InclusionPrice),
		tip:       t.tip,
	}
}

func (p pay) sum() uint64 { return saturatingAdd(saturatingAdd(p.data, p.inclusion), p.tip) }

// standing is what the unfinished transactions of the accounts come to. Its owner locks it.
type standing struct {
	payers     map[address.Address]*waiting
	principals map[address.Address]*pending
}

// waiting is what one payer has in no L1 block yet.
type waiting struct {
	txs, bytes     int
	feesLo, feesHi uint64 // sum of maxFee, 128 bits
}

// pending is what one principal has in the relay's hands, until no reorganisation can undo it.
type pending struct {
	txs    int
	nonces map[uint64]int // of the ordered ones
}

func newStanding() standing {
	return standing{map[address.Address]*waiting{}, map[address.Address]*pending{}}
}

// add counts a record.
func (s *standing) add(rec *record) {
	t := &rec.terms
	p := s.principals[t.principal]
	if p == nil {
		p = &pending{nonces: map[uint64]int{}}
		s.principals[t.principal] = p
	}
	p.txs++
	if t.nonce.Kind != rollup.NonceUnordered {
		p.nonces[t.nonce.Value]++
	}
	if !rec.waits() {
		return
	}
	w := s.payers[t.payer]
	if w == nil {
		w = &waiting{}
		s.payers[t.payer] = w
	}
	var carry uint64
	w.txs, w.bytes = w.txs+1, w.bytes+t.size
	w.feesLo, carry = bits.Add64(w.feesLo, t.maxFee, 0)
	w.feesHi += carry
}

// sub takes a record out again.
func (s *standing) sub(rec *record) {
	t := &rec.terms
	p := s.principals[t.principal]
	if t.nonce.Kind != rollup.NonceUnordered {
		if p.nonces[t.nonce.Value]--; p.nonces[t.nonce.Value] == 0 {
			delete(p.nonces, t.nonce.Value)
		}
	}
	if p.txs--; p.txs == 0 {
		delete(s.principals, t.principal)
	}
	if !rec.waits() {
		return
	}
	w := s.payers[t.payer]
	var borrow uint64
	w.txs, w.bytes = w.txs-1, w.bytes-t.size
	w.feesLo, borrow = bits.Sub64(w.feesLo, t.maxFee, 0)
	w.feesHi -= borrow
	if w.txs == 0 {
		delete(s.payers, t.payer)
	}
}

// waits reports whether a record is in no L1 block yet.
func (r *record) waits() bool { return r.stage == stageAccepted || r.stage == stageBundled }

// put makes next the record of a transaction that has not ended. The caller holds mu.
func (r *Relay) put(h rollup.Hash, next record) {
	if old := r.records[h]; old != nil {
		r.standing.sub(old)
	}
	r.records[h] = &next
	r.standing.add(&next)
}

// forget takes a transaction that has ended out of memory. The caller holds mu.
func (r *Relay) forget(h rollup.Hash) {
	if old := r.records[h]; old != nil {
		r.standing.sub(old)
		delete(r.records, h)
	}
}
