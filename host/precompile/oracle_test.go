package precompile

import (
	"math/big"

	"golang.org/x/crypto/sha3"
)

// A second, slow implementation of curves and fields over math/big, written from the definitions.

func num(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 0)
	if !ok {
		panic("BUG: test: no number: " + s)
	}
	return n
}

// fp2 is re + im·u with u² = -1; the prime fields use im = 0.
type fp2 struct{ re, im *big.Int }

func real2(n *big.Int) fp2 { return fp2{n, new(big.Int)} }

// curve is y² = x³ + ax + b over a field of characteristic p, with the generator g of a subgroup of
// prime order n. size is the length of an element of the prime field, degree that of the extension.
type curve struct {
	p, n, a      *big.Int
	b            fp2
	g            *affine
	size, degree int
}

// affine is a point; nil is infinity.
type affine struct{ x, y fp2 }

func (c *curve) add2(a, b fp2) fp2 { return c.mod2(new(big.Int).Add(a.re, b.re), add(a.im, b.im)) }

func (c *curve) sub2(a, b fp2) fp2 {
	return c.mod2(new(big.Int).Sub(a.re, b.re), new(big.Int).Sub(a.im, b.im))
}

func (c *curve) mul2(a, b fp2) fp2 {
	re := new(big.Int).Sub(mul(a.re, b.re), mul(a.im, b.im))
	return c.mod2(re, add(mul(a.re, b.im), mul(a.im, b.re)))
}

func (c *curve) inv2(a fp2) fp2 {
	norm := add(mul(a.re, a.re), mul(a.im, a.im))
	norm.ModInverse(norm.Mod(norm, c.p), c.p)
	return c.mod2(mul(a.re, norm), new(big.Int).Neg(mul(a.im, norm)))
}

func (c *curve) mod2(re, im *big.Int) fp2 {
	return fp2{new(big.Int).Mod(re, c.p), new(big.Int).Mod(im, c.p)}
}

func add(a, b *big.Int) *big.Int { return new(big.Int).Add(a, b) }
func mul(a, b *big.Int) *big.Int { return new(big.Int).Mul(a, b) }

func (a fp2) equal(b fp2) bool { return a.re.Cmp(b.re) == 0 && a.im.Cmp(b.im) == 0 }

func (c *curve) rhs(x fp2) fp2 {
	cube := c.mul2(c.mul2(x, x), x)
	return c.add2(c.add2(cube, c.mul2(real2(c.a), x)), c.b)
}

func (c *curve) contains(p *affine) bool {
	return p == nil || c.mul2(p.y, p.y).equal(c.rhs(p.x))
}

func (c *curve) neg(p *affine) *affine {
	if p == nil {
		return nil
	}
	return &affine{p.x, c.sub2(real2(new(big.Int)), p.y)}
}

func (c *curve) sum(p, q *affine) *affine {
	if p == nil {
		return q
	}
	if q == nil {
		return p
	}
	var slope fp2
	switch {
	case !p.x.equal(q.x):
		slope = c.mul2(c.sub2(q.y, p.y), c.inv2(c.sub2(q.x, p.x)))
	case !p.y.equal(q.y) || c.add2(p.y, p.y).equal(real2(new(big.Int))):
		return nil
	default:
		square := c.mul2(p.x, p.x)
		top := c.add2(c.add2(square, c.add2(square, square)), real2(c.a))
		slope = c.mul2(top, c.inv2(c.add2(p.y, p.y)))
	}
	x := c.sub2(c.sub2(c.mul2(slope, slope), p.x), q.x)
	return &affine{x, c.sub2(c.mul2(slope, c.sub2(p.x, x)), p.y)}
}

func (c *curve) times(k *big.Int, p *affine) (product *affine) {
	for i := k.BitLen() - 1; i >= 0; i-- {
		product = c.sum(product, product)
		if k.Bit(i) == 1 {
			product = c.sum(product, p)
		}
	}
	return product
}

// bytes encodes a point as docs/spec/precompiles.md says.
func (c *curve) bytes(p *affine) []byte {
	out := make([]byte, 2*c.degree*c.size)
	if p == nil {
		return out
	}
	words := []*big.Int{p.x.re, p.y.re}
	if c.degree == 2 {
		words = []*big.Int{p.x.im, p.x.re, p.y.im, p.y.re}
	}
	for i, w := range words {
		w.FillBytes(out[i*c.size : (i+1)*c.size])
	}
	return out
}

// lift finds the first point whose x is n, n + 1, …, in the prime field.
func (c *curve) lift(n int64) *affine {
	for ; ; n++ {
		x := real2(big.NewInt(n))
		rhs := c.rhs(x)
		if y := new(big.Int).ModSqrt(rhs.re, c.p); y != nil && rhs.im.Sign() == 0 {
			return &affine{x, real2(y)}
		}
	}
}

func curveOf(p, n, a, b, gx, gy string, size int) *curve {
	c := &curve{p: num(p), n: num(n), a: num(a), b: real2(num(b)), size: size, degree: 1}
	c.g = &affine{real2(num(gx)), real2(num(gy))}
	return c
}

