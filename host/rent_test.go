package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// storing is a context in which a byte of storage costs money.
func storing() Context {
	c := testContext
	c.DepositPrice, c.PrepaidRent = 3, 2
	return c
}

func (w *world) header(a address.Address) state.Header {
	h, _ := w.st.Header(a)
	return h
}

// rentCases are the calls of call_rent.go that succeed.
func rentCases() []callCase {
	return []callCase{
		{name: "self_destruct", mem: func(w *world) []byte { return w.o[:] },
			cmd: cmd{CallSelfDestruct, 0}, pointer: [6]uint32{24}, ends: trap.None,
			result: func(t testing.TB, r *Result) { require.Empty(t, r.Return) }},
		{name: "lifeline", mem: func(w *world) []byte { return join(w.o[:], u64(30)) },
			cmd: cmd{CallLifeline, 0, 24}, pointer: [6]uint32{24, 8}, t0: 1, leaves: 30,
			check: func(w *world, _ []byte) {
				require.Equal(w.t, uint64(30), w.header(w.o).RentReserve)
				require.Equal(w.t, uint64(70), w.balance(w.a))
			}},
		{name: "lifeline to oneself", mem: func(w *world) []byte { return join(w.a[:], u64(100)) },
			cmd: cmd{CallLifeline, 0, 24}, pointer: [6]uint32{24, 8}, t0: 1, leaves: 100,
			check: func(w *world, _ []byte) {
				require.Equal(w.t, uint64(100), w.header(w.a).RentReserve)
			}},
		{name: "lifeline to an expired account", mem: func(w *world) []byte { return join(w.o[:], u64(0)) },
			setup: func(w *world) {
				h := w.header(w.o)
				h.Status, h.Evicted, h.Arrears = state.Expired, 1, 5
				w.st.SetHeader(w.o, h)
			},
			cmd: cmd{CallLifeline, 0, 24}, pointer: [6]uint32{24, 8}, t0: 0},
		{name: "resurrect", setup: evict, mem: fixedEviction,
			cmd:     cmd{CallResurrect, 0, 32, 64, 96, slotOverhead + 5},
			pointer: [6]uint32{24, 32, 32, slotOverhead + 5}, t0: 1, leaves: 5,
			check: func(w *world, _ []byte) {
				v, ok := w.st.Slot(w.o, [32]byte(word(1)))
				require.True(w.t, ok)
				require.Equal(w.t, "value", string(v.Data))
				require.Equal(w.t, state.Live, w.header(w.o).Status)
			}},
	}
}

// evict makes o an expired account that owes 5 and whose only slot is evicted.
func evict(w *world) {
	w.st.SetSlot(w.o, [32]byte(word(1)), []byte("value"))
	h := w.header(w.o)
	h.Status, h.Arrears = state.Expired, 5
	w.st.SetHeader(w.o, h)
	w.st.Evict(w.o, [32]byte(word(1)))
}

func fixedEviction(w *world) []byte {
	return join(w.o[:], make([]byte, 8), word(0), word(1), make([]byte, slotOverhead), []byte("value"))
}

