package state

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// leafBytes is what a slot's leaf has beside its data.
const leafBytes = 1 + 24 + 1 + 32 + 24 + 8

func header(s *State, a address.Address) Header {
	h, _ := s.Header(a)
	return h
}

// TestDeposits: who pays for a slot, and who gets what back. Every amount that left the ledger or a
// balance is in a header, and the other way round.
func TestDeposits(t *testing.T) {
	t.Parallel()
	a, p, q, k := addr(1), addr(2), addr(3), [32]byte{1}
	s := New(newBackend())
	s.SetHeader(a, Header{Status: Live})
	step := func(payer address.Address, price uint64, do func()) Ledger {
		s.BeginTx(nil)
		s.SetTerms(Terms{Payer: payer, Deposit: price, Prepaid: 2})
		do()
		require.Equal(t, trap.None, s.TakeFault())
		return s.Ledger()
	}
	set := func(n int) func() { return func() { s.SetSlot(a, k, make([]byte, n)) } }
	slot := func() SlotValue {
		v, _ := s.Slot(a, k)
		v.Data = nil
		return v
	}
	const n = leafBytes
	require.Equal(t, Ledger{Storage: (n + 10) * 5}, step(p, 3, set(10)))
	require.Equal(t, SlotValue{Payer: p, Deposit: (n + 10) * 3}, slot())
	require.Equal(t, uint64((n+10)*3), header(s, a).LockedDeposit)
	require.Equal(t, uint64((n+10)*2), header(s, a).RentReserve)

	// Growth by the same payer, at another price, adds up.
	require.Equal(t, Ledger{Storage: 10 * 9}, step(p, 7, set(20)))
	require.Equal(t, SlotValue{Payer: p, Deposit: (n+10)*3 + 70}, slot())
	// A change that does not grow costs nothing, whoever makes it.
	require.Zero(t, step(q, 7, set(20)))
	// Shrinking gives the share of the bytes back, at no price of today, rounded down.
	locked := uint64((n+10)*3 + 70)
	back := locked * 15 / (n + 20)
	require.Zero(t, step(q, 1000, set(5)))
	require.Equal(t, back, header(s, p).Balance)
	require.Equal(t, SlotValue{Payer: p, Deposit: locked - back}, slot())
	// Growth by another payer gives all of the rest back; he pays for all bytes, and rent for the
	// new ones.
	require.Equal(t, Ledger{Storage: (n+6)*4 + 2}, step(q, 4, set(6)))
	require.Equal(t, locked, header(s, p).Balance)
	require.Equal(t, SlotValue{Payer: q, Deposit: (n + 6) * 4}, slot())
	// Deletion gives exactly what was recorded to whom it was recorded.
	require.Zero(t, step(p, 9, func() { s.DeleteSlot(a, k) }))
	require.Equal(t, uint64((n+6)*4), header(s, q).Balance)
	require.Zero(t, header(s, a).LockedDeposit)
	require.Equal(t, uint64((n+10)*2+10*2+2), header(s, a).RentReserve, "prepaid rent stays")
}

// TestDepositOfOneself: an account that pays for its own slots gets its deposit back.
func TestDepositOfOneself(t *testing.T) {
	t.Parallel()
	a := addr(1)
	s := New(newBackend())
	s.SetHeader(a, Header{Status: Live, Balance: 5})
	s.SetTerms(Terms{Payer: a, Deposit: 1})
	s.SetSlot(a, [32]byte{1}, nil)
	require.Equal(t, uint64(leafBytes), header(s, a).LockedDeposit)
	s.DeleteSlot(a, [32]byte{1})
	require.Equal(t, Header{Status: Live, Balance: 5 + leafBytes}, header(s, a))
}

// TestDepositThatCannotGoBack: a payer that holds 2^64-1 does not keep others from deleting; the
// money stays locked.
func TestDepositThatCannotGoBack(t *testing.T) {
	t.Parallel()
	a, p := addr(1), addr(2)
	s := New(newBackend())
	s.SetTerms(Terms{Payer: p, Deposit: 1})
	s.SetSlot(a, [32]byte{1}, make([]byte, 10))
	s.SetHeader(p, Header{Balance: math.MaxUint64})
	s.SetSlot(a, [32]byte{1}, make([]byte, 4))
	v, _ := s.Slot(a, [32]byte{1})
	require.Equal(t, uint64(leafBytes+10), v.Deposit)
	s.DeleteSlot(a, [32]byte{1})
	require.Equal(t, Header{LockedDeposit: leafBytes + 10}, header(s, a))
	require.Equal(t, trap.None, s.TakeFault())
}

