package precompile

import (
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/backend/groth16"
	groth16bn254 "github.com/consensys/gnark/backend/groth16/bn254"
	"github.com/consensys/gnark/backend/witness"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
	"github.com/consensys/gnark/logger"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/precompile/vectors"
)

// horner is a circuit: public[i] = public[i-1]·secret + i, from public[-1] = secret.
type horner struct {
	Secret frontend.Variable
	Public []frontend.Variable `gnark:",public"`
}

// Define implements frontend.Circuit.
func (c *horner) Define(api frontend.API) error {
	last := c.Secret
	for i, p := range c.Public {
		last = api.Add(api.Mul(last, c.Secret), i)
		api.AssertIsEqual(p, last)
	}
	return nil
}

func hornerOf(secret int64, n int) *horner {
	c := &horner{Secret: secret, Public: make([]frontend.Variable, n)}
	last := big.NewInt(secret)
	for i := range n {
		last = add(mul(last, big.NewInt(secret)), big.NewInt(int64(i)))
		last.Mod(last, bn254Curve.n)
		c.Public[i] = last
	}
	return c
}

// proofs is a setup of horner for n inputs, with gnark.
type proofs struct {
	t    *testing.T
	n    int
	key  *groth16bn254.VerifyingKey
	make func(secret int64) (*groth16bn254.Proof, []byte)
}

func newProofs(t *testing.T, n int) *proofs {
	logger.Disable()
	ccs, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder,
		&horner{Public: make([]frontend.Variable, n)})
	require.NoError(t, err)
	pk, vk, err := groth16.Setup(ccs)
	require.NoError(t, err)
	prove := func(secret int64) (*groth16bn254.Proof, []byte) {
		w, err := frontend.NewWitness(hornerOf(secret, n), ecc.BN254.ScalarField())
		require.NoError(t, err)
		proof, err := groth16.Prove(ccs, pk, w)
		require.NoError(t, err)
		public, err := w.Public()
		require.NoError(t, err)
		return proof.(*groth16bn254.Proof), inputBytes(public.Vector().(fr.Vector))
	}
	return &proofs{t, n, vk.(*groth16bn254.VerifyingKey), prove}
}

func inputBytes(v fr.Vector) (out []byte) {
	for i := range v {
		b := v[i].Bytes()
		out = append(out, b[:]...)
	}
	return out
}

func g1Bytes(p *bn254.G1Affine) []byte {
	x, y := p.X.Bytes(), p.Y.Bytes()
	return slices.Concat(x[:], y[:])
}

func g2Bytes(p *bn254.G2Affine) []byte {
	a, b, c, d := p.X.A1.Bytes(), p.X.A0.Bytes(), p.Y.A1.Bytes(), p.Y.A0.Bytes()
	return slices.Concat(a[:], b[:], c[:], d[:])
}

func keyBytes(vk *groth16bn254.VerifyingKey) []byte {
	key := slices.Concat(g1Bytes(&vk.G1.Alpha), g2Bytes(&vk.G2.Beta), g2Bytes(&vk.G2.Gamma),
		g2Bytes(&vk.G2.Delta))
	for i := range vk.G1.K {
		key = append(key, g1Bytes(&vk.G1.K[i])...)
	}
	return key
}

func proofBytes(p *groth16bn254.Proof) []byte {
	return slices.Concat(g1Bytes(&p.Ar), g2Bytes(&p.Bs), g1Bytes(&p.Krs))
}

