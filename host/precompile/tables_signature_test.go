package precompile

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"slices"

	"github.com/athenarollup/athena/host/precompile/vectors"
)

// ecdsa is a signature with the parity of its point's y.
type ecdsaSignature struct {
	r, s   *big.Int
	parity int
}

// sign is ECDSA by key d with nonce k.
func (c *curve) sign(d, k *big.Int, digest []byte) ecdsaSignature {
	point := c.times(k, c.g)
	r := new(big.Int).Mod(point.x.re, c.n)
	s := mul(add(new(big.Int).SetBytes(digest), mul(r, d)), new(big.Int).ModInverse(k, c.n))
	return ecdsaSignature{r, s.Mod(s, c.n), int(point.y.re.Bit(0))}
}

// other is the signature with n - s: of the same key, by the mirrored point.
func (c *curve) other(s ecdsaSignature) ecdsaSignature {
	return ecdsaSignature{s.r, new(big.Int).Sub(c.n, s.s), 1 - s.parity}
}

func (s ecdsaSignature) bytes() []byte { return append(bytes32(s.r), bytes32(s.s)...) }

func secp256k1Table(tb *table) {
	c := secp256k1Curve
	out := vectors.OutArg(64)
	for i := range int64(6) {
		digest := sum256(word(i))
		d := new(big.Int).SetBytes(sum256(word(100 + i)))
		key := c.bytes(c.times(d, c.g))
		s := c.sign(d, new(big.Int).SetBytes(sum256(word(200+i))), digest)
		for _, s := range []ecdsaSignature{s, c.other(s)} {
			name := "s below n/2"
			if new(big.Int).Lsh(s.s, 1).Cmp(c.n) > 0 {
				name = "s above n/2"
			}
			tb.add(name, "recover_secp256k1", 1, key, in(digest), vectors.IntArg(s.parity),
				in(s.bytes()), out)
		}
	}
	digest := sum256(word(0))
	good := c.sign(big.NewInt(9), big.NewInt(11), digest)
	one, zero := big.NewInt(1), new(big.Int)
	refuse := func(name string, v int, r, s *big.Int) {
		tb.add(name, "recover_secp256k1", 0, nil, in(digest), vectors.IntArg(v),
			in(ecdsaSignature{r: r, s: s}.bytes()), out)
	}
	refuse("v of 2", 2, good.r, good.s)
	refuse("v of 3", 3, one, good.s)
	refuse("v of 27", 27, good.r, good.s)
	refuse("v of 256", 256, good.r, good.s)
	refuse("v of 2^32 - 1", -1, good.r, good.s)
	refuse("r of 0", good.parity, zero, good.s)
	refuse("s of 0", good.parity, good.r, zero)
	refuse("r of n", good.parity, c.n, good.s)
	refuse("s of n", good.parity, good.r, c.n)
	refuse("r of n + 1", good.parity, add(c.n, one), good.s)
	refuse("s of n + 1", good.parity, good.r, add(c.n, one))
	refuse("all bits", 1, maxWord, maxWord)
	for x, found := int64(1), 0; found < 2; x++ {
		if rhs := c.rhs(real2(big.NewInt(x))); new(big.Int).ModSqrt(rhs.re, c.p) == nil {
			refuse("r is the x of no point", 0, big.NewInt(x), good.s)
			found++
		}
	}
	// s·R = e·G: the key would be infinity.
	k := big.NewInt(12345)
	point := c.times(k, c.g)
	s := mul(new(big.Int).SetBytes(digest), new(big.Int).ModInverse(k, c.n))
	refuse("the key at infinity", int(point.y.re.Bit(0)), point.x.re, s.Mod(s, c.n))
	// The digest is reduced: 2^256 - 1 and 2^256 - 1 - n are one number.
	d := big.NewInt(77)
	long := c.sign(d, big.NewInt(78), bytes32(maxWord))
	tb.add("a digest above n", "recover_secp256k1", 1, c.bytes(c.times(d, c.g)),
		in(bytes32(maxWord)), vectors.IntArg(long.parity), in(long.bytes()), out)
	long = c.sign(d, big.NewInt(78), word(0))
	tb.add("a digest of 0", "recover_secp256k1", 1, c.bytes(c.times(d, c.g)),
		in(word(0)), vectors.IntArg(long.parity), in(long.bytes()), out)
}

