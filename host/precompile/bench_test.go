package precompile

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/precompile/vectors"
	"github.com/athenarollup/athena/metering"
)

// benchCase is a call at arguments that cost the most, with its price.
type benchCase struct {
	name string
	gas  uint64
	call string
	args []vectors.Arg
}

func benchCases(tb testing.TB) (cases []benchCase) {
	p, h := &metering.V1().Precompile, &metering.V1().Host
	bench := func(name string, gas uint64, call string, args ...vectors.Arg) {
		cases = append(cases, benchCase{name, gas, call, args})
	}
	for _, n := range []int{0, 64, 1024, 65536} {
		message := in(make([]byte, n))
		bench(fmt.Sprint("blake3/", n), h.HashBase+h.HashWord*uint64(n), "blake3", message)
		bench(fmt.Sprint("sha256/", n), h.HashBase+h.HashWord*uint64(n), "sha256", message)
		bench(fmt.Sprint("keccak256/", n), p.Keccak+p.KeccakWord*uint64(n), "keccak256", message)
	}
	element := bytes32(add(bn254Curve.n, big.NewInt(-1)))
	bench("poseidon2_compress", p.Poseidon2, "poseidon2_compress", in(element), in(element))
	bench("poseidon2_hash/16", 17*p.Poseidon2, "poseidon2_hash", in(slices.Repeat(element, 16)))
	bench("poseidon2_permute/3", p.Poseidon2Wide, "poseidon2_permute",
		in(slices.Repeat(element, 3)))
	benchSignatures(tb, bench, p, h)
	benchCurves(tb, bench, p)
	a, m := in(bytes32(add(maxWord, big.NewInt(-1)))), in(bytes32(add(maxWord, big.NewInt(-4))))
	most := in(bytes32(maxWord))
	// Divisors of every length, as long division depends on it.
	for _, n := range []uint{60, 100, 190, 250} {
		d := in(bytes32(add(new(big.Int).Lsh(big.NewInt(1), n), big.NewInt(-3))))
		bench(fmt.Sprint("div_u256/", n), p.U256Div, "div_u256", most, d)
		bench(fmt.Sprint("mod_u256/", n), p.U256Div, "mod_u256", most, d)
		bench(fmt.Sprint("mulmod_u256/", n), p.U256Mod, "mulmod_u256", a, most, d)
		bench(fmt.Sprint("addmod_u256/", n), p.U256Mod, "addmod_u256", a, most, d)
		bench(fmt.Sprint("expmod_u256/", n), p.U256Exp+32*p.U256ModByte, "expmod_u256", a, most, d)
	}
	bench("add_u256", p.U256, "add_u256", a, most)
	bench("sub_u256", p.U256, "sub_u256", a, most)
	bench("mul_u256", p.U256, "mul_u256", a, most)
	bench("mulmod_u256", p.U256Mod, "mulmod_u256", a, most, m)
	bench("exp_u256/32", p.U256Exp+32*p.U256ExpByte, "exp_u256", a, most)
	bench("exp_u256/1", p.U256Exp+p.U256ExpByte, "exp_u256", a, in(word(255)))
	bench("expmod_u256/32", p.U256Exp+32*p.U256ModByte, "expmod_u256", a, most, m)
	bench("expmod_u256/1", p.U256Exp+p.U256ModByte, "expmod_u256", a, in(word(255)), m)
	return cases
}

type benchFunc func(name string, gas uint64, call string, args ...vectors.Arg)

