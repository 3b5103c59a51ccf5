package precompile

import (
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/precompile/vectors"
)

var rewrite = flag.Bool("rewrite", false, "write the tables of fixtures/vectors/precompile again")

// table collects the cases of one file.
type table struct{ cases []vectors.Case }

// add adds a case; out is nil where the call is expected to refuse.
func (tb *table) add(name, call string, t0 uint32, out []byte, args ...vectors.Arg) {
	tb.cases = append(tb.cases, vectors.Case{Name: name, Call: call, Args: args, T0: t0, Out: out})
}

// tables are the vectors of our own: what the calls must answer is said here by hand or computed by
// the oracle over math/big, never by the functions under test.
var tables = map[string]struct {
	comment string
	build   func(tb *table)
}{
	"own_bn254.txt":     {"Edges of BN254.", bn254Table},
	"own_bls12381.txt":  {"Edges of BLS12-381.", blsTable},
	"own_secp256k1.txt": {"Recovery of secp256k1 keys.", secp256k1Table},
	"own_p256.txt":      {"Edges of P-256.", p256Table},
	"own_ed25519.txt":   {"Batches of ed25519 signatures.", ed25519Table},
	"own_poseidon2.txt": {"Poseidon2 over BN254.", poseidon2Table},
	"own_u256.txt":      {"256-bit arithmetic.", u256Table},
	"own_groth16.txt":   {"Groth16 by its trapdoor: proofs made from known scalars.", groth16Table},
}

// TestTables compares the committed tables with their source.
func TestTables(t *testing.T) {
	t.Parallel()
	for name, tc := range tables { //lint:unordered independent cases
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tb table
			tc.build(&tb)
			text := vectors.Format(tc.comment+"\nWritten by go test ./host/precompile "+
				"-run TestTables -rewrite; see README.md here.", tb.cases)
			file := filepath.Join(vectorDir, name)
			if *rewrite {
				require.NoError(t, os.WriteFile(file, text, 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), string(text))
		})
	}
}

func in(b ...[]byte) vectors.Arg { return vectors.InArg(slices.Concat(b...)) }

func bytes32(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

func word(n int64) []byte { return bytes32(big.NewInt(n)) }

var maxWord = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))

// groupTable adds the edges of a group's addition and multiplication. stray are points of the curve
// outside the group.
func groupTable(tb *table, c *curve, addCall, mulCall string, stray []*affine) {
	n := 2 * c.degree * c.size
	out := vectors.OutArg(n)
	p, q := c.times(big.NewInt(5), c.g), c.times(big.NewInt(77), c.g)
	sums := []struct {
		name string
		a, b *affine
	}{
		{"P + Q", p, q}, {"P + P", p, p}, {"P - P", p, c.neg(p)}, {"P + infinity", p, nil},
		{"infinity + P", nil, p}, {"infinity + infinity", nil, nil},
	}
	for _, s := range sums {
		tb.add(s.name, addCall, 1, c.bytes(c.sum(s.a, s.b)), in(c.bytes(s.a)), in(c.bytes(s.b)), out)
	}
	order := c.n
	for _, s := range []struct {
		name string
		k    *big.Int
	}{
		{"0", new(big.Int)}, {"1", big.NewInt(1)}, {"2", big.NewInt(2)},
		{"r - 1", add(order, big.NewInt(-1))}, {"r", order}, {"r + 1", add(order, big.NewInt(1))},
		{"r + 2^130", add(order, new(big.Int).Lsh(big.NewInt(1), 130))},
		{"2^256 - 1", maxWord},
		{"2^128", new(big.Int).Lsh(big.NewInt(1), 128)},
	} {
		product := c.times(new(big.Int).Mod(s.k, order), p)
		tb.add(s.name+" times P", mulCall, 1, c.bytes(product), in(c.bytes(p)), in(bytes32(s.k)), out)
	}
	tb.add("7 times infinity", mulCall, 1, c.bytes(nil), in(c.bytes(nil)), in(word(7)), out)
	for _, bad := range c.refusedPoints(p, stray) {
		tb.add(bad.name+" first", addCall, 0, nil, in(bad.bytes), in(c.bytes(q)), out)
		tb.add(bad.name+" second", addCall, 0, nil, in(c.bytes(q)), in(bad.bytes), out)
		tb.add(bad.name, mulCall, 0, nil, in(bad.bytes), in(word(0)), out)
	}
}

type named struct {
	name  string
	bytes []byte
}

