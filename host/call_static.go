package host

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// staticCall serves 0xB9(to, payload, len, gas): a call whose frame, and all that it calls, may only
// read. t0 is the callee's trap code.
func (f *frame) staticCall(a args) trap.Code {
	return f.caught(f.enter(a[0], a[1], a[2], 0, a[3], true))
}

// accountInfoBytes is the size of what account_info writes.
const accountInfoBytes = 8 + 1 + address.Size + 32

// accountInfo serves 0xBB(address, out): {balance, status, template, hash of its code}, of any
// address. The code is that of the account, or else the template that the address names; t0 is 1 if
// there is one, else 0 and the hash is zero.
func (f *frame) accountInfo(a args) trap.Code {
	if !f.m.Readable(a[0], address.Size) || !f.m.Writable(a[1], accountInfoBytes) {
		return trap.BadHostArgument
	}
	if code := f.chargeCopy(accountInfoBytes); code != trap.None {
		return code
	}
	account := address.Address(f.bytes(a[0], address.Size))
	h, code := f.t.header(f.m, account)
	if code != trap.None {
		return code
	}
	if code := f.t.inGoodStanding(&h); code != trap.None {
		return code
	}
	template := account
	if h.Status == state.Live || h.Status == state.Expired {
		template = h.Template
	}
	if code := f.t.chargeKey(f.m, f.t.st.TemplateWarm(template)); code != trap.None {
		return code
	}
	record, found := f.t.st.Template(template)
	if code := f.t.st.TakeFault(); code != trap.None {
		return code
	}
	e := scale.Encoder{B: make([]byte, 0, accountInfoBytes)}
	e.U64(h.Balance)
	e.U8(uint8(h.Status))
	e.Raw(h.Template[:])
	e.Raw(record.CodeHash[:])
	f.store(a[1], e.B)
	if found {
		f.result(1)
	} else {
		f.result(0)
	}
	return trap.None
}
