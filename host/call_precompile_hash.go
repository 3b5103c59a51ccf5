package host

import (
	"github.com/athenarollup/athena/host/precompile"
	"github.com/athenarollup/athena/trap"
)

// keccak256 serves 0x00640003(in, len, out). Like all hashes of bytes it cannot fail: t0 is 0.
func (f *frame) keccak256(a args) trap.Code {
	costs := f.precompileCosts()
	gas := perWord(costs.Keccak, costs.KeccakWord, int(a[1]))
	if code := f.pay(gas, span{a[2], wordBytes}, span{a[0], a[1]}); code != trap.None {
		return code
	}
	digest := precompile.Keccak256(f.bytes(a[0], a[1]))
	f.store(a[2], digest[:])
	f.result(0)
	return trap.None
}

// poseidon2Hash serves 0x00640004(in, n, out): n elements.
func (f *frame) poseidon2Hash(a args) trap.Code {
	costs := f.precompileCosts()
	in, ok := many(a[0], a[1], precompile.ElementBytes, precompile.MaxPoseidonElements)
	if !ok {
		return trap.BadHostArgument
	}
	gas := times(costs.Poseidon2, costs.Poseidon2, uint64(a[1]))
	if code := f.pay(gas, span{a[2], wordBytes}, in); code != trap.None {
		return code
	}
	out, ok := precompile.Poseidon2Hash(f.bytes(in.at, in.n))
	return f.answer(a[2], out[:], ok)
}

// poseidon2Compress serves 0x00640005(left, right, out).
func (f *frame) poseidon2Compress(a args) trap.Code {
	const n = wordBytes
	code := f.pay(f.precompileCosts().Poseidon2, span{a[2], n}, span{a[0], n}, span{a[1], n})
	if code != trap.None {
		return code
	}
	left, right := f.word(a[0]), f.word(a[1])
	out, ok := precompile.Poseidon2Compress(&left, &right)
	return f.answer(a[2], out[:], ok)
}

// poseidon2Permute serves 0x00640006(in, width, out).
func (f *frame) poseidon2Permute(a args) trap.Code {
	gas := f.precompileCosts().Poseidon2
	switch a[1] {
	case 2:
	case 3:
		gas = f.precompileCosts().Poseidon2Wide
	default:
		return trap.BadHostArgument
	}
	n := a[1] * precompile.ElementBytes
	if code := f.pay(gas, span{a[2], n}, span{a[0], n}); code != trap.None {
		return code
	}
	out, ok := precompile.Poseidon2Permute(f.bytes(a[0], n))
	return f.answer(a[2], out, ok)
}