func p256Table(tb *table) {
	c := p256Curve
	check := func(name string, t0 uint32, digest, key []byte, s ecdsaSignature) {
		tb.add(name, "verify_p256", t0, nil, in(digest), in(key), in(s.bytes()))
	}
	digest, d := sum256(word(1)), big.NewInt(0xC0FFEE)
	key := c.bytes(c.times(d, c.g))
	good := c.sign(d, big.NewInt(4711), digest)
	one, zero := big.NewInt(1), new(big.Int)
	check("a signature", 1, digest, key, good)
	check("its other s", 1, digest, key, c.other(good))
	check("of another digest", 0, sum256(word(2)), key, good)
	check("of another key", 0, digest, c.bytes(c.g), good)
	check("the negated key", 0, digest, c.bytes(c.neg(c.times(d, c.g))), good)
	check("r of 0", 0, digest, key, ecdsaSignature{r: zero, s: good.s})
	check("s of 0", 0, digest, key, ecdsaSignature{r: good.r, s: zero})
	check("both 0", 0, digest, key, ecdsaSignature{r: zero, s: zero})
	check("r of n", 0, digest, key, ecdsaSignature{r: c.n, s: good.s})
	check("s of n", 0, digest, key, ecdsaSignature{r: good.r, s: c.n})
	check("all bits", 0, digest, key, ecdsaSignature{r: maxWord, s: maxWord})
	check("the key at infinity", 0, digest, c.bytes(nil), good)
	for _, bad := range c.refusedPoints(c.times(d, c.g), nil) {
		check("key: "+bad.name, 0, digest, bad.bytes, good)
	}
	long := c.sign(d, big.NewInt(4712), bytes32(maxWord))
	check("a digest above n", 1, bytes32(maxWord), key, long)
	check("a digest of 0", 1, word(0), key, c.sign(d, big.NewInt(4713), word(0)))

	// For any key Q and any R = u1·G + u2·Q there is a digest that (R.x, R.x/u2) signs: so for a key
	// with a small x, which has a second encoding that must not count.
	low := c.lift(0)
	made, digest := c.forge(low, one, big.NewInt(3))
	check("a key with a small x", 1, digest, c.bytes(low), made)
	raised := c.bytes(low)
	add(low.x.re, c.p).FillBytes(raised[:32])
	check("the same key with x + p", 0, digest, raised, made)

	// r is R.x modulo n: here R.x = n + x, so that r = x is not R.x itself.
	x := new(big.Int).Set(c.n)
	for ; ; x.Add(x, one) {
		rhs := c.rhs(real2(x))
		if y := new(big.Int).ModSqrt(rhs.re, c.p); y != nil && x.Cmp(c.n) > 0 {
			point := &affine{real2(x), real2(y)}
			// Q = r^-1 (s·R - e·G) verifies.
			r, s, e := new(big.Int).Sub(x, c.n), big.NewInt(5), big.NewInt(6)
			q := c.sum(c.times(s, point), c.neg(c.times(e, c.g)))
			q = c.times(new(big.Int).ModInverse(r, c.n), q)
			check("R.x above n", 1, bytes32(e), c.bytes(q), ecdsaSignature{r: r, s: s})
			break
		}
	}
	// R at infinity: u1·G + u2·Q = 0.
	e := new(big.Int).Mod(mul(good.r, new(big.Int).Sub(c.n, d)), c.n)
	check("R at infinity", 0, bytes32(e), key, ecdsaSignature{r: good.r, s: good.s})
}

// forge makes a signature of a digest that nobody chose.
func (c *curve) forge(key *affine, u1, u2 *big.Int) (ecdsaSignature, []byte) {
	point := c.sum(c.times(u1, c.g), c.times(u2, key))
	r := new(big.Int).Mod(point.x.re, c.n)
	s := mul(r, new(big.Int).ModInverse(u2, c.n))
	s.Mod(s, c.n)
	e := mul(u1, s)
	return ecdsaSignature{r: r, s: s}, bytes32(e.Mod(e, c.n))
}

