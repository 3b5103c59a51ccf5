package host

import (
	"github.com/athenarollup/athena/host/precompile"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// span is a range of guest memory.
type span struct{ at, n uint32 }

// many is count items of each bytes at a pointer; ok is false above limit, which also keeps the
// product within 32 bits.
func many(at, count, each, limit uint32) (s span, ok bool) {
	if count > limit {
		return s, false
	}
	return span{at, count * each}, true
}

// precompileCosts are the prices of the schedule in force.
func (f *frame) precompileCosts() *metering.PrecompileCosts { return &f.t.x.schedule.Precompile }

// pay checks that the ranges can be read and out can be written, and charges gas.
func (f *frame) pay(gas uint64, out span, in ...span) trap.Code {
	if !f.reachable(out, in...) {
		return trap.BadHostArgument
	}
	return f.charge(gas)
}

func (f *frame) reachable(out span, in ...span) bool {
	for _, s := range in {
		if !f.m.Readable(s.at, s.n) {
			return false
		}
	}
	return f.m.Writable(out.at, out.n)
}

// answer ends a call that may refuse its arguments: t0 is 1 and out is written, or t0 is 0 and
// memory stays as it is.
func (f *frame) answer(at uint32, out []byte, ok bool) trap.Code {
	if ok {
		f.store(at, out)
	}
	return f.verdict(ok)
}

// verdict sets t0 to 1 for yes, 0 for no.
func (f *frame) verdict(yes bool) trap.Code {
	if yes {
		f.result(1)
	} else {
		f.result(0)
	}
	return trap.None
}

// bn254Add serves 0x00640030(a, b, out).
func (f *frame) bn254Add(a args) trap.Code {
	const n = precompile.BN254G1Bytes
	code := f.pay(f.precompileCosts().BN254Add, span{a[2], n}, span{a[0], n}, span{a[1], n})
	if code != trap.None {
		return code
	}
	p, q := [n]byte(f.bytes(a[0], n)), [n]byte(f.bytes(a[1], n))
	out, ok := precompile.BN254Add(&p, &q)
	return f.answer(a[2], out[:], ok)
}

// bn254Mul serves 0x00640031(p, k, out).
func (f *frame) bn254Mul(a args) trap.Code {
	const n = precompile.BN254G1Bytes
	code := f.pay(f.precompileCosts().BN254Mul, span{a[2], n}, span{a[0], n}, span{a[1], wordBytes})
	if code != trap.None {
		return code
	}
	p, k := [n]byte(f.bytes(a[0], n)), f.word(a[1])
	out, ok := precompile.BN254Mul(&p, &k)
	return f.answer(a[2], out[:], ok)
}

// bn254Pairing serves 0x00640032(pairs, n).
func (f *frame) bn254Pairing(a args) trap.Code {
	costs := f.precompileCosts()
	pairs, ok := many(a[0], a[1], precompile.BN254PairBytes, precompile.MaxPairs)
	if !ok {
		return trap.BadHostArgument
	}
	gas := times(costs.BN254Pairing, costs.BN254Pair, uint64(a[1]))
	if code := f.pay(gas, span{}, pairs); code != trap.None {
		return code
	}
	return f.verdict(precompile.BN254Pairing(f.bytes(pairs.at, pairs.n)))
}

// blsAddG1 serves 0x00640040(a, b, out).
func (f *frame) blsAddG1(a args) trap.Code {
	const n = precompile.BLSG1Bytes
	code := f.pay(f.precompileCosts().BLSAddG1, span{a[2], n}, span{a[0], n}, span{a[1], n})
	if code != trap.None {
		return code
	}
	p, q := [n]byte(f.bytes(a[0], n)), [n]byte(f.bytes(a[1], n))
	out, ok := precompile.BLSAddG1(&p, &q)
	return f.answer(a[2], out[:], ok)
}

// blsMulG1 serves 0x00640041(p, k, out).
func (f *frame) blsMulG1(a args) trap.Code {
	const n = precompile.BLSG1Bytes
	code := f.pay(f.precompileCosts().BLSMulG1, span{a[2], n}, span{a[0], n}, span{a[1], wordBytes})
	if code != trap.None {
		return code
	}
	p, k := [n]byte(f.bytes(a[0], n)), f.word(a[1])
	out, ok := precompile.BLSMulG1(&p, &k)
	return f.answer(a[2], out[:], ok)
}

// blsAddG2 serves 0x00640042(a, b, out).
func (f *frame) blsAddG2(a args) trap.Code {
	const n = precompile.BLSG2Bytes
	code := f.pay(f.precompileCosts().BLSAddG2, span{a[2], n}, span{a[0], n}, span{a[1], n})
	if code != trap.None {
		return code
	}
	p, q := [n]byte(f.bytes(a[0], n)), [n]byte(f.bytes(a[1], n))
	out, ok := precompile.BLSAddG2(&p, &q)
	return f.answer(a[2], out[:], ok)
}

// blsMulG2 serves 0x00640043(p, k, out).
func (f *frame) blsMulG2(a args) trap.Code {
	const n = precompile.BLSG2Bytes
	code := f.pay(f.precompileCosts().BLSMulG2, span{a[2], n}, span{a[0], n}, span{a[1], wordBytes})
	if code != trap.None {
		return code
	}
	p, k := [n]byte(f.bytes(a[0], n)), f.word(a[1])
	out, ok := precompile.BLSMulG2(&p, &k)
	return f.answer(a[2], out[:], ok)
}

// blsPairing serves 0x00640044(pairs, n).
func (f *frame) blsPairing(a args) trap.Code {
	costs := f.precompileCosts()
	pairs, ok := many(a[0], a[1], precompile.BLSPairBytes, precompile.MaxPairs)
	if !ok {
		return trap.BadHostArgument
	}
	gas := times(costs.BLSPairing, costs.BLSPair, uint64(a[1]))
	if code := f.pay(gas, span{}, pairs); code != trap.None {
		return code
	}
	return f.verdict(precompile.BLSPairing(f.bytes(pairs.at, pairs.n)))
}

// verifyGroth16 serves 0x00640050(key, proof, inputs, n). The key's length follows from n.
func (f *frame) verifyGroth16(a args) trap.Code {
	costs := f.precompileCosts()
	inputs, ok := many(a[2], a[3], precompile.ElementBytes, precompile.MaxPublicInputs)
	if !ok {
		return trap.BadHostArgument
	}
	key := span{a[0], uint32(precompile.Groth16KeyLength(int(a[3])))}
	proof := span{a[1], precompile.Groth16ProofBytes}
	gas := times(costs.Groth16, costs.Groth16Input, uint64(a[3]))
	if code := f.pay(gas, span{}, key, proof, inputs); code != trap.None {
		return code
	}
	return f.verdict(precompile.VerifyGroth16(f.bytes(key.at, key.n), f.bytes(proof.at, proof.n),
		f.bytes(inputs.at, inputs.n)))
}
