package precompile

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Lengths of the points of BLS12-381.
const (
	BLSG1Bytes   = 2 * fp.Bytes
	BLSG2Bytes   = 4 * fp.Bytes
	BLSPairBytes = BLSG1Bytes + BLSG2Bytes
)

// BLSAddG1 returns a + b in G1 of BLS12-381.
func BLSAddG1(a, b *[BLSG1Bytes]byte) (sum [BLSG1Bytes]byte, ok bool) {
	p, okP := blsG1(a[:])
	q, okQ := blsG1(b[:])
	if !okP || !okQ {
		return sum, false
	}
	p.Add(&p, &q)
	return blsG1ToBytes(&p), true
}

// BLSMulG1 returns k·p in G1. k is any number; it counts modulo the group's order.
func BLSMulG1(p *[BLSG1Bytes]byte, k *[32]byte) (product [BLSG1Bytes]byte, ok bool) {
	q, ok := blsG1(p[:])
	if !ok {
		return product, false
	}
	q.ScalarMultiplication(&q, reduced(k, fr.Modulus()))
	return blsG1ToBytes(&q), true
}

// BLSAddG2 returns a + b in G2.
func BLSAddG2(a, b *[BLSG2Bytes]byte) (sum [BLSG2Bytes]byte, ok bool) {
	p, okP := blsG2(a[:])
	q, okQ := blsG2(b[:])
	if !okP || !okQ {
		return sum, false
	}
	p.Add(&p, &q)
	return blsG2ToBytes(&p), true
}

// BLSMulG2 returns k·p in G2. k is any number; it counts modulo the group's order.
func BLSMulG2(p *[BLSG2Bytes]byte, k *[32]byte) (product [BLSG2Bytes]byte, ok bool) {
	q, ok := blsG2(p[:])
	if !ok {
		return product, false
	}
	q.ScalarMultiplication(&q, reduced(k, fr.Modulus()))
	return blsG2ToBytes(&q), true
}

// BLSPairing reports whether the product of e(P, Q) over all pairs P ‖ Q of G1 and G2 is one; the
// product of no pairs is.
func BLSPairing(pairs []byte) bool {
	n := len(pairs) / BLSPairBytes
	if len(pairs)%BLSPairBytes != 0 || n > MaxPairs {
		return false
	}
	ps, qs := make([]bls.G1Affine, n), make([]bls.G2Affine, n)
	for i := range n {
		pair := pairs[i*BLSPairBytes:][:BLSPairBytes]
		var okP, okQ bool
		ps[i], okP = blsG1(pair[:BLSG1Bytes])
		qs[i], okQ = blsG2(pair[BLSG1Bytes:])
		if !okP || !okQ {
			return false
		}
	}
	if n == 0 {
		return true
	}
	one, err := bls.PairingCheck(ps, qs)
	if err != nil {
		panic("BUG: precompile: pairing: " + err.Error())
	}
	return one
}

// blsG1 decodes a point of G1: the curve has a cofactor.
func blsG1(b []byte) (p bls.G1Affine, ok bool) {
	if p.X.SetBytesCanonical(b[:fp.Bytes]) != nil ||
		p.Y.SetBytesCanonical(b[fp.Bytes:BLSG1Bytes]) != nil {
		return p, false
	}
	return p, p.IsInfinity() || p.IsOnCurve() && p.IsInSubGroup()
}

// blsG2 decodes a point of G2.
func blsG2(b []byte) (p bls.G2Affine, ok bool) {
	for i, e := range []*fp.Element{&p.X.A1, &p.X.A0, &p.Y.A1, &p.Y.A0} {
		if e.SetBytesCanonical(b[i*fp.Bytes:(i+1)*fp.Bytes]) != nil {
			return p, false
		}
	}
	return p, p.IsInfinity() || p.IsOnCurve() && p.IsInSubGroup()
}

func blsG1ToBytes(p *bls.G1Affine) (out [BLSG1Bytes]byte) {
	x, y := p.X.Bytes(), p.Y.Bytes()
	copy(out[:], x[:])
	copy(out[fp.Bytes:], y[:])
	return out
}

func blsG2ToBytes(p *bls.G2Affine) (out [BLSG2Bytes]byte) {
	for i, e := range []*fp.Element{&p.X.A1, &p.X.A0, &p.Y.A1, &p.Y.A0} {
		b := e.Bytes()
		copy(out[i*fp.Bytes:], b[:])
	}
	return out
}
