package host

import (
	"math"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// call serves 0xA2(to, payload, len, out, cap, amount): a failing callee ends this frame, too.
func (f *frame) call(a args) trap.Code {
	out, room := a[3], a[4]
	if out == 0 {
		room = 0
	}
	if !f.m.Writable(out, room) {
		return trap.BadHostArgument
	}
	res, code := f.enter(a[0], a[1], a[2], a[5], 0, false)
	switch {
	case code != trap.None:
		return code
	case res.code != trap.None:
		f.data = res.data
		return res.code
	}
	part := res.data[:min(uint64(room), uint64(len(res.data)))]
	if code := f.chargeCopy(len(part)); code != trap.None {
		return code
	}
	f.store(out, part)
	f.result(uint32(len(part)))
	return trap.None
}

// tryCall serves 0xB8(to, payload, len, amount, gas): t0 is the callee's trap code.
func (f *frame) tryCall(a args) trap.Code {
	return f.caught(f.enter(a[0], a[1], a[2], a[3], a[4], false))
}

// caught ends a call whose failing callee does not end this frame.
func (f *frame) caught(res outcome, code trap.Code) trap.Code {
	switch {
	case code != trap.None:
		return code
	case !res.code.Catchable():
		return res.code
	}
	f.result(uint32(res.code))
	return trap.None
}

// enter checks and charges a call and makes it. A code of its own is this frame's failure; the
// callee's is in the outcome. Pointers to amount and gas may be 0: no amount, all the gas there is.
// The frames that a static frame enters are static, too.
func (f *frame) enter(
	to, payload, n, amount, gas uint32, static bool,
) (outcome, trap.Code) {
	if !f.m.Readable(to, address.Size) || !f.m.Readable(payload, n) ||
		amount != 0 && !f.m.Readable(amount, 8) || gas != 0 && !f.m.Readable(gas, 8) {
		return outcome{}, trap.BadHostArgument
	}
	costs := &f.t.x.schedule.Host
	if code := f.charge(perWord(costs.CallBase, costs.CopyWord, int(n))); code != trap.None {
		return outcome{}, code
	}
	r := request{
		from: party{self: f.self, template: f.template}, static: static || f.modes&modeStatic != 0,
		received: f.u64(amount, 0),
	}
	if r.static && r.received != 0 {
		return outcome{}, trap.StaticViolation
	}
	target := address.Address(f.bytes(to, address.Size))
	r.own = target == f.self
	res, code := f.invoke(target, f.bytes(payload, n), r, f.u64(gas, math.MaxUint64))
	f.returned = res.data
	return res, code
}

// u64 reads an integer whose range was checked, or returns the default for a null pointer.
func (f *frame) u64(addr uint32, absent uint64) uint64 {
	if addr == 0 {
		return absent
	}
	return scale.NewDecoder(f.bytes(addr, 8)).U64()
}

// invoke moves the money and runs the code of a call, and undoes both if it fails.
func (f *frame) invoke(
	to address.Address, payload []byte, r request, gas uint64,
) (res outcome, code trap.Code) {
	t := f.t
	at := t.mark()
	transfer, ok := r.decode(payload)
	if !ok {
		res.code = trap.NotSpawned
	} else {
		res.code = f.transfer(to, r.received)
	}
	var e entry
	if res.code == trap.None && !transfer {
		e, res.code = t.resolve(f.m, to, r)
	}
	if res.code == trap.OutOfGas { // of this frame: the callee has none yet
		return outcome{}, res.code
	}
	if res.code == trap.None && !transfer {
		left := f.m.Gas()
		given := min(gas, left-left/64)
		var back uint64
		res, back = t.run(e, given, f.depth+1)
		f.m.SetGas(left - given + back)
	}
	if res.code != trap.None {
		t.rollback(at)
	}
	return res, trap.None
}

// decode reads a call's payload: SCALE {selector Option<[u8; 4]>, input Vec<u8>}. An empty one, or
// one without both, is a pure transfer.
func (r *request) decode(payload []byte) (transfer, ok bool) {
	if len(payload) == 0 {
		return true, true
	}
	d := scale.NewDecoder(payload)
	if d.Bool() {
		r.selector = new([4]byte)
		d.Fill(r.selector[:])
	}
	r.input = d.Bytes(len(payload))
	if d.Finish() != nil {
		return false, false
	}
	return r.selector == nil && len(r.input) == 0, true
}

// transfer moves amount from the frame's account. To itself it changes nothing, but must be
// covered.
func (f *frame) transfer(to address.Address, amount uint64) trap.Code {
	if amount == 0 {
		return trap.None
	}
	st := f.t.st
	h, code := f.t.header(f.m, f.self)
	switch {
	case code != trap.None:
		return code
	case h.Balance < amount:
		return trap.InsufficientBalance
	case to == f.self:
		return trap.None
	}
	if _, code := f.t.header(f.m, to); code != trap.None {
		return code
	}
	st.Debit(f.self, amount)
	credited := st.Credit(to, amount)
	if code := st.TakeFault(); code != trap.None {
		return code
	}
	if !credited {
		return trap.Overflow
	}
	return trap.None
}
