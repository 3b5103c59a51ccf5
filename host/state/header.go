package state

import (
	"crypto/sha256"
	"math/bits"

	"github.com/athenarollup/athena/address"
)

// Status says what an account is.
type Status uint8

// The statuses of an account.
const (
	Stub    Status = 0 // holds a balance, has no program
	Live    Status = 1
	Dead    Status = 2 // self-destructed; the nonce is kept
	Expired Status = 3 // rent ran out
)

// MaxInlineBlob is the length up to which spawn arguments lie in the header. Longer ones have a leaf
// of their own.
const MaxInlineBlob = 64

// Header is the record of an account. See docs/spec/state.md, "Account header".
type Header struct {
	Status        Status
	Template      address.Address
	Nonce         uint64
	Balance       uint64
	LockedDeposit uint64
	Slots         uint32
	StoredBytes   uint64 // of the leaves of its slots
	RentReserve   uint64
	RentIndex     uint64   // at the last settlement
	Blob          string   // spawn arguments of at most MaxInlineBlob bytes
	BlobHash      [32]byte // of longer ones
	Evicted       uint32
	EvictAcc      [32]byte
	Arrears       uint64 // rent owed when the account expired
}

// BlobApart reports whether the spawn arguments have a leaf of their own.
func (h *Header) BlobApart() bool { return h.BlobHash != [32]byte{} }

// Header returns the header of a. Absent means an address that nobody paid or spawned yet.
func (s *State) Header(a address.Address) (Header, bool) {
	r := s.memo.recordOf(KindHeader, a, nil)
	payload, ok := s.read(&r)
	if !ok {
		return Header{}, false
	}
	h, ok := decodeHeader(payload)
	if !ok {
		s.collide()
	}
	return h, ok
}

// HeaderWarm reports whether the transaction touched the header of a before.
func (s *State) HeaderWarm(a address.Address) bool {
	r := s.memo.recordOf(KindHeader, a, nil)
	return s.warm(&r)
}

// SetHeader replaces the header of a. A stub with nothing in it is deleted.
func (s *State) SetHeader(a address.Address, h Header) {
	r := s.memo.recordOf(KindHeader, a, nil)
	if h == (Header{}) {
		s.write(&r, nil)
		return
	}
	s.write(&r, r.leaf(h.encode()))
}

// Credit adds amount to the balance of a, which becomes a stub when it was absent. It reports
// false, without effect, on overflow or after a fault (see TakeFault).
func (s *State) Credit(a address.Address, amount uint64) bool {
	if amount == 0 {
		return true
	}
	h, _ := s.Header(a)
	sum, carry := bits.Add64(h.Balance, amount, 0)
	if carry != 0 || s.faulted() {
		return false
	}
	h.Balance = sum
	s.SetHeader(a, h)
	return !s.faulted()
}

// Debit takes amount from the balance of a. It reports false, without effect, when the balance is
// lower or after a fault (see TakeFault).
func (s *State) Debit(a address.Address, amount uint64) bool {
	if amount == 0 {
		return true
	}
	h, _ := s.Header(a)
	if h.Balance < amount || s.faulted() {
		return false
	}
	h.Balance -= amount
	s.SetHeader(a, h)
	return !s.faulted()
}

// Spawn makes a live account of a: template and blob are set, balance and nonce are kept. Whether a
// may be spawned is the caller's question.
func (s *State) Spawn(a, template address.Address, blob []byte) {
	h, _ := s.Header(a)
	h.Status, h.Template, h.Blob, h.BlobHash = Live, template, "", [32]byte{}
	if len(blob) <= MaxInlineBlob {
		h.Blob = string(blob)
		s.SetHeader(a, h)
		return
	}
	h.BlobHash = sha256.Sum256(blob)
	s.SetHeader(a, h)
	r := s.memo.recordOf(KindBlob, a, nil)
	s.write(&r, r.leaf(blob))
}

// Blob returns the immutable spawn arguments of a, whose header is h. The caller must not change
// them.
func (s *State) Blob(a address.Address, h *Header) ([]byte, bool) {
	switch {
	case h.Status != Live && h.Status != Expired:
		return nil, false
	case !h.BlobApart():
		return []byte(h.Blob), true
	}
	r := s.memo.recordOf(KindBlob, a, nil)
	return s.read(&r)
}

// BlobWarm reports whether the transaction touched the leaf of the blob of a before.
func (s *State) BlobWarm(a address.Address) bool {
	r := s.memo.recordOf(KindBlob, a, nil)
	return s.warm(&r)
}

// faulted reports whether TakeFault would return a fault, and leaves it.
func (s *State) faulted() bool {
	return s.fault != 0 || s.err != nil || s.meter != nil && s.meter.Exhausted()
}
