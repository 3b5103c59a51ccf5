package host

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// balance serves 0xA3(out): the frame's own balance.
func (f *frame) balance(a args) trap.Code {
	if !f.m.Writable(a[0], 8) {
		return trap.BadHostArgument
	}
	h, code := f.t.header(f.m, f.self)
	if code != trap.None {
		return code
	}
	e := scale.Encoder{}
	e.U64(h.Balance)
	return f.give(a[0], e.B)
}

// spawn serves 0xA4(blob, len, out): an instance of the frame's own template. In a constructor
// frame the blob is only remembered, and must be the principal's.
func (f *frame) spawn(a args) trap.Code {
	if !f.m.Readable(a[0], a[1]) || !f.m.Writable(a[2], address.Size) ||
		a[1] > f.t.x.limits.BlobBytes {
		return trap.BadHostArgument
	}
	costs := &f.t.x.schedule.Host
	if code := f.charge(perWord(costs.SpawnBase, costs.CopyWord, int(a[1]))); code != trap.None {
		return code
	}
	blob := f.bytes(a[0], a[1])
	account := address.OfSpawn(f.template, blob)
	if f.modes&modeConstructor != 0 {
		if *f.built != nil {
			return trap.StaticViolation // exactly one
		}
		if account != f.self {
			return trap.BadHostArgument
		}
		*f.built = blob
		f.store(a[2], account[:])
		return trap.None
	}
	h, code := f.t.header(f.m, account)
	switch {
	case code != trap.None:
		return code
	case h.Status == state.Live || h.Status == state.Expired || f.t.doomed[account]:
		return trap.BadHostArgument
	}
	if len(blob) > state.MaxInlineBlob {
		if code := f.t.chargeKey(f.m, f.t.st.BlobWarm(account)); code != trap.None {
			return code
		}
	}
	f.t.st.Spawn(account, f.template, blob)
	f.store(a[2], account[:])
	return trap.None
}

// deploy serves 0xA5(code, len, out). Code that exists already costs its hash only.
func (f *frame) deploy(a args) trap.Code {
	if !f.m.Readable(a[0], a[1]) || !f.m.Writable(a[2], address.Size) {
		return trap.BadHostArgument
	}
	t, costs := f.t, &f.t.x.schedule.Host
	if a[1] > t.x.limits.CodeBytes {
		return trap.CodeInvalid
	}
	if code := f.charge(perWord(costs.HashBase, costs.HashWord, int(a[1]))); code != trap.None {
		return code
	}
	image := f.bytes(a[0], a[1])
	template := address.OfTemplate(address.CodeHash(image))
	if code := t.chargeKey(f.m, t.st.TemplateWarm(template)); code != trap.None {
		return code
	}
	_, exists := t.st.Template(template)
	if code := t.st.TakeFault(); code != trap.None {
		return code
	}
	if !exists {
		cost := perWord(costs.DeployBase, costs.DeployWord, int(a[1]))
		if code := f.charge(cost); code != trap.None {
			return code
		}
		if err := t.x.CheckCode(image); err != nil {
			return trap.CodeInvalid
		}
	}
	t.st.PutTemplate(image) // also when it exists: then it compares the whole hash
	f.store(a[2], template[:])
	return trap.None
}
