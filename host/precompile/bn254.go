package precompile

import (
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
)

// Lengths of the points of BN254.
const (
	BN254G1Bytes   = 2 * fp.Bytes
	BN254G2Bytes   = 4 * fp.Bytes
	BN254PairBytes = BN254G1Bytes + BN254G2Bytes
)

// BN254Add returns a + b in G1.
func BN254Add(a, b *[BN254G1Bytes]byte) (sum [BN254G1Bytes]byte, ok bool) {
	p, okP := bn254G1(a[:])
	q, okQ := bn254G1(b[:])
	if !okP || !okQ {
		return sum, false
	}
	p.Add(&p, &q)
	return bn254Bytes(&p), true
}

// BN254Mul returns k·p in G1. k is any number; it counts modulo the group's order.
func BN254Mul(p *[BN254G1Bytes]byte, k *[32]byte) (product [BN254G1Bytes]byte, ok bool) {
	q, ok := bn254G1(p[:])
	if !ok {
		return product, false
	}
	q.ScalarMultiplication(&q, reduced(k, fr.Modulus()))
	return bn254Bytes(&q), true
}

// BN254Pairing reports whether the product of e(P, Q) over all pairs P ‖ Q of G1 and G2 is one; the
// product of no pairs is.
func BN254Pairing(pairs []byte) bool {
	n := len(pairs) / BN254PairBytes
	if len(pairs)%BN254PairBytes != 0 || n > MaxPairs {
		return false
	}
	ps, qs := make([]bn254.G1Affine, n), make([]bn254.G2Affine, n)
	for i := range n {
		pair := pairs[i*BN254PairBytes:][:BN254PairBytes]
		var okP, okQ bool
		ps[i], okP = bn254G1(pair[:BN254G1Bytes])
		qs[i], okQ = bn254G2(pair[BN254G1Bytes:])
		if !okP || !okQ {
			return false
		}
	}
	return bn254PairsToOne(ps, qs)
}

func bn254PairsToOne(ps []bn254.G1Affine, qs []bn254.G2Affine) bool {
	if len(ps) == 0 {
		return true
	}
	one, err := bn254.PairingCheck(ps, qs)
	if err != nil {
		panic("BUG: precompile: pairing: " + err.Error())
	}
	return one
}

// bn254G1 decodes a point of G1, which is the whole curve.
func bn254G1(b []byte) (p bn254.G1Affine, ok bool) {
	ok = p.X.SetBytesCanonical(b[:fp.Bytes]) == nil &&
		p.Y.SetBytesCanonical(b[fp.Bytes:BN254G1Bytes]) == nil &&
		(p.IsInfinity() || p.IsOnCurve())
	return p, ok
}

// bn254G2 decodes a point of G2.
func bn254G2(b []byte) (p bn254.G2Affine, ok bool) {
	for i, e := range []*fp.Element{&p.X.A1, &p.X.A0, &p.Y.A1, &p.Y.A0} {
		if e.SetBytesCanonical(b[i*fp.Bytes:(i+1)*fp.Bytes]) != nil {
			return p, false
		}
	}
	return p, p.IsInfinity() || p.IsOnCurve() && p.IsInSubGroup()
}

func bn254Bytes(p *bn254.G1Affine) (out [BN254G1Bytes]byte) {
	x, y := p.X.Bytes(), p.Y.Bytes()
	copy(out[:], x[:])
	copy(out[fp.Bytes:], y[:])
	return out
}

// reduced is k modulo the order of a group.
func reduced(k *[32]byte, order *big.Int) *big.Int {
	n := new(big.Int).SetBytes(k[:])
	return n.Mod(n, order)
}