// TestRentCalls: what lifeline and resurrect refuse.
func TestRentCalls(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	for _, tc := range []struct {
		name  string
		setup func(w *world)
		mem   func(w *world) []byte
		call  cmd
		want  trap.Code
	}{
		{"lifeline of more than there is", nil,
			func(w *world) []byte { return join(w.o[:], u64(101)) },
			cmd{CallLifeline, m, m + 24}, trap.InsufficientBalance},
		{"lifeline to nobody", nil, fixed(make([]byte, 32)),
			cmd{CallLifeline, m, m + 24}, trap.NotSpawned},
		{"lifeline beyond 2^64-1", func(w *world) {
			h := w.header(w.o)
			h.RentReserve = 1<<64 - 1
			w.st.SetHeader(w.o, h)
		}, func(w *world) []byte { return join(w.o[:], u64(1)) },
			cmd{CallLifeline, m, m + 24}, trap.Overflow},
		{"resurrection of a live account", nil, fixedEviction,
			cmd{CallResurrect, m, m + 32, m + 64, m + 96, slotOverhead + 5}, trap.BadHostArgument},
		{"of another slot", evict, fixedEviction,
			cmd{CallResurrect, m, m + 32, m + 32, m + 96, slotOverhead + 5}, trap.BadHostArgument},
		{"of another accumulator", evict, fixedEviction,
			cmd{CallResurrect, m, m + 64, m + 64, m + 96, slotOverhead + 5}, trap.BadHostArgument},
		{"of a shorter value", evict, fixedEviction,
			cmd{CallResurrect, m, m + 32, m + 64, m + 96, slotOverhead + 4}, trap.BadHostArgument},
		{"of a value above the limit", evict, fixedEviction,
			cmd{CallResurrect, m, m + 32, m + 64, m + 96, 4096 + slotOverhead + 1},
			trap.BadHostArgument},
		{"of nobody", evict, fixedEviction,
			cmd{CallResurrect, m + 32, m + 32, m + 64, m + 96, slotOverhead + 5},
			trap.BadHostArgument},
		{"self_destruct with a slot", slot(1, nil), func(w *world) []byte { return w.o[:] },
			cmd{CallSelfDestruct, m}, trap.StaticViolation},
		{"self_destruct to oneself", nil, func(w *world) []byte { return w.a[:] },
			cmd{CallSelfDestruct, m}, trap.BadHostArgument},
		{"self_destruct to one that is full", func(w *world) { w.st.Credit(w.o, 1<<64-1-300) },
			func(w *world) []byte { return w.o[:] }, cmd{CallSelfDestruct, m}, trap.Overflow},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tc.setup != nil {
				tc.setup(w)
			}
			before := w.digest()
			require.Equal(t, tc.want, w.run(tc.mem(w), tc.call).Trap)
			w.st.BeginTx(nil)
			require.Equal(t, before, w.digest())
		})
	}
}

// TestSelfDestruct [39]: an account ends once, with its frame, and cannot be entered or made again
// in the same transaction; in the next it can be made.
func TestSelfDestruct(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	end := func(to address.Address) []byte {
		return payload("go", input(to[:], cmd{CallSelfDestruct, m}))
	}
	w := newWorld(t)
	// a calls o, which ends; then o cannot be called, and money for it makes a stub.
	p, poke := end(w.b), payload("go", input(nil))
	mem := join(w.o[:], u64(7), p, poke)
	_, t0 := w.good(mem,
		cmd{CallTryCall, m, m + 32, uint32(len(p))},
		cmd{CallTryCall, m, m + 32 + uint32(len(p)), uint32(len(poke))},
		cmd{CallTryCall, m, m, 0, m + 24})
	require.Equal(t, []uint32{0, uint32(trap.NotSpawned), 0}, t0)
	require.Equal(t, uint64(500), w.balance(w.b))
	require.Equal(t, state.Header{Balance: 7}, w.header(w.o))
	require.Equal(t, uint64(600), w.money())

	// An account with a frame below cannot end: a calls o, which calls a, which would end.
	w = newWorld(t)
	inner := payload("secret", input(w.b[:], cmd{CallSelfDestruct, m}))
	in := join(w.a[:], inner)
	p = payload("go", input(in, cmd{CallCall, m, m + 24, uint32(len(inner))}))
	w.open_ = w.guarded
	res := w.run(join(w.o[:], p), cmd{CallCall, m, m + 24, uint32(len(p))})
	require.Equal(t, trap.NotPrincipal, res.Trap, "secret is the principal's own")
	inner = payload("go", input(w.b[:], cmd{CallSelfDestruct, m}))
	res = w.run(join(w.a[:], inner), cmd{CallCall, m, m + 24, uint32(len(inner))})
	require.Equal(t, trap.StaticViolation, res.Trap)

	// What ended in a transaction is not made again in it, also if the end was undone: a's template
	// makes account c, which ends, and would make c again.
	w = newWorld(t)
	c := address.OfSpawn(w.guarded, nil)
	p = payload("go", input(w.b[:], cmd{CallSelfDestruct, m}))
	mem = join(c[:], p)
	at := m + 24
	r := w.run(mem, cmd{CallSpawn, m, 0, m + 4096}, cmd{CallCall, m, at, uint32(len(p))},
		cmd{CallSpawn, m, 0, m + 4096})
	require.Equal(t, trap.BadHostArgument, r.Trap)
	require.Equal(t, trap.None, w.run(mem, cmd{CallSpawn, m, 0, m + 4096},
		cmd{CallCall, m, at, uint32(len(p))}).Trap)
	require.Zero(t, w.header(c))
	require.Equal(t, trap.None, w.run(nil, cmd{CallSpawn, m, 0, m + 4096}).Trap)
}

