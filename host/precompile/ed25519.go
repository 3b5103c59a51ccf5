package precompile

import "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

// zip215 is the acceptance set of ZIP-215: the cofactored equation, non-canonical and small-order A
// and R accepted, S < L required.
var zip215 = &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}

// VerifyEd25519 reports whether sig is a signature of message by key under ZIP-215. A key or
// signature that does not decode is not valid.
func VerifyEd25519(message []byte, key [32]byte, sig [64]byte) bool {
	return ed25519.VerifyWithOptions(key[:], message, sig[:], zip215)
}
