package precompile

import (
	"math/big"
	"slices"

	"github.com/athenarollup/athena/host/precompile/vectors"
)

func poseidon2Table(tb *table) {
	r := bn254Curve.n
	last := add(r, big.NewInt(-1))
	out := vectors.OutArg(32)
	pairs := [][2]*big.Int{
		{new(big.Int), new(big.Int)}, {big.NewInt(1), big.NewInt(2)}, {big.NewInt(2), big.NewInt(1)},
		{last, last}, {last, new(big.Int)},
	}
	for _, p := range pairs {
		tb.add("compress", "poseidon2_compress", 1, bytes32(oracleCompress(p[0], p[1])),
			in(bytes32(p[0])), in(bytes32(p[1])), out)
	}
	for _, state := range [][]*big.Int{
		{new(big.Int), new(big.Int)}, {big.NewInt(1), big.NewInt(2)}, {last, last},
		{new(big.Int), new(big.Int), new(big.Int)},
		{big.NewInt(1), big.NewInt(2), big.NewInt(3)}, {last, new(big.Int), last},
	} {
		before := concat(state)
		for i := range state {
			state[i] = new(big.Int).Set(state[i])
		}
		oraclePoseidon2(state)
		tb.add("permute", "poseidon2_permute", 1, concat(state), in(before),
			vectors.IntArg(len(state)), vectors.OutArg(len(before)))
	}
	for n := range 5 {
		var words []*big.Int
		h := new(big.Int)
		for i := range n {
			e := new(big.Int).SetBytes(sum256(word(int64(i))))
			words = append(words, e.Mod(e, r))
			h = oracleCompress(h, words[i])
		}
		tb.add("hash", "poseidon2_hash", 1, bytes32(h), in(concat(words)), vectors.IntArg(n), out)
	}
	for _, bad := range []*big.Int{r, add(r, big.NewInt(1)), maxWord} {
		b := bytes32(bad)
		tb.add("left not canonical", "poseidon2_compress", 0, nil, in(b), in(word(1)), out)
		tb.add("right not canonical", "poseidon2_compress", 0, nil, in(word(1)), in(b), out)
		tb.add("element not canonical", "poseidon2_hash", 0, nil, in(word(1), b, word(1)),
			vectors.IntArg(3), out)
		for width := 2; width <= 3; width++ {
			for i := range width {
				state := slices.Repeat(word(1), width)
				copy(state[32*i:], b)
				tb.add("element not canonical", "poseidon2_permute", 0, nil, in(state),
					vectors.IntArg(width), vectors.OutArg(32*width))
			}
		}
	}
}

func oracleCompress(left, right *big.Int) *big.Int {
	state := []*big.Int{new(big.Int).Set(left), new(big.Int).Set(right)}
	oraclePoseidon2(state)
	sum := add(state[1], right)
	return sum.Mod(sum, bn254Curve.n)
}

func concat(words []*big.Int) (out []byte) {
	for _, w := range words {
		out = append(out, bytes32(w)...)
	}
	return out
}

// u256Edges are operands around the limbs' edges.
func u256Edges() (edges []*big.Int) {
	one := big.NewInt(1)
	edges = []*big.Int{new(big.Int), one, big.NewInt(2), big.NewInt(3), big.NewInt(10), maxWord}
	for _, bits := range []uint{64, 128, 192, 255} {
		power := new(big.Int).Lsh(one, bits)
		edges = append(edges, add(power, big.NewInt(-1)), power)
	}
	return append(edges, bn254Curve.n, secp256k1Curve.p, add(maxWord, big.NewInt(-1)))
}

var two256 = add(maxWord, big.NewInt(1))

// wrapped adds a case of a call that wraps.
func wrapped(tb *table, call string, a, b, exact *big.Int) {
	low := new(big.Int).Mod(exact, two256)
	tb.add(call, call, answer(low.Cmp(exact) == 0), bytes32(low), in(bytes32(a)), in(bytes32(b)),
		vectors.OutArg(32))
}

func u256Table(tb *table) {
	edges := u256Edges()
	// The edges meet in a pattern that reaches every pair of neighbours and of far ones.
	for i, a := range edges {
		for _, j := range []int{i, i + 1, i + 5, i + 8} {
			b := edges[j%len(edges)]
			wrapped(tb, "add_u256", a, b, add(a, b))
			wrapped(tb, "sub_u256", a, b, new(big.Int).Sub(a, b))
			wrapped(tb, "mul_u256", a, b, mul(a, b))
			divided(tb, a, b)
			modded(tb, a, b, edges[(j+3)%len(edges)])
		}
	}
	for _, tc := range []struct{ a, e int64 }{
		{0, 0}, {0, 1}, {0, 256}, {1, 0}, {1, 1 << 62}, {2, 255}, {2, 256}, {3, 161}, {3, 162},
		{10, 77}, {10, 78}, {16, 63}, {16, 64},
	} {
		a, e := big.NewInt(tc.a), big.NewInt(tc.e)
		exact := a
		if tc.a != 1 {
			exact = new(big.Int).Exp(a, e, nil)
		}
		wrapped(tb, "exp_u256", a, e, exact)
	}
	for _, a := range edges[2:] { // a ≥ 2: a power by so much wraps
		low := new(big.Int).Exp(a, maxWord, two256)
		tb.add("exp_u256", "exp_u256", 0, bytes32(low), in(bytes32(a)), in(bytes32(maxWord)),
			vectors.OutArg(32))
	}
}

func divided(tb *table, a, b *big.Int) {
	args := []vectors.Arg{in(bytes32(a)), in(bytes32(b)), vectors.OutArg(32)}
	if b.Sign() == 0 {
		tb.add("by zero", "div_u256", 0, nil, args...)
		tb.add("by zero", "mod_u256", 0, nil, args...)
		return
	}
	tb.add("div_u256", "div_u256", 1, bytes32(new(big.Int).Div(a, b)), args...)
	tb.add("mod_u256", "mod_u256", 1, bytes32(new(big.Int).Mod(a, b)), args...)
}

func modded(tb *table, a, b, m *big.Int) {
	args := []vectors.Arg{in(bytes32(a)), in(bytes32(b)), in(bytes32(m)), vectors.OutArg(32)}
	calls := []string{"addmod_u256", "mulmod_u256", "expmod_u256"}
	if m.Sign() == 0 {
		for _, call := range calls {
			tb.add("modulo zero", call, 0, nil, args...)
		}
		return
	}
	for i, n := range []*big.Int{add(a, b), mul(a, b), new(big.Int).Exp(a, b, m)} {
		tb.add(calls[i], calls[i], 1, bytes32(n.Mod(n, m)), args...)
	}
}