// The domain parameters: SEC 2, FIPS 186-5, EIP-196 and EIP-2537.
var (
	secp256k1Curve = curveOf(
		"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
		"0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "0", "7",
		"0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
		"0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8", 32)
	p256Curve = curveOf(
		"0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
		"0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "-3",
		"0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
		"0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
		"0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", 32)
	bn254Curve = curveOf(
		"21888242871839275222246405745257275088696311157297823662689037894645226208583",
		"21888242871839275222246405745257275088548364400416034343698204186575808495617",
		"0", "3", "1", "2", 32)
	blsCurve = curveOf("0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"+
		"1eabfffeb153ffffb9feffffffffaaab",
		"0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001", "0", "4",
		"0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"+
			"6c55e83ff97a1aeffb3af00adb22c6bb",
		"0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3ed"+
			"d03cc744a2888ae40caa232946c5e7e1", 48)
	bn254Twist = twistOf(bn254Curve, // b = 3 / (9 + u)
		"19485874751759354771024239261021720505790618469301721065564631296452457478373",
		"266929791119991161246907387137283842545076965332900288569378510910307636690",
		"10857046999023057135944570762232829481370756359578518086990519993285655852781",
		"11559732032986387107991004021392285783925812861821192530917403151452391805634",
		"8495653923123431417604973247489272438418190587263600148770280649306958101930",
		"4082367875863433681332203403145435568316851327593401208105741076214120093531")
	blsTwist = twistOf(blsCurve, "4", "4", // b = 4 (1 + u)
		"0x024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d177"+
			"0bac0326a805bbefd48056c8c121bdb8",
		"0x13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049"+
			"334cf11213945d57e5ac7d055d042b7e",
		"0x0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c"+
			"923ac9cc3baca289e193548608b82801",
		"0x0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab"+
			"3f370d275cec1da1aaa9075ff05f79be")
)

func twistOf(c *curve, bRe, bIm, xRe, xIm, yRe, yIm string) *curve {
	twist := *c
	twist.degree = 2
	twist.b = fp2{num(bRe), num(bIm)}
	twist.g = &affine{fp2{num(xRe), num(xIm)}, fp2{num(yRe), num(yIm)}}
	return &twist
}

// liftTwist finds the first point whose x is n + u, n + 1 + u, …: with the odds of the cofactor it
// is outside the subgroup.
func (c *curve) liftTwist(n int64) *affine {
	for ; ; n++ {
		x := fp2{big.NewInt(n), big.NewInt(1)}
		if y, ok := c.sqrt2(c.rhs(x)); ok {
			return &affine{x, y}
		}
	}
}

// sqrt2 is a square root in the extension: with norm = re² + im², y.re² = (re ± √norm)/2.
func (c *curve) sqrt2(a fp2) (fp2, bool) {
	norm := add(mul(a.re, a.re), mul(a.im, a.im))
	root := new(big.Int).ModSqrt(norm.Mod(norm, c.p), c.p)
	if root == nil {
		return fp2{}, false
	}
	half := new(big.Int).ModInverse(big.NewInt(2), c.p)
	for _, r := range []*big.Int{root, new(big.Int).Neg(root)} {
		square := mul(add(a.re, r), half)
		re := new(big.Int).ModSqrt(square.Mod(square, c.p), c.p)
		if re == nil || re.Sign() == 0 {
			continue
		}
		im := mul(mul(a.im, half), new(big.Int).ModInverse(re, c.p))
		if y := c.mod2(re, im); c.mul2(y, y).equal(a) {
			return y, true
		}
	}
	return fp2{}, false
}

// oraclePoseidon2 is the permutation over math/big, with round constants derived anew.
func oraclePoseidon2(state []*big.Int) {
	full, partial, name := 6, 50, "Poseidon2-BN254[t=2,rF=6,rP=50,d=5]"
	if len(state) == 3 {
		full, partial, name = 8, 56, "Poseidon2-BN254[t=3,rF=8,rP=56,d=5]"
	}
	seed := sum256([]byte(name))
	next := func() *big.Int {
		seed = sum256(seed)
		return new(big.Int).SetBytes(seed)
	}
	r := bn254Curve.n
	mix := func(inner bool) {
		sum := new(big.Int)
		for _, s := range state {
			sum.Add(sum, s)
		}
		for i, s := range state {
			if inner && i == len(state)-1 {
				s.Lsh(s, 1)
			}
			s.Mod(s.Add(s, sum), r)
		}
	}
	mix(false)
	for round := range full + partial {
		inner := round >= full/2 && round < full/2+partial
		for i, s := range state {
			if inner && i > 0 {
				break
			}
			s.Exp(s.Add(s, next()), big.NewInt(5), r)
		}
		mix(inner)
	}
}

func sum256(b []byte) []byte {
	h := sha3.NewLegacyKeccak256()
	h.Write(b)
	return h.Sum(nil)
}
