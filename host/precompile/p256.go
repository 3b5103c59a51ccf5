package precompile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"
)

// VerifyP256 reports whether r ‖ s is an ECDSA signature of digest by the key x ‖ y on P-256
// (FIPS 186-5, §6.4.2): x and y canonical and on the curve, r and s in [1, n-1], also s above n/2.
func VerifyP256(digest *[32]byte, key, sig *[64]byte) bool {
	const uncompressed = 4 // SEC 1, §2.3.3
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(),
		append([]byte{uncompressed}, key[:]...))
	if err != nil {
		return false
	}
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	return ecdsa.Verify(public, digest[:], r, s)
}
