package host

import (
	"github.com/athenarollup/athena/host/precompile"
	"github.com/athenarollup/athena/trap"
)

// blake3 serves 0x00640001(in, len, out).
func (f *frame) blake3(a args) trap.Code { return f.hash(a, precompile.BLAKE3) }

// sha256 serves 0x00640002(in, len, out).
func (f *frame) sha256(a args) trap.Code { return f.hash(a, precompile.SHA256) }

func (f *frame) hash(a args, sum func([]byte) [32]byte) trap.Code {
	if !f.m.Readable(a[0], a[1]) || !f.m.Writable(a[2], wordBytes) {
		return trap.BadHostArgument
	}
	costs := &f.t.x.schedule.Host
	if code := f.charge(perWord(costs.HashBase, costs.HashWord, int(a[1]))); code != trap.None {
		return code
	}
	digest := sum(f.bytes(a[0], a[1]))
	f.store(a[2], digest[:])
	f.result(0)
	return trap.None
}

// verifyEd25519 serves 0x00640020(message, len, key, signature).
func (f *frame) verifyEd25519(a args) trap.Code {
	if !f.m.Readable(a[0], a[1]) || !f.m.Readable(a[2], 32) || !f.m.Readable(a[3], 64) {
		return trap.BadHostArgument
	}
	costs := &f.t.x.schedule.Host
	if code := f.charge(perWord(costs.Ed25519, costs.Ed25519Word, int(a[1]))); code != trap.None {
		return code
	}
	key, sig := f.word(a[2]), [64]byte(f.bytes(a[3], 64))
	if precompile.VerifyEd25519(f.bytes(a[0], a[1]), key, sig) {
		f.result(1)
	} else {
		f.result(0)
	}
	return trap.None
}