// TestInsolventAccounts: an account that cannot pay is not entered, by whatever way.
func TestInsolventAccounts(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	w := newWorld(t)
	w.st.SetSlot(w.o, [32]byte{1}, nil)
	owed := w.header(w.o).StoredBytes
	poke := payload("go", input(nil))
	mem := join(w.o[:], u64(100), poke)
	visits := []cmd{
		{CallTryCall, m, m + 32, uint32(len(poke))},
		{CallStaticCall, m, m + 32, uint32(len(poke)), 0},
	}
	w.st.SetRentIndex(1 << 20)
	require.Less(t, owed, uint64(300))
	_, t0 := w.good(mem, visits...)
	require.Equal(t, []uint32{0, 0}, t0)
	require.Equal(t, 300-owed, w.balance(w.o), "the frame that was not static settled")
	require.Equal(t, state.Ledger{Rent: owed}, w.st.Ledger())

	w.st.SetRentIndex(8 << 20)
	_, t0 = w.good(mem, visits...)
	expired := uint32(trap.AccountExpired)
	require.Equal(t, []uint32{expired, expired}, t0)
	require.Equal(t, trap.AccountExpired, w.x.View(w.st, testContext, w.o, Selector("go"),
		input(nil), 1_000_000).Trap)
	require.Equal(t, trap.AccountExpired, w.run(mem, cmd{CallAccountInfo, m, m + 4096}).Trap)
	require.Equal(t, trap.AccountExpired, w.begin().Call(w.o, Selector("go"), input(nil)).Trap)
	require.Equal(t, 300-owed, w.balance(w.o))

	// Money that comes with the call is there when it is judged.
	h := w.header(w.o)
	w.st.SetHeader(w.o, state.Header{
		Status: h.Status, Template: h.Template, Balance: 7*owed - 100, Slots: h.Slots,
		StoredBytes: h.StoredBytes, RentIndex: 1 << 20, Blob: h.Blob,
	})
	_, t0 = w.good(mem, visits[0], cmd{CallTryCall, m, m + 32, uint32(len(poke)), m + 24})
	require.Equal(t, []uint32{expired, 0}, t0)
	require.Zero(t, w.balance(w.o))
}

