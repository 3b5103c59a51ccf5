package host

import (
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/trap"
)

// slotOverhead is what a slot's payload has beside its data: payer and deposit.
const slotOverhead = address.Size + 8

// selfDestruct serves 0xBF(to): the frame's account ends, its money goes to another one, and the
// frame ends with success. An account that has slots, or a frame below this one, cannot end.
func (f *frame) selfDestruct(a args) trap.Code {
	if !f.m.Readable(a[0], address.Size) {
		return trap.BadHostArgument
	}
	t, to := f.t, address.Address(f.bytes(a[0], address.Size))
	if to == f.self {
		return trap.BadHostArgument
	}
	h, code := t.header(f.m, f.self)
	if code != trap.None {
		return code
	}
	if _, code := t.header(f.m, to); code != trap.None {
		return code
	}
	if h.BlobApart() {
		if code := t.chargeKey(f.m, t.st.BlobWarm(f.self)); code != trap.None {
			return code
		}
	}
	if h.Slots > 0 || slices.Contains(t.live[:len(t.live)-1], f.self) {
		return trap.StaticViolation
	}
	destroyed := t.st.Destroy(f.self, to)
	if code := t.st.TakeFault(); code != trap.None {
		return code
	}
	if !destroyed {
		return trap.Overflow
	}
	if t.doomed == nil {
		t.doomed = make(map[address.Address]bool)
	}
	t.doomed[f.self] = true
	f.halted = true
	return trap.None
}

// lifeline serves 0xC0(account, amount): the amount moves from the frame's account to the rent
// reserve of any that has a program. t0 is 1 if that one can be used then, else 0.
func (f *frame) lifeline(a args) trap.Code {
	if !f.m.Readable(a[0], address.Size) || !f.m.Readable(a[1], 8) {
		return trap.BadHostArgument
	}
	t, to, amount := f.t, address.Address(f.bytes(a[0], address.Size)), f.u64(a[1], 0)
	h, code := t.header(f.m, f.self)
	switch {
	case code != trap.None:
		return code
	case h.Balance < amount:
		return trap.InsufficientBalance
	}
	h, code = t.header(f.m, to)
	switch {
	case code != trap.None:
		return code
	case h.Status != state.Live && h.Status != state.Expired:
		return trap.NotSpawned
	}
	t.st.Debit(f.self, amount)
	paid := t.st.Lifeline(to, amount)
	if code := t.st.TakeFault(); code != trap.None {
		return code
	}
	if !paid {
		return trap.Overflow
	}
	f.usable(to)
	return trap.None
}

// resurrect serves 0xC1(account, prevAcc, key, value, len): the slot that was evicted last from an
// expired account is there again. value is payer, deposit and data of the slot. t0 is 1 if the
// account can be used then, else 0.
func (f *frame) resurrect(a args) trap.Code {
	if !f.m.Readable(a[0], address.Size) || !f.m.Readable(a[1], wordBytes) ||
		!f.m.Readable(a[2], wordBytes) || !f.m.Readable(a[3], a[4]) ||
		uint64(a[4]) > uint64(f.t.x.limits.SlotValueBytes)+slotOverhead {
		return trap.BadHostArgument
	}
	t, costs := f.t, &f.t.x.schedule.Host
	cost := perWord(2*costs.HashBase, costs.HashWord+costs.SlotWord, int(a[4]))
	if code := f.charge(cost); code != trap.None {
		return code
	}
	account, key := address.Address(f.bytes(a[0], address.Size)), f.word(a[2])
	if _, code := t.header(f.m, account); code != trap.None {
		return code
	}
	if code := t.chargeKey(f.m, t.st.SlotWarm(account, key)); code != trap.None {
		return code
	}
	done := t.st.Resurrect(account, f.word(a[1]), key, f.bytes(a[3], a[4]))
	if code := t.st.TakeFault(); code != trap.None {
		return code
	}
	if !done {
		return trap.BadHostArgument
	}
	f.usable(account)
	return trap.None
}

// usable sets t0 to 1 if an account that was just written is in good standing, else to 0.
func (f *frame) usable(a address.Address) {
	h, _ := f.t.st.Header(a)
	if f.t.inGoodStanding(&h) == trap.None {
		f.result(1)
	} else {
		f.result(0)
	}
}
