package precompile

import (
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254"
)

// Lengths of what Groth16 over BN254 takes. A verifying key for n public inputs is
// α G1 ‖ β G2 ‖ γ G2 ‖ δ G2 ‖ K0 … Kn G1; a proof is A G1 ‖ B G2 ‖ C G1.
const (
	Groth16KeyBytes   = BN254G1Bytes + 3*BN254G2Bytes // before K0
	Groth16ProofBytes = 2*BN254G1Bytes + BN254G2Bytes
)

// Groth16KeyLength is the length of a verifying key for n public inputs.
func Groth16KeyLength(n int) int { return Groth16KeyBytes + (n+1)*BN254G1Bytes }

// VerifyGroth16 reports whether proof proves that the circuit of key holds for the public inputs:
// e(A, B) = e(α, β) · e(K0 + Σ input·K, γ) · e(C, δ) (eprint.iacr.org/2016/260, §3.2). Inputs are
// canonical: x and x + r are not two names of one statement. Proofs with commitments are another
// system and do not verify.
func VerifyGroth16(key, proof, inputs []byte) bool {
	n := len(inputs) / ElementBytes
	if len(inputs)%ElementBytes != 0 || n > MaxPublicInputs ||
		len(key) != Groth16KeyLength(n) || len(proof) != Groth16ProofBytes {
		return false
	}
	xs, ok := elements(inputs)
	if !ok {
		return false
	}
	d := pointReader{rest: key}
	alpha, beta, gamma, delta := d.g1(), d.g2(), d.g2(), d.g2()
	sum := d.g1()
	total := new(bn254.G1Jac).FromAffine(&sum)
	for i := range xs {
		k := d.g1()
		if d.bad {
			return false
		}
		var x big.Int
		var term bn254.G1Jac
		term.ScalarMultiplication(term.FromAffine(&k), xs[i].BigInt(&x))
		total.AddAssign(&term)
	}
	d.rest = proof
	a, b, c := d.g1(), d.g2(), d.g1()
	if d.bad {
		return false
	}
	sum.FromJacobian(total)
	alpha.Neg(&alpha)
	sum.Neg(&sum)
	c.Neg(&c)
	return bn254PairsToOne(
		[]bn254.G1Affine{a, alpha, sum, c},
		[]bn254.G2Affine{b, beta, gamma, delta})
}

// pointReader takes points off bytes whose length was checked.
type pointReader struct {
	rest []byte
	bad  bool // some point was refused
}

func (d *pointReader) g1() (p bn254.G1Affine) {
	var ok bool
	p, ok = bn254G1(d.rest)
	d.bad = d.bad || !ok
	d.rest = d.rest[BN254G1Bytes:]
	return p
}

func (d *pointReader) g2() (p bn254.G2Affine) {
	var ok bool
	p, ok = bn254G2(d.rest)
	d.bad = d.bad || !ok
	d.rest = d.rest[BN254G2Bytes:]
	return p
}
