package precompile

import (
	"crypto/sha256"

	"github.com/zeebo/blake3"
)

// BLAKE3 is the 32-byte BLAKE3 hash of b.
func BLAKE3(b []byte) [32]byte { return blake3.Sum256(b) }

// SHA256 is the SHA-256 hash of b (FIPS 180-4).
func SHA256(b []byte) [32]byte { return sha256.Sum256(b) }
