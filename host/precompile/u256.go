package precompile

import "github.com/holiman/uint256"

// Word is an unsigned 256-bit number, big endian.
type Word = [32]byte

// AddU256 is a + b modulo 2^256, and whether that is the sum.
func AddU256(a, b *Word) (Word, bool) {
	x, y := number(a), number(b)
	_, wrapped := x.AddOverflow(&x, &y)
	return x.Bytes32(), !wrapped
}

// SubU256 is a - b modulo 2^256, and whether that is the difference.
func SubU256(a, b *Word) (Word, bool) {
	x, y := number(a), number(b)
	_, wrapped := x.SubOverflow(&x, &y)
	return x.Bytes32(), !wrapped
}

// MulU256 is a · b modulo 2^256, and whether that is the product.
func MulU256(a, b *Word) (Word, bool) {
	x, y := number(a), number(b)
	_, wrapped := x.MulOverflow(&x, &y)
	return x.Bytes32(), !wrapped
}

// DivU256 is the quotient a / b, rounded down. There is none for b = 0.
func DivU256(a, b *Word) (Word, bool) {
	x, y := number(a), number(b)
	if y.IsZero() {
		return Word{}, false
	}
	return x.Div(&x, &y).Bytes32(), true
}

// ModU256 is the remainder of a / b. There is none for b = 0.
func ModU256(a, b *Word) (Word, bool) {
	x, y := number(a), number(b)
	if y.IsZero() {
		return Word{}, false
	}
	return x.Mod(&x, &y).Bytes32(), true
}

// AddModU256 is (a + b) mod m, of the whole sum. There is none for m = 0.
func AddModU256(a, b, m *Word) (Word, bool) {
	x, y, z := number(a), number(b), number(m)
	if z.IsZero() {
		return Word{}, false
	}
	return x.AddMod(&x, &y, &z).Bytes32(), true
}

// MulModU256 is (a · b) mod m, of the whole product. There is none for m = 0.
func MulModU256(a, b, m *Word) (Word, bool) {
	x, y, z := number(a), number(b), number(m)
	if z.IsZero() {
		return Word{}, false
	}
	return x.MulMod(&x, &y, &z).Bytes32(), true
}

// ExpU256 is a^e modulo 2^256, and whether that is the power; 0^0 is 1.
func ExpU256(a, e *Word) (Word, bool) {
	x, y := number(a), number(e)
	result, exact := uint256.NewInt(1), true
	for i := y.BitLen() - 1; i >= 0; i-- {
		_, wrapped := result.MulOverflow(result, result)
		exact = exact && !wrapped
		if bit(&y, i) {
			_, wrapped = result.MulOverflow(result, &x)
			exact = exact && !wrapped
		}
	}
	return result.Bytes32(), exact
}

// ExpModU256 is a^e mod m; 0^0 is 1. There is none for m = 0.
func ExpModU256(a, e, m *Word) (Word, bool) {
	x, y, z := number(a), number(e), number(m)
	if z.IsZero() {
		return Word{}, false
	}
	result := uint256.NewInt(1)
	result.Mod(result, &z)
	for i := y.BitLen() - 1; i >= 0; i-- {
		result.MulMod(result, result, &z)
		if bit(&y, i) {
			result.MulMod(result, &x, &z)
		}
	}
	return result.Bytes32(), true
}

func number(w *Word) (n uint256.Int) {
	n.SetBytes32(w[:])
	return n
}

func bit(n *uint256.Int, i int) bool { return n[i/64]>>(i%64)&1 == 1 }
