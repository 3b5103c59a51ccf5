package host

import (
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/trap"
)

// party is who makes a call.
type party struct{ self, template address.Address }

// request is a call before its code is found.
type request struct {
	selector *[4]byte // nil: the ELF entry
	input    []byte
	from     party
	received uint64
	own      bool // may enter principal-only methods
	static   bool
}

// resolve finds what a call of another address enters: the program of a live account, or else a
// template in a factory frame, which cannot be paid.
func (t *Session) resolve(g gasTank, to address.Address, r request) (entry, trap.Code) {
	h, code := t.header(g, to)
	if code != trap.None {
		return entry{}, code
	}
	if h.Status == state.Live || h.Status == state.Expired {
		return t.resolveLive(g, to, h, r)
	}
	e, code := t.resolveTemplate(g, to, r)
	if code == trap.None && r.received != 0 {
		code = trap.StaticViolation
	}
	e.mode, e.self = modeFactory, to
	return e, code
}

// resolveAccount finds the method of an account that r names.
func (t *Session) resolveAccount(g gasTank, a address.Address, r request) (entry, trap.Code) {
	h, code := t.header(g, a)
	if code != trap.None {
		return entry{}, code
	}
	return t.resolveLive(g, a, h, r)
}

// inGoodStanding is AccountExpired for an account that is expired, or insolvent and soon will be: it
// can be paid, and nothing else. See docs/spec/rent.md.
func (t *Session) inGoodStanding(h *state.Header) trap.Code {
	if h.Status == state.Expired || !t.st.Solvent(h) {
		return trap.AccountExpired
	}
	return trap.None
}

// header charges and returns a header; absent is the zero Header, a stub.
func (t *Session) header(g gasTank, a address.Address) (state.Header, trap.Code) {
	if code := t.chargeKey(g, t.st.HeaderWarm(a)); code != trap.None {
		return state.Header{}, code
	}
	h, _ := t.st.Header(a)
	return h, t.st.TakeFault()
}

// resolveLive finds the method of the account with header h; its blob comes before the input.
func (t *Session) resolveLive(
	g gasTank, a address.Address, h state.Header, r request,
) (entry, trap.Code) {
	if h.Status != state.Live && h.Status != state.Expired {
		return entry{}, trap.NotSpawned
	}
	if code := t.inGoodStanding(&h); code != trap.None {
		return entry{}, code
	}
	if h.BlobApart() {
		if code := t.chargeKey(g, t.st.BlobWarm(a)); code != trap.None {
			return entry{}, code
		}
	}
	blob, _ := t.st.Blob(a, &h)
	if code := t.st.TakeFault(); code != trap.None {
		return entry{}, code
	}
	if code := charge(g, perWord(0, t.x.schedule.Host.CopyWord, len(blob))); code != trap.None {
		return entry{}, code
	}
	r.input = append(slices.Clone(blob), r.input...)
	e, code := t.resolveTemplate(g, h.Template, r)
	e.self, e.blob = a, len(blob)
	if code == trap.None && !r.static {
		t.st.Settle(a, h)
		code = t.st.TakeFault()
	}
	return e, code
}

// resolveTemplate finds the method of a template that r names; the caller sets mode and self.
func (t *Session) resolveTemplate(g gasTank, a address.Address, r request) (entry, trap.Code) {
	p, code := t.enterTemplate(g, a)
	if code != trap.None {
		return entry{}, code
	}
	e := entry{
		mode: modeCall, template: a, static: r.static, from: r.from, received: r.received,
		input: r.input, selector: r.selector, program: p, pc: p.entry,
	}
	if r.selector == nil {
		if p.entry == 0 {
			return entry{}, trap.NoSuchMethod
		}
		return e, trap.None
	}
	method, ok := p.exports[*r.selector]
	switch {
	case !ok:
		return entry{}, trap.NoSuchMethod
	case method.principalOnly && !r.own:
		return entry{}, trap.NotPrincipal
	}
	e.pc = method.addr
	return e, trap.None
}

// enterTemplate charges and returns the program of a template. Its whole image is charged when the
// transaction enters it for the first time.
func (t *Session) enterTemplate(g gasTank, a address.Address) (*program, trap.Code) {
	if code := t.chargeKey(g, t.st.TemplateWarm(a)); code != trap.None {
		return nil, code
	}
	record, ok := t.st.Template(a)
	if code := t.st.TakeFault(); code != trap.None {
		return nil, code
	}
	if !ok {
		return nil, trap.NotSpawned
	}
	if l, ok := t.programs[a]; ok && l.codeHash == record.CodeHash {
		return l.program, trap.None
	}
	if record.Size > t.x.limits.CodeBytes {
		return nil, trap.CodeInvalid
	}
	costs := &t.x.schedule.Host
	each, chunks := costs.ColdKey+costs.CodeChunk, uint64(record.Chunks())
	if code := charge(g, times(0, each, chunks)); code != trap.None {
		return nil, code
	}
	p := t.x.cache.load(record.CodeHash, t.x.elf, t.x.schedule, func(known []byte) ([]byte, bool) {
		return t.st.Code(a, known)
	})
	if code := t.st.TakeFault(); code != trap.None {
		return nil, code
	}
	if p == nil {
		return nil, trap.CodeInvalid
	}
	t.programs[a] = loaded{record.CodeHash, p}
	return p, trap.None
}
