package state

import (
	"bytes"

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

// SetSlot stores a slot of a; the counts in the header of a follow.
func (s *State) SetSlot(a address.Address, key [32]byte, v SlotValue) {
	e := scale.Encoder{B: make([]byte, 0, address.Size+8+len(v.Data))}
	e.Raw(v.Payer[:])
	e.U64(v.Deposit)
	e.Raw(v.Data)
	r := s.memo.recordOf(KindSlot, a, key[:])
	s.replaceSlot(a, &r, r.leaf(e.B))
}

// DeleteSlot removes a slot of a; the counts in the header of a follow.
func (s *State) DeleteSlot(a address.Address, key [32]byte) {
	r := s.memo.recordOf(KindSlot, a, key[:])
	s.replaceSlot(a, &r, nil)
}

func (s *State) replaceSlot(a address.Address, r *record, leaf []byte) {
	old, ok := s.load(r)
	if !ok || old == nil && leaf == nil || !s.write(r, leaf) {
		return
	}
	if len(old) == len(leaf) {
		return // neither count changes: a leaf is never empty
	}
	h, _ := s.Header(a)
	if s.faulted() {
		return
	}
	// Saturating: in a state that a liar invented the counts may be anything.
	h.StoredBytes = h.StoredBytes - min(h.StoredBytes, uint64(len(old))) + uint64(len(leaf))
	switch {
	case old == nil:
		h.Slots++
	case leaf == nil && h.Slots > 0:
		h.Slots--
	}
	s.SetHeader(a, h)
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
