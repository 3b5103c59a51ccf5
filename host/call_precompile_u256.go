package host

import (
	"github.com/athenarollup/athena/host/precompile"
	"github.com/athenarollup/athena/trap"
)

type u256 = precompile.Word

// wrapping serves a call (a, b, out) whose result is written also when it wrapped; t0 is 1 when it
// is exact.
func (f *frame) wrapping(a args, gas uint64, op func(x, y *u256) (u256, bool)) trap.Code {
	const n = wordBytes
	if code := f.pay(gas, span{a[2], n}, span{a[0], n}, span{a[1], n}); code != trap.None {
		return code
	}
	x, y := f.word(a[0]), f.word(a[1])
	z, exact := op(&x, &y)
	f.store(a[2], z[:])
	return f.verdict(exact)
}

// dividing serves a call (a, b, out) that has no result for b = 0.
func (f *frame) dividing(a args, op func(x, y *u256) (u256, bool)) trap.Code {
	const n = wordBytes
	code := f.pay(f.precompileCosts().U256Div, span{a[2], n}, span{a[0], n}, span{a[1], n})
	if code != trap.None {
		return code
	}
	x, y := f.word(a[0]), f.word(a[1])
	z, ok := op(&x, &y)
	return f.answer(a[2], z[:], ok)
}

// modular serves a call (a, b, m, out) that has no result for m = 0.
func (f *frame) modular(a args, gas uint64, op func(x, y, m *u256) (u256, bool)) trap.Code {
	const n = wordBytes
	code := f.pay(gas, span{a[3], n}, span{a[0], n}, span{a[1], n}, span{a[2], n})
	if code != trap.None {
		return code
	}
	x, y, m := f.word(a[0]), f.word(a[1]), f.word(a[2])
	z, ok := op(&x, &y, &m)
	return f.answer(a[3], z[:], ok)
}

// addU256 serves 0x00640060(a, b, out).
func (f *frame) addU256(a args) trap.Code {
	return f.wrapping(a, f.precompileCosts().U256, precompile.AddU256)
}

// subU256 serves 0x00640061(a, b, out).
func (f *frame) subU256(a args) trap.Code {
	return f.wrapping(a, f.precompileCosts().U256, precompile.SubU256)
}

// mulU256 serves 0x00640062(a, b, out).
func (f *frame) mulU256(a args) trap.Code {
	return f.wrapping(a, f.precompileCosts().U256, precompile.MulU256)
}

// divU256 serves 0x00640063(a, b, out).
func (f *frame) divU256(a args) trap.Code { return f.dividing(a, precompile.DivU256) }

// modU256 serves 0x00640064(a, b, out).
func (f *frame) modU256(a args) trap.Code { return f.dividing(a, precompile.ModU256) }

// addModU256 serves 0x00640065(a, b, m, out).
func (f *frame) addModU256(a args) trap.Code {
	return f.modular(a, f.precompileCosts().U256Mod, precompile.AddModU256)
}

// mulModU256 serves 0x00640066(a, b, m, out).
func (f *frame) mulModU256(a args) trap.Code {
	return f.modular(a, f.precompileCosts().U256Mod, precompile.MulModU256)
}

// expU256 serves 0x00640067(a, e, out).
func (f *frame) expU256(a args) trap.Code {
	n, ok := f.exponentBytes(a[1])
	if !ok {
		return trap.BadHostArgument
	}
	costs := f.precompileCosts()
	return f.wrapping(a, times(costs.U256Exp, costs.U256ExpByte, uint64(n)), precompile.ExpU256)
}

// expModU256 serves 0x00640068(a, e, m, out).
func (f *frame) expModU256(a args) trap.Code {
	n, ok := f.exponentBytes(a[1])
	if !ok {
		return trap.BadHostArgument
	}
	costs := f.precompileCosts()
	return f.modular(a, times(costs.U256Exp, costs.U256ModByte, uint64(n)), precompile.ExpModU256)
}

// exponentBytes is the length of the number at a pointer without its leading zeros: the price of a
// power depends on it.
func (f *frame) exponentBytes(at uint32) (n int, ok bool) {
	if !f.m.Readable(at, wordBytes) {
		return 0, false
	}
	e := f.word(at)
	for n = len(e); n > 0 && e[len(e)-n] == 0; n-- {
	}
	return n, true
}
