package state

import (
	"math"
	"math/bits"

	"github.com/athenarollup/athena/address"
)

// rentShift is the binary logarithm of the number of bytes that a unit of the rent index is for.
const rentShift = 20

// Terms are what a transaction pays for the bytes of slots that it stores, beside units. See
// docs/spec/rent.md.
type Terms struct {
	Payer   address.Address // pays, and gets deposits back
	Deposit uint64          // of a byte
	Prepaid uint64          // rent of a byte, paid ahead
}

// Ledger is the money of the current transaction that is neither in a header nor outside of one:
// whoever settles the transaction moves it.
type Ledger struct {
	Storage uint64 // deposits and prepaid rent, in headers already, owed by Terms.Payer
	Rent    uint64 // taken from headers already, owed to the layer's fee pool
}

// noted is the ledger before a change, for Revert.
type noted struct {
	at     int // length of the journal after the write that the change belongs to
	before Ledger
}

// SetTerms sets what storage costs until the next BeginTx, which makes it free.
func (s *State) SetTerms(t Terms) { s.terms = t }

// SetRentIndex sets the rent index of the layer, by which accounts owe rent.
func (s *State) SetRentIndex(index uint64) { s.rentIndex = index }

// Ledger returns what the current transaction moved and did not revert.
func (s *State) Ledger() Ledger { return s.ledger }

// note changes the ledger. The write that it belongs to was made before, so that reverting one
// reverts the other.
func (s *State) note(storage, rent uint64) {
	if storage|rent == 0 {
		return
	}
	s.notes = append(s.notes, noted{len(s.journal), s.ledger})
	s.ledger.Storage = saturatingAdd(s.ledger.Storage, storage)
	s.ledger.Rent = saturatingAdd(s.ledger.Rent, rent)
}

// unnote undoes what was noted after the journal had the given length.
func (s *State) unnote(length int) {
	for n := len(s.notes); n > 0 && s.notes[n-1].at > length; n-- {
		s.ledger = s.notes[n-1].before
		s.notes = s.notes[:n-1]
	}
}

// Solvent reports whether what h owes is covered. Only an account that has slots owes.
func (s *State) Solvent(h *Header) bool {
	if h.StoredBytes == 0 {
		return true
	}
	due, _ := h.rent(s.rentIndex)
	return due <= h.funds()
}

// Spendable returns the part of the balance of h that is not owed as rent.
func (s *State) Spendable(h *Header) uint64 {
	if h.StoredBytes == 0 {
		return h.Balance
	}
	due, _ := h.rent(s.rentIndex)
	return h.Balance - min(h.Balance, due-min(due, h.RentReserve))
}

// Settle takes the rent that a solvent account a owes; h is its header. An account that has slots
// is written even when nothing is due, so that a transaction uses the same units whatever else the
// layer holds.
func (s *State) Settle(a address.Address, h Header) {
	if h.StoredBytes == 0 {
		return
	}
	paid := h.settle(s.rentIndex, false)
	s.SetHeader(a, h)
	if !s.faulted() {
		s.note(0, paid)
	}
}

// rent returns what h owes at an index, in whole units of money, and the rest of it in parts of
// 2^20. An index in the past owes nothing: no history leads there.
func (h *Header) rent(index uint64) (due, rest uint64) {
	hi, lo := bits.Mul64(h.StoredBytes, index-min(index, h.RentIndex))
	if hi>>rentShift != 0 {
		return math.MaxUint64, 0
	}
	return hi<<(64-rentShift) | lo>>rentShift, lo & (1<<rentShift - 1)
}

// settle takes what h owes and moves its index. With whole, before the number of bytes changes, the
// rest is rounded up and the index is the new one; else the index stays behind by what the rest is
// worth, so that an account that is used often does not lose by rounding.
func (h *Header) settle(index uint64, whole bool) (paid uint64) {
	due, rest := h.rent(index)
	switch {
	case rest == 0:
		h.RentIndex = index
	case whole:
		h.RentIndex = index
		due = min(due+1, h.funds())
	default:
		h.RentIndex = index - rest/h.StoredBytes
	}
	return h.pay(due)
}

// funds is what rent can be taken from.
func (h *Header) funds() uint64 { return saturatingAdd(h.RentReserve, h.Balance) }

// pay takes an amount from the reserve, then from the balance, and returns what was there.
func (h *Header) pay(amount uint64) (paid uint64) {
	reserve := min(amount, h.RentReserve)
	h.RentReserve -= reserve
	balance := min(amount-reserve, h.Balance)
	h.Balance -= balance
	return reserve + balance
}

func saturatingAdd(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return sum
}

func saturatingMul(a uint64, n int) uint64 {
	hi, lo := bits.Mul64(a, uint64(n))
	if hi != 0 {
		return math.MaxUint64
	}
	return lo
}