// TestAllocationBoundsStorage: whatever is done to slots, a transaction owes no more for storage than
// its allocation units times the price of a byte: what maxFee was checked against.
func TestAllocationBoundsStorage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := New(newBackend())
		for range rapid.IntRange(1, 4).Draw(t, "transactions") {
			plenty := metering.Units{math.MaxUint64, math.MaxUint64, 1 << 40, 1 << 40, 1 << 40}
			m := metering.NewMeter(metering.V1(), plenty, 1<<20, 1<<30, 1<<30)
			s.BeginTx(m)
			terms := Terms{
				Payer:   addr(rapid.ByteRange(10, 12).Draw(t, "payer")),
				Deposit: rapid.Uint64Range(0, 9).Draw(t, "deposit"),
				Prepaid: rapid.Uint64Range(0, 9).Draw(t, "prepaid"),
			}
			s.SetTerms(terms)
			before := money(s)
			for range rapid.IntRange(1, 8).Draw(t, "writes") {
				key := [32]byte{rapid.ByteRange(0, 2).Draw(t, "key")}
				if n := rapid.IntRange(-1, 40).Draw(t, "length"); n < 0 {
					s.DeleteSlot(addr(1), key)
				} else {
					s.SetSlot(addr(1), key, make([]byte, n))
				}
			}
			l := s.Ledger()
			require.Zero(t, l.Rent)
			require.LessOrEqual(t, l.Storage, m.Used()[metering.Alloc]*(terms.Deposit+terms.Prepaid))
			require.Equal(t, before+l.Storage, money(s))
			locked := uint64(0)
			for key := range byte(3) {
				v, _ := s.Slot(addr(1), [32]byte{key})
				locked += v.Deposit
			}
			require.Equal(t, locked, header(s, addr(1)).LockedDeposit)
		}
	})
}

func money(s *State) (sum uint64) {
	for _, n := range []byte{1, 10, 11, 12} {
		h := header(s, addr(n))
		sum += h.Balance + h.LockedDeposit + h.RentReserve
	}
	return sum
}

func TestRentOwed(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, tc := range []struct{ bytes, index, now, due, rest uint64 }{
		{0, 0, math.MaxUint64, 0, 0},
		{1, 0, 0, 0, 0},
		{1, 0, mib - 1, 0, mib - 1},
		{1, 0, mib, 1, 0},
		{1000, 5, 5 + 3*mib, 3000, 0},
		{1000, 5, 5 + 1049, 1, 424},
		{1000, 6, 5, 0, 0},
		{math.MaxUint64, 0, mib, math.MaxUint64, 0},
		{math.MaxUint64, 0, mib + 1, math.MaxUint64, 0},
		{math.MaxUint64, 0, math.MaxUint64, math.MaxUint64, 0},
	} {
		h := Header{StoredBytes: tc.bytes, RentIndex: tc.index}
		due, rest := h.rent(tc.now)
		require.Equal(t, [2]uint64{tc.due, tc.rest}, [2]uint64{due, rest}, "%+v", tc)
	}
}

// TestSettlingOftenCostsTheSame: an account that is used in every layer pays what one pays that is
// not, to within a unit; nobody profits by being touched, and nobody is drained by it.
func TestSettlingOftenCostsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Uint64Range(1, 1<<22).Draw(t, "bytes")
		h := Header{StoredBytes: bytes, RentReserve: 1 << 40, Balance: 1 << 40}
		idle, now, paid, steps := h, uint64(0), uint64(0), rapid.IntRange(1, 200).Draw(t, "steps")
		for range steps {
			now += rapid.Uint64Range(0, 5000).Draw(t, "rent")
			paid += h.settle(now, false)
		}
		due := idle.settle(now, false)
		require.LessOrEqual(t, paid, due)
		// Each settlement forgets less than StoredBytes parts of 2^20 of a unit.
		require.LessOrEqual(t, due-paid, 1+uint64(steps)*bytes>>20)
		require.Equal(t, uint64(1<<41)-paid, h.funds())
	})
}