func benchSignatures(tb testing.TB, bench benchFunc, p *metering.PrecompileCosts,
	h *metering.HostCosts,
) {
	one := caseOf(tb, "own_ed25519.txt", "good ones").Args
	s, ok := splitBatch(one[0].Bytes, one[2].Bytes)
	require.True(tb, ok)
	bench("verify_ed25519", h.Ed25519, "verify_ed25519", in(s[0].Message), vectors.IntArg(0),
		in(s[0].Key[:]), in(s[0].Signature[:]))
	for _, n := range []int{1, 2, 4, 16, 64, MaxBatch} {
		items, messages := joinBatch(slices.Repeat(s[:1], n))
		bench(fmt.Sprint("verify_ed25519_batch/", n),
			p.Ed25519Batch+uint64(n)*p.Ed25519BatchEach+uint64(len(messages))*p.Ed25519BatchWord,
			"verify_ed25519_batch", in(items), vectors.IntArg(n), in(messages))
	}
	long := Signed{make([]byte, 65536), s[0].Key, s[0].Signature}
	items, messages := joinBatch([]Signed{long, long})
	bench("verify_ed25519_batch/2x65536",
		p.Ed25519Batch+2*p.Ed25519BatchEach+uint64(len(messages))*p.Ed25519BatchWord,
		"verify_ed25519_batch", in(items), vectors.IntArg(2), in(messages))
	bench("recover_secp256k1", p.Secp256k1, "recover_secp256k1",
		caseOf(tb, "own_secp256k1.txt", "s above n/2").Args...)
	bench("verify_p256", p.P256, "verify_p256", caseOf(tb, "own_p256.txt", "a signature").Args...)
}

func benchCurves(tb testing.TB, bench benchFunc, p *metering.PrecompileCosts) {
	for _, g := range []struct {
		c        *curve
		add, mul string
		gas      [2]uint64
	}{
		{bn254Curve, "bn254_add", "bn254_mul", [2]uint64{p.BN254Add, p.BN254Mul}},
		{blsCurve, "bls_add_g1", "bls_mul_g1", [2]uint64{p.BLSAddG1, p.BLSMulG1}},
		{blsTwist, "bls_add_g2", "bls_mul_g2", [2]uint64{p.BLSAddG2, p.BLSMulG2}},
	} {
		a := in(g.c.bytes(g.c.times(big.NewInt(77), g.c.g)))
		b := in(g.c.bytes(g.c.times(big.NewInt(78), g.c.g)))
		bench(g.add, g.gas[0], g.add, a, b)
		bench(g.mul, g.gas[1], g.mul, a, in(bytes32(add(g.c.n, big.NewInt(-2)))))
		bench(g.mul+"/random", g.gas[1], g.mul, a, in(sum256(nil)))
	}
	for _, n := range []int{1, 2, 4, MaxPairs} {
		pair := append(bn254Curve.bytes(bn254Curve.g), bn254Twist.bytes(bn254Twist.g)...)
		bench(fmt.Sprint("bn254_pairing/", n), p.BN254Pairing+uint64(n)*p.BN254Pair,
			"bn254_pairing", in(slices.Repeat(pair, n)))
		pair = append(blsCurve.bytes(blsCurve.g), blsTwist.bytes(blsTwist.g)...)
		bench(fmt.Sprint("bls_pairing/", n), p.BLSPairing+uint64(n)*p.BLSPair,
			"bls_pairing", in(slices.Repeat(pair, n)))
	}
	for _, c := range allCases(tb, "groth16.txt") {
		if c.Name == "a proof" { // with other inputs, as small ones cost less: it is no proof of them
			n := len(c.Args[2].Bytes) / 32
			full := in(slices.Repeat(fullScalar(), n))
			bench(fmt.Sprint("verify_groth16/", n), p.Groth16+uint64(n)*p.Groth16Input,
				"verify_groth16", c.Args[0], c.Args[1], full)
		}
	}
}

func allCases(tb testing.TB, file string) []vectors.Case {
	text, err := os.ReadFile(filepath.Join(vectorDir, file))
	require.NoError(tb, err)
	cases, err := vectors.Parse(text)
	require.NoError(tb, err)
	return cases
}

func caseOf(tb testing.TB, file, name string) vectors.Case {
	for _, c := range allCases(tb, file) {
		if c.Name == name {
			return c
		}
	}
	require.Fail(tb, "no such case", name)
	return vectors.Case{}
}

// BenchmarkPrice reports the nanoseconds that a gas of each call buys: docs/spec/precompiles.md has
// the table.
func BenchmarkPrice(b *testing.B) {
	for _, c := range benchCases(b) {
		b.Run(c.name, func(b *testing.B) {
			f := served[c.call]
			for b.Loop() {
				f(c.args)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.gas), "ns/gas")
			b.ReportMetric(float64(c.gas), "gas")
		})
	}
}

// fullScalar is an element that no multiplication has a short way for.
func fullScalar() []byte {
	n := new(big.Int).SetBytes(sum256(nil))
	return bytes32(n.Mod(n, bn254Curve.n))
}