func ed25519Table(tb *table) {
	var good []Signed
	for i := range byte(4) {
		seed := bytes.Repeat([]byte{i + 1}, ed25519.SeedSize)
		private := ed25519.NewKeyFromSeed(seed)
		message := bytes.Repeat([]byte{'m'}, int(i)*7)
		good = append(good, Signed{message, [32]byte(private.Public().(ed25519.PublicKey)),
			[64]byte(ed25519.Sign(private, message))})
	}
	check := func(name string, t0 uint32, batch []Signed) {
		items, messages := joinBatch(batch)
		tb.add(name, "verify_ed25519_batch", t0, nil, in(items), vectors.IntArg(len(batch)),
			in(messages), vectors.IntArg(len(messages)))
	}
	check("no signatures", 1, nil)
	for n := 1; n <= len(good); n++ {
		check("good ones", 1, good[:n])
	}
	check("one twice", 1, []Signed{good[1], good[1]})
	for i := range good {
		bad := slices.Clone(good)
		bad[i].Signature[33] ^= 1
		check("S changed", 0, bad)
		bad = slices.Clone(good)
		bad[i].Signature[0] ^= 1
		check("R changed", 0, bad)
		bad = slices.Clone(good)
		bad[i].Key = good[(i+1)%len(good)].Key
		check("another key", 0, bad)
		bad = slices.Clone(good)
		bad[i].Message = append([]byte("x"), bad[i].Message...)
		check("another message", 0, bad)
	}
	// Errors that cancel in the plain sum of the equations.
	cancel := []Signed{good[0], good[0]}
	addScalar(&cancel[0].Signature, 1)
	addScalar(&cancel[1].Signature, -1)
	check("errors that cancel", 0, cancel)
	// S + L names the same scalar.
	high := slices.Clone(good)
	addOrder(&high[2].Signature)
	check("S above L", 0, high)
	check("S above L alone", 0, high[2:3])

	// What ZIP-215 accepts alone it accepts in company.
	var valid []Signed
	for i, c := range specCheck {
		s := Signed{mustHex(c.message), [32]byte(mustHex(c.key)), [64]byte(mustHex(c.sig))}
		t0 := answer(c.want)
		check("speccheck alone", t0, []Signed{s})
		check("speccheck with a good one", t0, []Signed{good[i%len(good)], s})
		if c.want {
			valid = append(valid, s)
		}
	}
	check("all valid ones of speccheck", 1, valid)
	var small []Signed
	for i, a := range smallOrder {
		r := smallOrder[(i*5+3)%len(smallOrder)]
		small = append(small, Signed{[]byte("Zcash"), [32]byte(mustHex(a)),
			[64]byte(append(mustHex(r), make([]byte, 32)...))})
	}
	check("keys and points of small order", 1, small)

	items, messages := joinBatch(good)
	length := func(name string, n int, messages []byte) {
		changed := slices.Clone(items)
		binary.LittleEndian.PutUint32(changed[len(changed)-4:], uint32(n))
		tb.add(name, "verify_ed25519_batch", 0, nil, in(changed), vectors.IntArg(len(good)),
			in(messages), vectors.IntArg(len(messages)))
	}
	length("messages too short", 21, messages[:len(messages)-1])
	length("messages too long", 21, append(slices.Clone(messages), 0))
	length("a length of 2^32 - 1", -1, messages)
}

func joinBatch(batch []Signed) (items, messages []byte) {
	for _, s := range batch {
		items = slices.Concat(items, s.Key[:], s.Signature[:])
		items = binary.LittleEndian.AppendUint32(items, uint32(len(s.Message)))
		messages = append(messages, s.Message...)
	}
	return items, messages
}

// addScalar adds n to S, modulo the order of the group.
func addScalar(sig *[64]byte, n int64) {
	s := add(littleEndian(sig[32:]), big.NewInt(n))
	putLittleEndian(sig[32:], s.Mod(s, littleEndian(mustHex(groupOrder))))
}

func addOrder(sig *[64]byte) {
	putLittleEndian(sig[32:], add(littleEndian(sig[32:]), littleEndian(mustHex(groupOrder))))
}

func littleEndian(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func putLittleEndian(b []byte, n *big.Int) {
	n.FillBytes(b)
	slices.Reverse(b)
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
