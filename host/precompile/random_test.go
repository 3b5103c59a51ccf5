package precompile

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr/poseidon2"
	"github.com/stretchr/testify/require"
)

// randomWord has a random length, so that small numbers come, too.
func randomWord(r *rand.Rand) (w [32]byte) {
	for i := r.IntN(33); i < 32; i++ {
		w[i] = byte(r.Uint32())
	}
	return w
}

// group is a group with its operations on encodings.
type group struct {
	c   *curve
	add func(a, b []byte) ([]byte, bool)
	mul func(p []byte, k *[32]byte) ([]byte, bool)
}

func groups() map[string]group {
	return map[string]group{
		"bn254": {bn254Curve, func(a, b []byte) ([]byte, bool) {
			out, ok := BN254Add((*[64]byte)(a), (*[64]byte)(b))
			return out[:], ok
		}, func(p []byte, k *[32]byte) ([]byte, bool) {
			out, ok := BN254Mul((*[64]byte)(p), k)
			return out[:], ok
		}},
		"bls g1": {blsCurve, func(a, b []byte) ([]byte, bool) {
			out, ok := BLSAddG1((*[96]byte)(a), (*[96]byte)(b))
			return out[:], ok
		}, func(p []byte, k *[32]byte) ([]byte, bool) {
			out, ok := BLSMulG1((*[96]byte)(p), k)
			return out[:], ok
		}},
		"bls g2": {blsTwist, func(a, b []byte) ([]byte, bool) {
			out, ok := BLSAddG2((*[192]byte)(a), (*[192]byte)(b))
			return out[:], ok
		}, func(p []byte, k *[32]byte) ([]byte, bool) {
			out, ok := BLSMulG2((*[192]byte)(p), k)
			return out[:], ok
		}},
	}
}

// TestGroups compares random operations with the oracle.
func TestGroups(t *testing.T) {
	t.Parallel()
	for name, g := range groups() { //lint:unordered independent cases
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			p, q := g.c.g, (*affine)(nil)
			for range 20 {
				k := randomWord(r)
				got, ok := g.mul(g.c.bytes(p), &k)
				require.True(t, ok)
				n := new(big.Int).SetBytes(k[:])
				product := g.c.times(n.Mod(n, g.c.n), p)
				require.Equal(t, g.c.bytes(product), got)
				sum, ok := g.add(g.c.bytes(product), g.c.bytes(q))
				require.True(t, ok)
				require.Equal(t, g.c.bytes(g.c.sum(product, q)), sum)
				q = product
			}
		})
	}
}

// TestPairings: e(aP, bQ) e(cP, dQ) = 1 iff ab + cd = 0.
func TestPairings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		c, twist *curve
		check    func([]byte) bool
	}{{bn254Curve, bn254Twist, BN254Pairing}, {blsCurve, blsTwist, BLSPairing}} {
		r := rand.New(rand.NewPCG(3, 4))
		for range 5 {
			var k [3]*big.Int
			for i := range k {
				w := randomWord(r)
				k[i] = new(big.Int).SetBytes(w[:])
				k[i].Add(k[i].Mod(k[i], tc.c.n), big.NewInt(1))
				k[i].Mod(k[i], tc.c.n)
			}
			if k[2].Sign() == 0 {
				continue
			}
			d := mul(mul(k[0], k[1]), new(big.Int).ModInverse(k[2], tc.c.n))
			d.Mod(d.Neg(d), tc.c.n)
			pair := func(a, b *big.Int) []byte {
				return append(tc.c.bytes(tc.c.times(a, tc.c.g)),
					tc.twist.bytes(tc.twist.times(b, tc.twist.g))...)
			}
			require.True(t, tc.check(append(pair(k[0], k[1]), pair(k[2], d)...)))
			d.Mod(d.Add(d, big.NewInt(1)), tc.c.n)
			require.False(t, tc.check(append(pair(k[0], k[1]), pair(k[2], d)...)))
		}
	}
}