// TestSettle: rent comes out of the reserve, then out of the balance, and reverting puts it back.
func TestSettle(t *testing.T) {
	t.Parallel()
	a := addr(1)
	s := New(newBackend())
	h := Header{Status: Live, StoredBytes: 1 << 20, Slots: 1, RentReserve: 10, Balance: 5}
	s.SetHeader(a, h)
	for _, tc := range []struct{ now, reserve, balance uint64 }{{8, 2, 5}, {12, 0, 3}, {15, 0, 0}} {
		at, before := s.Snapshot(), header(s, a)
		s.SetRentIndex(tc.now)
		require.True(t, s.Solvent(&before))
		s.Settle(a, before)
		want := before
		want.RentIndex, want.RentReserve, want.Balance = tc.now, tc.reserve, tc.balance
		require.Equal(t, want, header(s, a))
		require.Equal(t, Ledger{Rent: tc.now}, s.Ledger())
		s.Revert(at)
		require.Equal(t, before, header(s, a))
		require.Equal(t, Ledger{Rent: before.RentIndex}, s.Ledger())
		s.Settle(a, before)
	}
	s.SetRentIndex(16)
	h = header(s, a)
	require.False(t, s.Solvent(&h))
	require.Zero(t, s.Spendable(&h))
	s.BeginTx(nil)
	require.Zero(t, s.Ledger())
	none := Header{Status: Live, Balance: 3}
	require.True(t, s.Solvent(&none))
	require.Equal(t, uint64(3), s.Spendable(&none))
	part := Header{StoredBytes: 1 << 20, RentReserve: 10, Balance: 7}
	require.Equal(t, uint64(1), s.Spendable(&part), "16 are owed, 10 of them are in the reserve")
}

// TestExpiry: the life of an account that runs out of money, attacked in between.
func TestExpiry(t *testing.T) {
	t.Parallel()
	a := addr(1)
	s := New(newBackend())
	s.SetHeader(a, Header{Status: Live, Nonce: 7, Balance: 30})
	for k := range byte(3) {
		s.SetSlot(a, [32]byte{k}, []byte{k})
	}
	before := header(s, a)
	s.Expire(a)
	require.Equal(t, Live, header(s, a).Status, "it is solvent")
	_, ok := s.Evict(a, [32]byte{0})
	require.False(t, ok, "it is live")
	s.SetRentIndex(1 << 20)
	s.Expire(a)
	want := before
	want.Status, want.Arrears = Expired, 3*(leafBytes+1)
	require.Equal(t, want, header(s, a))
	s.SetRentIndex(1 << 30)
	s.Expire(a)
	require.Equal(t, want, header(s, a), "what it owes does not grow any more")

	var evicted []Evicted
	for _, k := range []byte{1, 0, 2} {
		e, ok := s.Evict(a, [32]byte{k})
		require.True(t, ok)
		evicted = append(evicted, e)
		_, ok = s.Evict(a, [32]byte{k})
		require.False(t, ok, "it is gone")
	}
	h := header(s, a)
	require.Equal(t, uint32(3), h.Evicted)
	require.Equal(t, want.Slots, h.Slots)
	require.Equal(t, want.StoredBytes, h.StoredBytes)
	require.True(t, s.Credit(a, 1))
	require.Equal(t, Expired, header(s, a).Status, "a credit is no resurrection")

	back := func(e Evicted) bool { return s.Resurrect(a, e.PrevAcc, e.Slot, e.Payload) }
	last := evicted[2]
	require.False(t, back(evicted[0]), "not the last")
	require.False(t, back(evicted[1]), "not the last")
	for _, forge := range []func(e *Evicted){
		func(e *Evicted) { e.PrevAcc[0] ^= 1 },
		func(e *Evicted) { e.PrevAcc = evicted[0].PrevAcc },
		func(e *Evicted) { e.Slot[0] ^= 1 },
		func(e *Evicted) { e.Payload = append(bytes.Clone(e.Payload), 0) },
		func(e *Evicted) { e.Payload = slices.Concat(e.Payload[:1], []byte{9}, e.Payload[2:]) },
	} {
		e := last
		forge(&e)
		require.False(t, back(e))
	}
	require.True(t, s.Lifeline(a, 100))
	require.Equal(t, Expired, header(s, a).Status, "slots are missing")
	for _, e := range slices.Backward(evicted) {
		require.True(t, back(e))
		require.False(t, back(e), "twice")
	}
	h = header(s, a)
	require.Equal(t, Expired, h.Status, "%d of %d", h.funds(), h.Arrears)
	require.Equal(t, evicted[0].PrevAcc, h.EvictAcc)
	require.Zero(t, h.EvictAcc)
	require.True(t, s.Lifeline(a, h.Arrears-h.funds()-1))
	require.Equal(t, Expired, header(s, a).Status)
	require.True(t, s.Lifeline(a, 1))
	want = before
	want.Balance, want.RentIndex = 0, 1<<30
	require.Equal(t, want, header(s, a))
	require.Equal(t, Ledger{Rent: 3 * (leafBytes + 1)}, s.Ledger())
	for k := range byte(3) {
		v, ok := s.Slot(a, [32]byte{k})
		require.True(t, ok)
		require.Equal(t, []byte{k}, v.Data)
	}
	require.False(t, s.Lifeline(a, math.MaxUint64) && s.Lifeline(a, 1), "overflow")
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	s := New(newBackend())
	s.Spawn(addr(1), addr(9), make([]byte, MaxInlineBlob+1))
	h := header(s, addr(1))
	h.Nonce, h.Balance, h.RentReserve, h.LockedDeposit = 7, 1, 2, 4
	s.SetHeader(addr(1), h)
	s.SetHeader(addr(3), Header{Balance: math.MaxUint64})
	require.False(t, s.Destroy(addr(1), addr(3)))
	require.Equal(t, h, header(s, addr(1)))
	require.True(t, s.Destroy(addr(1), addr(2)))
	require.Equal(t, Header{Status: Dead, Nonce: 7}, header(s, addr(1)))
	require.Equal(t, uint64(7), header(s, addr(2)).Balance)
	_, ok := s.Blob(addr(1), &h)
	require.False(t, ok)
	// Without a nonce nothing has to be remembered.
	s.Spawn(addr(4), addr(9), nil)
	require.True(t, s.Destroy(addr(4), addr(2)))
	_, ok = s.Header(addr(4))
	require.False(t, ok)
}

