package host

import (
	"encoding/binary"

	"github.com/athenarollup/athena/host/precompile"
	"github.com/athenarollup/athena/trap"
)

// signedBytes is the length of a batch's item: key 32 ‖ signature 64 ‖ message length u32 LE.
const signedBytes = 32 + 64 + 4

// verifyEd25519Batch serves 0x00640021(items, n, messages, len): the messages lie one after the
// other and fill len exactly, else the batch is not valid.
func (f *frame) verifyEd25519Batch(a args) trap.Code {
	costs := f.precompileCosts()
	items, ok := many(a[0], a[1], signedBytes, precompile.MaxBatch)
	if !ok {
		return trap.BadHostArgument
	}
	gas := times(costs.Ed25519Batch, costs.Ed25519BatchEach, uint64(a[1]))
	gas = perWord(gas, costs.Ed25519BatchWord, int(a[3]))
	if code := f.pay(gas, span{}, items, span{a[2], a[3]}); code != trap.None {
		return code
	}
	batch, ok := splitBatch(f.bytes(items.at, items.n), f.bytes(a[2], a[3]))
	return f.verdict(ok && precompile.VerifyEd25519Batch(batch))
}

func splitBatch(items, messages []byte) (batch []precompile.Signed, ok bool) {
	for ; len(items) > 0; items = items[signedBytes:] {
		n := binary.LittleEndian.Uint32(items[96:])
		if uint64(n) > uint64(len(messages)) {
			return nil, false
		}
		batch = append(batch, precompile.Signed{
			Key:       [32]byte(items),
			Signature: [64]byte(items[32:]),
			Message:   messages[:n],
		})
		messages = messages[n:]
	}
	return batch, len(messages) == 0
}

// recoverSecp256k1 serves 0x00640022(digest, v, signature, out).
func (f *frame) recoverSecp256k1(a args) trap.Code {
	code := f.pay(f.precompileCosts().Secp256k1, span{a[3], 64}, span{a[0], wordBytes},
		span{a[2], 64})
	if code != trap.None {
		return code
	}
	digest, sig := f.word(a[0]), [64]byte(f.bytes(a[2], 64))
	key, ok := precompile.RecoverSecp256k1(&digest, a[1], &sig)
	return f.answer(a[3], key[:], ok)
}

// verifyP256 serves 0x00640023(digest, key, signature).
func (f *frame) verifyP256(a args) trap.Code {
	code := f.pay(f.precompileCosts().P256, span{}, span{a[0], wordBytes}, span{a[1], 64},
		span{a[2], 64})
	if code != trap.None {
		return code
	}
	digest, key := f.word(a[0]), [64]byte(f.bytes(a[1], 64))
	sig := [64]byte(f.bytes(a[2], 64))
	return f.verdict(precompile.VerifyP256(&digest, &key, &sig))
}
