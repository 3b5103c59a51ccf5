package precompile

import (
	"math/big"
	"slices"

	"github.com/athenarollup/athena/host/precompile/vectors"
)

// trapdoor is a verifying key whose discrete logarithms are known, so that a proof of anything can
// be computed: A = a·G1, B = b·G2, C = (ab - αβ - γ·(k0 + Σ x·k)) / δ · G1.
type trapdoor struct {
	alpha, beta, gamma, delta *big.Int
	k                         []*big.Int
}

func newTrapdoor(n int) trapdoor {
	scalar := func(i int) *big.Int {
		s := new(big.Int).SetBytes(sum256(word(int64(1000*n + i))))
		return s.Mod(s, bn254Curve.n)
	}
	d := trapdoor{alpha: scalar(0), beta: scalar(1), gamma: scalar(2), delta: scalar(3)}
	for i := range n + 1 {
		d.k = append(d.k, scalar(4+i))
	}
	return d
}

func g1Of(k *big.Int) []byte { return bn254Curve.bytes(bn254Curve.times(k, bn254Curve.g)) }
func g2Of(k *big.Int) []byte { return bn254Twist.bytes(bn254Twist.times(k, bn254Twist.g)) }

func (d *trapdoor) key() []byte {
	key := slices.Concat(g1Of(d.alpha), g2Of(d.beta), g2Of(d.gamma), g2Of(d.delta))
	for _, k := range d.k {
		key = append(key, g1Of(k)...)
	}
	return key
}

func (d *trapdoor) proof(a, b *big.Int, inputs []*big.Int) []byte {
	sum := new(big.Int).Set(d.k[0])
	for i, x := range inputs {
		sum.Add(sum, mul(x, d.k[i+1]))
	}
	c := new(big.Int).Sub(mul(a, b), mul(d.alpha, d.beta))
	c.Sub(c, mul(d.gamma, sum))
	c.Mul(c, new(big.Int).ModInverse(d.delta, bn254Curve.n))
	return slices.Concat(g1Of(a), g2Of(b), g1Of(c.Mod(c, bn254Curve.n)))
}

func groth16Table(tb *table) {
	check := func(name string, t0 uint32, key, proof []byte, inputs ...*big.Int) {
		tb.add(name, "verify_groth16", t0, nil, in(key), in(proof), in(concat(inputs)),
			vectors.IntArg(len(inputs)))
	}
	r, one, a, b := bn254Curve.n, big.NewInt(1), big.NewInt(8), big.NewInt(9)
	for _, n := range []int{0, 1, 2} {
		d := newTrapdoor(n)
		inputs := []*big.Int{add(r, big.NewInt(-1)), new(big.Int)}[:n]
		check("a proof", 1, d.key(), d.proof(a, b, inputs), inputs...)
		check("another proof of it", 1, d.key(), d.proof(b, a, inputs), inputs...)
		check("A at infinity", 1, d.key(), d.proof(new(big.Int), b, inputs), inputs...)
		check("A and B at infinity", 1, d.key(), d.proof(new(big.Int), new(big.Int), inputs),
			inputs...)
		check("all at infinity", 0, d.key(), make([]byte, Groth16ProofBytes), inputs...)
		check("a key of infinities, too", 1, make([]byte, Groth16KeyLength(n)),
			make([]byte, Groth16ProofBytes), inputs...)
	}
	d := newTrapdoor(2)
	d.k[1] = new(big.Int)
	inputs := []*big.Int{big.NewInt(4), big.NewInt(5)}
	key, proof := d.key(), d.proof(a, b, inputs)
	check("an input of no weight", 1, key, proof, inputs...)
	check("another input of no weight", 1, key, proof, big.NewInt(6), inputs[1])
	check("another input", 0, key, proof, inputs[0], big.NewInt(6))
	check("input + r", 0, key, proof, inputs[0], add(inputs[1], r))
	check("input of no weight + r", 0, key, proof, add(inputs[0], r), inputs[1])
	check("input of r", 0, key, proof, r, inputs[1])
	check("input of all bits", 0, key, proof, inputs[0], maxWord)
	check("one input less", 0, d.key()[:Groth16KeyLength(1)], proof, inputs[0])

	refusedParts(key, proof, func(name string, key, proof []byte) {
		check(name, 0, key, proof, inputs...)
	})
	swapped := slices.Clone(proof)
	copy(swapped, proof[192:])
	copy(swapped[192:], proof[:64])
	check("A and C swapped", 0, key, swapped, inputs...)
	negated := slices.Clone(proof)
	copy(negated, bn254Curve.bytes(bn254Curve.neg(bn254Curve.times(a, bn254Curve.g))))
	check("A negated", 0, key, negated, inputs...)
	check("another key", 0, (&trapdoor{one, one, one, one, d.k}).key(), proof, inputs...)
}

// refusedParts replaces each point of key and proof by encodings that are none.
func refusedParts(key, proof []byte, check func(name string, key, proof []byte)) {
	stray := []*affine{bn254Twist.liftTwist(1)}
	bad1 := bn254Curve.refusedPoints(bn254Curve.g, nil)
	bad2 := bn254Twist.refusedPoints(bn254Twist.g, stray)
	for i, at := range []int{0, 64, 192, 320, 448, 512, 576} {
		bad := bad1[i%len(bad1)]
		if i >= 1 && i <= 3 {
			bad = bad2[len(bad2)-1-i%2]
		}
		changed := slices.Clone(key)
		copy(changed[at:], bad.bytes)
		check("key: "+bad.name, changed, proof)
	}
	for i, bad := range [][]named{bad1, bad2, bad1} {
		for _, b := range bad {
			changed := slices.Clone(proof)
			copy(changed[[]int{0, 64, 192}[i]:], b.bytes)
			check("proof: "+b.name, key, changed)
		}
	}
}
