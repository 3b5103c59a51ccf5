package precompile

import (
	"crypto/sha256"

	"github.com/zeebo/blake3"
	"golang.org/x/crypto/sha3"
)

// BLAKE3 is the 32-byte BLAKE3 hash of b.
func BLAKE3(b []byte) [32]byte { return blake3.Sum256(b) }

// SHA256 is the SHA-256 hash of b (FIPS 180-4).
func SHA256(b []byte) [32]byte { return sha256.Sum256(b) }

// Keccak256 is the Keccak hash of b with capacity 512 and the original padding, as Ethereum uses
// it; SHA3-256 of FIPS 202 pads differently.
func Keccak256(b []byte) (out [32]byte) {
	h := sha3.NewLegacyKeccak256()
	h.Write(b)
	h.Sum(out[:0])
	return out
}
