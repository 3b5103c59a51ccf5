package precompile

import "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

// compactMagic is the first byte of decred's compact signatures for v = 0 and an uncompressed key.
const compactMagic = 27

// RecoverSecp256k1 returns the public key x ‖ y whose ECDSA signature of digest is r ‖ s, where v is
// the parity of y of the signature's point (SEC 1, §4.1.6). r and s are in [1, n-1], also s above
// n/2; r is the point's x as it is, so that v is 0 or 1.
func RecoverSecp256k1(digest *[32]byte, v uint32, sig *[64]byte) (key [64]byte, ok bool) {
	if v > 1 {
		return key, false
	}
	var compact [65]byte
	compact[0] = compactMagic + byte(v)
	copy(compact[1:], sig[:])
	public, _, err := ecdsa.RecoverCompact(compact[:], digest[:])
	if err != nil {
		return key, false
	}
	return [64]byte(public.SerializeUncompressed()[1:]), true
}
