package state

import (
	"crypto/sha256"

	"github.com/athenarollup/athena/address"
)

// What becomes of accounts that cannot pay their rent: the sweep at the end of a layer marks them
// expired and takes their slots out of the state one by one, each into an accumulator in the header,
// from which anybody can bring them back in the opposite order. See docs/spec/rent.md.

// Expire marks a as expired if it is live and insolvent. What it owes by then it will owe, however
// long it stays expired.
func (s *State) Expire(a address.Address) {
	h, ok := s.Header(a)
	if !ok || h.Status != Live || s.Solvent(&h) {
		return
	}
	h.Arrears, _ = h.rent(s.rentIndex)
	h.Status = Expired
	s.SetHeader(a, h)
}

// Evicted is a slot that left the state, and what it takes to bring it back.
type Evicted struct {
	Account address.Address
	Slot    [32]byte
	PrevAcc [32]byte
	Payload []byte // of the slot's leaf
}

// Evict removes a slot whose account is expired. The account keeps its counts and its deposits.
func (s *State) Evict(a address.Address, slot [32]byte) (e Evicted, ok bool) {
	h, _ := s.Header(a)
	if s.faulted() || h.Status != Expired {
		return Evicted{}, false
	}
	r := recordOf(KindSlot, a, slot[:])
	leaf, ok := s.load(&r)
	if !ok || leaf == nil || !s.write(&r, nil) {
		return Evicted{}, false
	}
	payload, _ := r.payload(leaf)
	e = Evicted{Account: a, Slot: slot, PrevAcc: h.EvictAcc, Payload: payload}
	h.EvictAcc = evictAcc(h.EvictAcc, r.key, leaf)
	h.Evicted++
	s.SetHeader(a, h)
	return e, !s.faulted()
}

// Resurrect undoes the last eviction of an account, which must be that of the slot with the given
// payload, when the accumulator was prevAcc. It reports false, without effect, when it was not, or
// after a fault. When it was the first eviction, and the arrears can be paid, the account is live.
func (s *State) Resurrect(a address.Address, prevAcc, slot [32]byte, payload []byte) bool {
	h, _ := s.Header(a)
	if s.faulted() || h.Status != Expired || h.Evicted == 0 {
		return false
	}
	r := recordOf(KindSlot, a, slot[:])
	leaf := r.leaf(payload)
	if evictAcc(prevAcc, r.key, leaf) != h.EvictAcc || !s.write(&r, leaf) {
		return false
	}
	h.EvictAcc = prevAcc
	h.Evicted--
	s.pay(a, h)
	return !s.faulted()
}

// Lifeline adds an amount to the rent reserve of an account that has a program, live or expired. An
// expired one with nothing left to resurrect is live when its arrears can be paid. It reports false,
// without effect, when the reserve cannot hold the amount, or after a fault.
func (s *State) Lifeline(a address.Address, amount uint64) bool {
	h, _ := s.Header(a)
	sum := h.RentReserve + amount
	if s.faulted() || sum < amount {
		return false
	}
	h.RentReserve = sum
	s.pay(a, h)
	return !s.faulted()
}

// pay writes the header h of a; if it is expired with all its slots in place, and has the money for
// its arrears, it pays them and is live.
func (s *State) pay(a address.Address, h Header) {
	var paid uint64
	if h.Status == Expired && h.Evicted == 0 && h.Arrears <= h.funds() {
		paid = h.pay(h.Arrears)
		h.Status, h.Arrears, h.EvictAcc = Live, 0, [32]byte{}
		h.RentIndex = s.rentIndex
	}
	s.SetHeader(a, h)
	if !s.faulted() {
		s.note(0, paid)
	}
}

// Destroy makes a dead account of a, which must have no slots, and moves all its money to another
// one. Its nonce stays, so that nothing that it signed can run again; an account that never had one
// is forgotten. It reports false when the other cannot hold the money, or after a fault.
func (s *State) Destroy(a, to address.Address) bool {
	h, _ := s.Header(a)
	money := saturatingAdd(h.funds(), h.LockedDeposit)
	if s.faulted() || !s.Credit(to, money) {
		return false
	}
	dead := Header{Nonce: h.Nonce}
	if h.Nonce > 0 {
		dead.Status = Dead
	}
	s.SetHeader(a, dead)
	if h.BlobApart() {
		r := s.memo.recordOf(KindBlob, a, nil)
		s.write(&r, nil)
	}
	return !s.faulted()
}

// evictAcc is the accumulator of an account after one more eviction.
func evictAcc(acc [32]byte, key Key, leaf []byte) [32]byte {
	value := sha256.Sum256(leaf)
	buf := make([]byte, 0, 128)
	buf = append(buf, "athena/evict"...)
	buf = append(buf, acc[:]...)
	buf = append(buf, key[:]...)
	buf = append(buf, value[:]...)
	return sha256.Sum256(buf)
}