// walker is a backend whose keys are in order.
type walker struct{ *mapBackend }

func (w walker) Next(k Key) (Key, []byte, bool, error) {
	var best *Key
	for key := range w.values { //lint:unordered the first is looked for
		if best == nil || k.before(key, *best) {
			best = &key
		}
	}
	if best == nil {
		return Key{}, nil, false, w.err
	}
	return *best, w.values[*best], true, w.err
}

// TestNext [47]: a walk sees what was written since New, and comes round.
func TestNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := walker{newBackend()}
		want := map[Key]string{}
		s := New(w)
		for i := range rapid.IntRange(0, 8).Draw(t, "stored") {
			s.SetSystem(string('a'+rune(i)), []byte{byte(i)})
		}
		w.apply(s.Changes())
		s = New(w)
		for range rapid.IntRange(0, 8).Draw(t, "writes") {
			name := string('a' + rune(rapid.IntRange(0, 10).Draw(t, "name")))
			if rapid.Bool().Draw(t, "delete") {
				s.DeleteSystem(name)
			} else {
				s.SetSystem(name, []byte("new"))
			}
		}
		for i := range 11 {
			name := string('a' + rune(i))
			r := recordOf(KindSystem, address.Zero, []byte(name))
			if v, ok := s.System(name); ok {
				want[r.key] = string(r.leaf(v))
			}
		}
		var start Key
		if rapid.Bool().Draw(t, "from a key") && len(want) > 0 {
			start, _, _ = s.Next(Key{})
		}
		got := map[Key]string{}
		for at := start; len(got) < len(want); {
			key, leaf, ok := s.Next(at)
			require.True(t, ok)
			require.NotContains(t, got, key)
			got[key], at = string(leaf), key
		}
		require.Equal(t, want, got)
		_, _, ok := s.Next(start)
		require.Equal(t, len(want) > 0, ok)
	})
}
