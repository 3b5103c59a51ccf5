package state

import (
	"bytes"
	"math/bits"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// SlotValue is a storage slot: its data, and the deposit that its payer gets back on deletion.
type SlotValue struct {
	Payer   address.Address
	Deposit uint64
	Data    []byte
}

// Slot returns a storage slot of a. The caller must not change the data.
func (s *State) Slot(a address.Address, key [32]byte) (SlotValue, bool) {
	r := s.memo.recordOf(KindSlot, a, key[:])
	payload, ok := s.read(&r)
	if !ok {
		return SlotValue{}, false
	}
	return s.decodeSlot(payload)
}

// SlotWarm reports whether the transaction touched the slot before.
func (s *State) SlotWarm(a address.Address, key [32]byte) bool {
	r := s.memo.recordOf(KindSlot, a, key[:])
	return s.warm(&r)
}

// OriginalSlot returns the slot as it was at the start of the transaction.
func (s *State) OriginalSlot(a address.Address, key [32]byte) (SlotValue, bool) {
	r := s.memo.recordOf(KindSlot, a, key[:])
	leaf, ok := s.original[r.key]
	if !ok {
		return s.Slot(a, key)
	}
	payload, ok := bytes.CutPrefix(leaf, r.full)
	if !ok {
		return SlotValue{}, false
	}
	return s.decodeSlot(payload)
}

// SetSlot stores a slot of a; the counts in the header of a follow. The bytes by which it grows are
// paid for by the payer of the terms; when the slot is another payer's, that one gets its deposit
// back and the new one pays for all bytes. A slot that shrinks gives its share of the deposit back.
func (s *State) SetSlot(a address.Address, key [32]byte, data []byte) {
	r := s.memo.recordOf(KindSlot, a, key[:])
	old, before, ok := s.slotAt(&r)
	if !ok {
		return
	}
	v := SlotValue{Payer: old.Payer, Deposit: old.Deposit, Data: data}
	c := slotChange{before: before, after: len(r.full) + address.Size + 8 + len(data)}
	switch grown := c.after - before; {
	case grown > 0 && (before == 0 || old.Payer != s.terms.Payer):
		c.refund = old.Deposit
		v.Payer, v.Deposit = s.terms.Payer, saturatingMul(s.terms.Deposit, c.after)
		c.deposit, c.taken = v.Deposit, before > 0
	case grown > 0:
		c.deposit = saturatingMul(s.terms.Deposit, grown)
		v.Deposit = saturatingAdd(v.Deposit, c.deposit)
	case grown < 0:
		c.refund = share(old.Deposit, -grown, before)
		v.Deposit -= c.refund
	}
	if c.refund > 0 && !s.refund(a, &c, old.Payer) {
		return
	}
	v.Deposit = saturatingAdd(v.Deposit, c.kept)
	s.replaceSlot(a, &r, c, r.leaf(v.encode()))
}

// DeleteSlot removes a slot of a; the counts in the header of a follow, and its payer gets its
// deposit back.
func (s *State) DeleteSlot(a address.Address, key [32]byte) {
	r := s.memo.recordOf(KindSlot, a, key[:])
	old, before, ok := s.slotAt(&r)
	if !ok || before == 0 {
		return
	}
	c := slotChange{before: before, refund: old.Deposit}
	if c.refund > 0 && !s.refund(a, &c, old.Payer) {
		return
	}
	s.replaceSlot(a, &r, c, nil)
}

// RefundOf returns who gets a deposit back when a slot v gets n bytes of data (n < 0: when it is
// deleted); ok is false when nobody does.
func (s *State) RefundOf(v SlotValue, n int) (payer address.Address, ok bool) {
	grows := n > len(v.Data)
	return v.Payer, v.Deposit > 0 && n != len(v.Data) && (!grows || v.Payer != s.terms.Payer)
}

// slotChange is what the change of a slot moves in the header of its account.
type slotChange struct {
	before, after int    // length of the leaf; 0: absent
	deposit       uint64 // locked by the payer of the terms
	refund        uint64 // unlocked for the payer that was
	kept          uint64 // what that one could not take: it stays locked
	taken         bool   // the slot had bytes that another payer's deposit was for
}

// slotAt returns the slot at a place and the length of its leaf, 0 if there is none; ok is false
// after a fault.
func (s *State) slotAt(r *record) (v SlotValue, size int, ok bool) {
	leaf, ok := s.load(r)
	if !ok || leaf == nil {
		return SlotValue{}, 0, ok
	}
	payload, ok := s.read(r)
	if !ok {
		return SlotValue{}, 0, false
	}
	v, ok = s.decodeSlot(payload)
	return v, len(leaf), ok
}

// refund credits the payer of a slot of a. It reports false after a fault.
func (s *State) refund(a address.Address, c *slotChange, payer address.Address) bool {
	h, _ := s.Header(a)
	if s.faulted() {
		return false
	}
	c.refund = min(c.refund, h.LockedDeposit) // less only in a state that no history leads to
	if !s.Credit(payer, c.refund) {
		c.refund, c.kept = 0, c.refund
	}
	return !s.faulted()
}

// replaceSlot writes or deletes the leaf of a slot of a, and the header of a if anything in it
// changes.
func (s *State) replaceSlot(a address.Address, r *record, c slotChange, leaf []byte) {
	// Bytes that a new payer locks a deposit for count as new, though the slot had them: declared
	// allocation bounds what a transaction pays for storage.
	if c.taken && s.meter != nil && !s.meter.Alloc(c.before) {
		return
	}
	if !s.write(r, leaf) {
		return
	}
	if c.before == c.after && c.deposit|c.refund == 0 {
		return
	}
	h, _ := s.Header(a)
	if s.faulted() {
		return
	}
	rent := h.settle(s.rentIndex, true)
	prepaid := saturatingMul(s.terms.Prepaid, max(c.after-c.before, 0))
	// Saturating: in a state that a liar invented the counts may be anything.
	h.StoredBytes = h.StoredBytes - min(h.StoredBytes, uint64(c.before)) + uint64(c.after)
	h.LockedDeposit = saturatingAdd(h.LockedDeposit-min(h.LockedDeposit, c.refund), c.deposit)
	h.RentReserve = saturatingAdd(h.RentReserve, prepaid)
	switch {
	case c.before == 0:
		h.Slots++
	case c.after == 0 && h.Slots > 0:
		h.Slots--
	}
	s.SetHeader(a, h)
	s.note(saturatingAdd(c.deposit, prepaid), rent)
}

// share is the part of amount that n of all bytes have, rounded down.
func share(amount uint64, n, all int) uint64 {
	hi, lo := bits.Mul64(amount, uint64(n))
	q, _ := bits.Div64(hi, lo, uint64(all))
	return q
}

func (v *SlotValue) encode() []byte {
	e := scale.Encoder{B: make([]byte, 0, address.Size+8+len(v.Data))}
	e.Raw(v.Payer[:])
	e.U64(v.Deposit)
	e.Raw(v.Data)
	return e.B
}

func (s *State) decodeSlot(payload []byte) (SlotValue, bool) {
	var v SlotValue
	d := scale.NewDecoder(payload)
	d.Fill(v.Payer[:])
	v.Deposit = d.U64()
	v.Data = d.Raw(d.Remaining())
	if d.Err() != nil {
		s.collide()
		return SlotValue{}, false
	}
	return v, true
}