// refusedPoints are encodings that are no point of the group: each coordinate of p raised by the
// modulus, a zero that is written as the modulus, points off the curve and outside the subgroup.
func (c *curve) refusedPoints(p *affine, stray []*affine) (bad []named) {
	good := c.bytes(p)
	words := 2 * c.degree
	limit := new(big.Int).Lsh(big.NewInt(1), uint(8*c.size))
	for i := range words {
		raised := slices.Clone(good)
		coordinate := raised[i*c.size : (i+1)*c.size]
		if n := add(new(big.Int).SetBytes(coordinate), c.p); n.Cmp(limit) < 0 {
			n.FillBytes(coordinate)
			bad = append(bad, named{"coordinate not canonical", raised})
		}
		zero := c.bytes(nil)
		c.p.FillBytes(zero[i*c.size : (i+1)*c.size])
		bad = append(bad, named{"infinity not canonical", zero})
		off := slices.Clone(good)
		off[(i+1)*c.size-1] ^= 1
		bad = append(bad, named{"off the curve", off})
	}
	all := make([]byte, len(good))
	for i := range all {
		all[i] = 0xFF
	}
	bad = append(bad, named{"all bits", all})
	half := slices.Clone(good)
	clear(half[:len(half)/2])
	bad = append(bad, named{"x zero", half})
	for _, s := range stray {
		bad = append(bad, named{"outside the subgroup", c.bytes(s)})
	}
	return bad
}

// pairingTable adds the edges of a pairing check.
func pairingTable(tb *table, c, twist *curve, call string, stray1, stray2 []*affine) {
	p := func(k int64) []byte { return c.bytes(c.times(big.NewInt(k), c.g)) }
	q := func(k int64) []byte { return twist.bytes(twist.times(big.NewInt(k), twist.g)) }
	minus := c.bytes(c.neg(c.g))
	check := func(name string, t0 uint32, pairs ...[]byte) {
		tb.add(name, call, t0, nil, in(pairs...), vectors.IntArg(len(pairs)/2))
	}
	check("no pairs", 1)
	check("e(P, Q)", 0, p(1), q(1))
	check("e(P, Q) e(-P, Q)", 1, p(1), q(1), minus, q(1))
	check("e(P, Q) e(P, -Q)", 1, p(3), q(1), p(3), twist.bytes(twist.neg(twist.g)))
	check("e(2P, 3Q) e(-P, 6Q)", 1, p(2), q(3), minus, q(6))
	check("e(2P, 3Q) e(-P, 5Q)", 0, p(2), q(3), minus, q(5))
	check("e(2P, 3Q) e(P, 5Q) e(-P, 11Q)", 1, p(2), q(3), p(1), q(5), minus, q(11))
	check("e(0, Q)", 1, c.bytes(nil), q(1))
	check("e(P, 0)", 1, p(1), twist.bytes(nil))
	check("e(0, 0)", 1, c.bytes(nil), twist.bytes(nil))
	check("e(0, Q) e(P, Q)", 0, c.bytes(nil), q(1), p(1), q(1))
	var most [][]byte
	for range MaxPairs / 2 {
		most = append(most, p(1), q(1), minus, q(1))
	}
	check("as many pairs as allowed", 1, most...)
	for _, bad := range c.refusedPoints(c.g, stray1) {
		check("G1 "+bad.name, 0, bad.bytes, twist.bytes(nil))
	}
	for _, bad := range twist.refusedPoints(twist.g, stray2) {
		check("G2 "+bad.name, 0, c.bytes(nil), bad.bytes)
		check("G2 "+bad.name+" after a good pair", 0, p(1), twist.bytes(nil), p(1), bad.bytes)
	}
}

func bn254Table(tb *table) {
	groupTable(tb, bn254Curve, "bn254_add", "bn254_mul", nil)
	pairingTable(tb, bn254Curve, bn254Twist, "bn254_pairing", nil,
		[]*affine{bn254Twist.liftTwist(1), bn254Twist.liftTwist(100)})
}

func blsTable(tb *table) {
	stray1 := []*affine{blsCurve.lift(1), blsCurve.lift(100)}
	stray2 := []*affine{blsTwist.liftTwist(1), blsTwist.liftTwist(100)}
	groupTable(tb, blsCurve, "bls_add_g1", "bls_mul_g1", stray1)
	groupTable(tb, blsTwist, "bls_add_g2", "bls_mul_g2", stray2)
	pairingTable(tb, blsCurve, blsTwist, "bls_pairing", stray1, stray2)
}

// TestStrays: the oracle agrees that the points are on their curves and not of the group's order,
// and that the generators are.
func TestStrays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		c     *curve
		point *affine
		in    bool
	}{
		{bn254Curve, bn254Curve.g, true}, {bn254Curve, bn254Curve.lift(100), true},
		{bn254Twist, bn254Twist.g, true}, {bn254Twist, bn254Twist.liftTwist(1), false},
		{bn254Twist, bn254Twist.liftTwist(100), false},
		{blsCurve, blsCurve.g, true}, {blsCurve, blsCurve.lift(1), false},
		{blsCurve, blsCurve.lift(100), false},
		{blsTwist, blsTwist.g, true}, {blsTwist, blsTwist.liftTwist(1), false},
		{blsTwist, blsTwist.liftTwist(100), false},
		{secp256k1Curve, secp256k1Curve.g, true}, {p256Curve, p256Curve.g, true},
	} {
		require.True(t, tc.c.contains(tc.point))
		require.Equal(t, tc.in, tc.c.times(tc.c.n, tc.point) == nil)
	}
}