// gnarkVerifies asks gnark about our encodings; ok is false where some point or input does not
// decode, which gnark's verifier takes for granted.
func gnarkVerifies(t *testing.T, key, proof, inputs []byte) (valid, ok bool) {
	d := pointReader{rest: key}
	var vk groth16bn254.VerifyingKey
	vk.G1.Alpha, vk.G2.Beta, vk.G2.Gamma, vk.G2.Delta = d.g1(), d.g2(), d.g2(), d.g2()
	for len(d.rest) > 0 {
		vk.G1.K = append(vk.G1.K, d.g1())
	}
	d.rest = proof
	p := groth16bn254.Proof{Ar: d.g1(), Bs: d.g2(), Krs: d.g1()}
	xs, canonical := elements(inputs)
	if d.bad || !canonical {
		return false, false
	}
	require.NoError(t, vk.Precompute())
	w, err := witness.New(ecc.BN254.ScalarField())
	require.NoError(t, err)
	values := make(chan any, len(xs))
	for i := range xs {
		values <- xs[i]
	}
	close(values)
	require.NoError(t, w.Fill(len(xs), 0, values))
	return groth16.Verify(&p, &vk, w) == nil, true
}

// TestGroth16Fixtures: gnark gives the same verdict on every committed proof, real ones and those of
// the trapdoor. With -rewrite it makes the real ones anew: setups and proofs are random.
func TestGroth16Fixtures(t *testing.T) {
	t.Parallel()
	file := filepath.Join(vectorDir, "groth16.txt")
	if *rewrite {
		var tb table
		for _, n := range []int{1, 4, MaxPublicInputs} {
			realProofs(t, &tb, n)
		}
		text := vectors.Format("Proofs by gnark v0.16.0. Written by go test ./host/precompile "+
			"-run TestGroth16Fixtures -rewrite;\nsee README.md here.", tb.cases)
		require.NoError(t, os.WriteFile(file, text, 0o644))
	}
	var asked, valid int
	for _, file := range []string{file, filepath.Join(vectorDir, "own_groth16.txt")} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		cases, err := vectors.Parse(text)
		require.NoError(t, err)
		for _, c := range cases {
			got, ok := gnarkVerifies(t, c.Args[0].Bytes, c.Args[1].Bytes, c.Args[2].Bytes)
			require.Equal(t, c.T0 == 1, got, c.Name)
			if ok {
				asked++
			}
			if got {
				valid++
			}
		}
	}
	require.Greater(t, asked, 25)
	require.Greater(t, valid, 15)
}

func realProofs(t *testing.T, tb *table, n int) {
	p := newProofs(t, n)
	key := keyBytes(p.key)
	check := func(name string, t0 uint32, proof, inputs []byte) {
		tb.add(name, "verify_groth16", t0, nil, in(key), in(proof), in(inputs), vectors.IntArg(n))
	}
	first, inputs := p.make(3)
	second, others := p.make(5)
	check("a proof", 1, proofBytes(first), inputs)
	check("a proof of another statement", 1, proofBytes(second), others)
	check("the inputs of another", 0, proofBytes(first), others)
	mixed := *first
	mixed.Bs = second.Bs
	check("B of another", 0, proofBytes(&mixed), inputs)
}

// TestGroth16Live makes proofs with gnark now, and changes each bit-carrying part of them.
func TestGroth16Live(t *testing.T) {
	t.Parallel()
	p := newProofs(t, 2)
	key := keyBytes(p.key)
	for secret := range int64(3) {
		made, inputs := p.make(secret)
		proof := proofBytes(made)
		require.True(t, VerifyGroth16(key, proof, inputs))
		for i := 0; i < len(proof); i += 16 {
			bad := slices.Clone(proof)
			bad[i] ^= 1
			require.False(t, VerifyGroth16(key, bad, inputs))
		}
		for i := range inputs {
			bad := slices.Clone(inputs)
			bad[i] ^= 1
			require.False(t, VerifyGroth16(key, proof, bad))
		}
		require.False(t, VerifyGroth16(key, proof, inputs[:32]))
		require.False(t, VerifyGroth16(key[:len(key)-64], proof, inputs))
		require.False(t, VerifyGroth16(key, proof[:255], inputs))
		require.False(t, VerifyGroth16(key, proof, inputs[:33]))
	}
	many := make([]byte, 32*(MaxPublicInputs+1))
	require.False(t, VerifyGroth16(make([]byte, Groth16KeyLength(MaxPublicInputs+1)),
		make([]byte, Groth16ProofBytes), many))
}