// TestSignatures compares random ECDSA signatures with the oracle's keys.
func TestSignatures(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		digest, d, k := randomWord(r), randomWord(r), randomWord(r)
		d[31] |= 1
		k[31] |= 1
		for _, c := range []*curve{secp256k1Curve, p256Curve} {
			secret := new(big.Int).SetBytes(d[:])
			nonce := new(big.Int).SetBytes(k[:])
			s := c.sign(secret.Mod(secret, c.n), nonce.Mod(nonce, c.n), digest[:])
			sig, key := [64]byte(s.bytes()), [64]byte(c.bytes(c.times(secret, c.g)))
			if c == p256Curve {
				require.True(t, VerifyP256(&digest, &key, &sig))
				digest[0] ^= 1
				require.False(t, VerifyP256(&digest, &key, &sig))
				continue
			}
			got, ok := RecoverSecp256k1(&digest, uint32(s.parity), &sig)
			require.True(t, ok)
			require.Equal(t, key, got)
			got, ok = RecoverSecp256k1(&digest, uint32(1-s.parity), &sig)
			require.True(t, ok, "the mirrored point is of another key")
			require.NotEqual(t, key, got)
		}
	}
}

// TestEcrecover is the case ValidKey of Ethereum's ecrecover, whose answer is an address.
func TestEcrecover(t *testing.T) {
	t.Parallel()
	digest := [32]byte(mustHex("18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"))
	sig := [64]byte(mustHex("73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f" +
		"eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"))
	key, ok := RecoverSecp256k1(&digest, 28-27, &sig)
	require.True(t, ok)
	hash := Keccak256(key[:])
	require.Equal(t, mustHex("a94f5374fce5edbc8e2a8697c15331677e6ebf0b"), hash[12:])
}

// TestPoseidon2 compares random states with gnark-crypto, and the committed constants with the
// chain of hashes that they come from.
func TestPoseidon2(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for _, p := range [][3]int{{2, 6, 50}, {3, 8, 56}} {
		library := poseidon2.NewPermutation(p[0], p[1], p[2])
		for range 50 {
			state, words := make([]fr.Element, p[0]), make([]*big.Int, p[0])
			for i := range state {
				w := randomWord(r)
				state[i].SetBytes(w[:])
				words[i] = state[i].BigInt(new(big.Int))
			}
			got, ok := Poseidon2Permute(concat(words))
			require.True(t, ok)
			require.NoError(t, library.Permutation(state))
			oraclePoseidon2(words)
			require.Equal(t, concat(words), got)
			require.Equal(t, inputBytes(state), got)
		}
	}
	hasher := poseidon2.NewMerkleDamgardHasher()
	var all []byte
	for n := range 8 {
		got, ok := Poseidon2Hash(all)
		require.True(t, ok)
		require.Equal(t, hasher.Sum(nil), got[:])
		e := word(int64(n) + 1)
		_, err := hasher.Write(e)
		require.NoError(t, err)
		all = append(all, e...)
	}
}

// TestLengths: what is no whole number of items, or too many, is refused.
func TestLengths(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 32, 65, 128} {
		_, ok := Poseidon2Permute(make([]byte, n))
		require.False(t, ok)
	}
	_, ok := Poseidon2Hash(make([]byte, 33))
	require.False(t, ok)
	_, ok = Poseidon2Hash(make([]byte, 32*MaxPoseidonElements))
	require.True(t, ok)
	_, ok = Poseidon2Hash(make([]byte, 32*(MaxPoseidonElements+1)))
	require.False(t, ok)
	require.True(t, BN254Pairing(make([]byte, BN254PairBytes*MaxPairs)))
	require.False(t, BN254Pairing(make([]byte, BN254PairBytes*(MaxPairs+1))))
	require.False(t, BN254Pairing(make([]byte, BN254PairBytes-1)))
	require.True(t, BLSPairing(make([]byte, BLSPairBytes*MaxPairs)))
	require.False(t, BLSPairing(make([]byte, BLSPairBytes*(MaxPairs+1))))
	require.False(t, BLSPairing(make([]byte, BLSPairBytes+1)))
}

// TestU256 compares random numbers with math/big; see FuzzU256.
func TestU256(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		var w [3]Word
		var n [3]*big.Int
		for i := range w {
			w[i] = randomWord(r)
			n[i] = new(big.Int).SetBytes(w[i][:])
		}
		checkU256(t, &w, n)
	}
}
