package precompile

import (
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"github.com/zeebo/blake3"
)

// Signed is one message of a batch, with its key and signature.
type Signed struct {
	Message   []byte
	Key       [32]byte
	Signature [64]byte
}

// batchContext separates the coefficients of batches from all other hashes.
const batchContext = "athena/ed25519-batch"

// VerifyEd25519Batch reports whether VerifyEd25519 holds for each. It checks one random combination
// of the cofactored equations: a batch of valid signatures always passes, and one with an invalid
// signature passes with probability 2^-128 over the coefficients. These are drawn from the BLAKE3
// hash of the whole batch, so that the answer is a function of the arguments alone and a forger has
// to find such a batch by trying 2^128 of them.
func VerifyEd25519Batch(batch []Signed) bool {
	if len(batch) < 2 {
		for i := range batch {
			return VerifyEd25519(batch[i].Message, batch[i].Key, batch[i].Signature)
		}
		return true
	}
	seed := blake3.NewDeriveKey(batchContext)
	verifier := ed25519.NewBatchVerifierWithCapacity(len(batch))
	for i := range batch {
		s := &batch[i]
		digest := BLAKE3(s.Message)
		seed.Write(s.Key[:])
		seed.Write(s.Signature[:])
		seed.Write(digest[:])
		verifier.AddWithOptions(s.Key[:], s.Message, s.Signature[:], zip215)
	}
	return verifier.VerifyBatchOnly(seed.Digest())
}