// TestStoragePaidBySomebody: the fee payer of a transaction pays for what its frames store, whoever's
// storage it is; undone calls are not charged; refunds go to who paid.
func TestStoragePaidBySomebody(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	w := newWorld(t)
	s := w.x.Begin(w.st, storing(), w.a, plenty)
	s.PaidBy(w.b)
	store := func(n uint32) []byte { return payload("go", input(nil, cmd{CallStorageStore, m, m, n})) }
	p := store(10)
	res := s.Call(w.a, Selector("go"), input(join(w.o[:], p),
		cmd{CallTryCall, m, m + 24, uint32(len(p))}))
	require.Equal(t, trap.None, res.Trap)
	h := w.header(w.o)
	bytes := h.StoredBytes
	require.Equal(t, 3*bytes, h.LockedDeposit)
	require.Equal(t, 2*bytes, h.RentReserve)
	require.Equal(t, state.Ledger{Storage: 5 * bytes}, w.st.Ledger())
	v, _ := w.st.Slot(w.o, [32]byte{})
	require.Equal(t, w.b, v.Payer)

	fails := payload("go", input(nil, cmd{CallStorageStore, m, m, 99}, cmd{CallRevert, m, 0}))
	res = s.Call(w.a, Selector("go"), input(join(w.o[:], fails),
		cmd{CallTryCall, m, m + 24, uint32(len(fails))}))
	require.Equal(t, trap.None, res.Trap)
	require.Equal(t, state.Ledger{Storage: 5 * bytes}, w.st.Ledger())

	drop := payload("go", input(nil, cmd{CallStorageDelete, m}))
	s = w.x.Begin(w.st, storing(), w.a, plenty)
	res = s.Call(w.a, Selector("go"), input(join(w.o[:], drop),
		cmd{CallCall, m, m + 24, uint32(len(drop))}))
	require.Equal(t, trap.None, res.Trap)
	require.Equal(t, 200+3*bytes, w.balance(w.b))
	require.Equal(t, 2*bytes, w.header(w.o).RentReserve)
	require.Zero(t, w.st.Ledger())
}

// TestNoBudgetIsCaught [38]: whichever count of the transaction runs out in a callee, try_call does
// not go on, and nothing of the transaction stays.
func TestNoBudgetIsCaught(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	attempt := func(units metering.Units, limits Limits) (trap.Code, *Session, *world) {
		w := newWorldWith(t, limits)
		w.st.SetSlot(w.o, [32]byte{1}, make([]byte, 3000))
		p := payload("go", input(append([]byte{1}, make([]byte, 31)...), cmd{CallStorageHas, m},
			cmd{CallStorageStore, m + 100, m, 500}))
		s := w.x.Begin(w.st, testContext, w.a, units)
		res := s.Call(w.a, Selector("go"), input(join(w.o[:], p),
			cmd{CallTryCall, m, m + 24, uint32(len(p))}))
		if res.Trap == trap.None {
			_, t0 := output(t, res.Return)
			require.Equal(t, []uint32{0}, t0)
		}
		return res.Trap, s, w
	}
	code, s, _ := attempt(plenty, testLimits())
	require.Equal(t, trap.None, code)
	used := s.Used()
	for name, change := range map[string]func(u *metering.Units, l *Limits){
		"enough":      func(*metering.Units, *Limits) {},
		"read":        func(u *metering.Units, _ *Limits) { u[metering.Read]-- },
		"write":       func(u *metering.Units, _ *Limits) { u[metering.Write]-- },
		"alloc":       func(u *metering.Units, _ *Limits) { u[metering.Alloc]-- },
		"keys":        func(_ *metering.Units, l *Limits) { l.TxKeys = 9 },
		"value bytes": func(_ *metering.Units, l *Limits) { l.TxValueBytes = 3000 },
		"code bytes":  func(_ *metering.Units, l *Limits) { l.TxCodeBytes = uint32(len(script.elf)) },
	} { //lint:unordered independent cases
		units, limits := used, testLimits()
		units[metering.Compute] = plenty[metering.Compute]
		change(&units, &limits)
		code, s, w := attempt(units, limits)
		if name == "enough" {
			require.Equal(t, trap.None, code)
			continue
		}
		require.Equal(t, trap.OutOfWitness, code, name)
		require.True(t, s.Exhausted(), name)
		w.st.BeginTx(nil)
		require.Equal(t, uint32(1), w.header(w.o).Slots, name)
		require.Equal(t, uint64(600), w.money(), name)
	}
}
