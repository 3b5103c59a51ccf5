package precompile

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallOrder are all encodings of the 8 points of small order, the 6 non-canonical ones included
// (ZIP-215, "Test vectors").
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

// groupOrder is L, little endian.
const groupOrder = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// TestSmallOrderPoints: with S = 0, every A and R of small order verify for every message, which a
// cofactorless or canonical verifier refuses.
func TestSmallOrderPoints(t *testing.T) {
	t.Parallel()
	for _, a := range smallOrder {
		for _, r := range smallOrder {
			key := [32]byte(unhex(t, a))
			var sig [64]byte
			copy(sig[:], unhex(t, r))
			require.True(t, VerifyEd25519([]byte("Zcash"), key, sig), "A %s R %s", a, r)
			sig[32] = 1
			require.False(t, VerifyEd25519([]byte("Zcash"), key, sig), "A %s R %s S 1", a, r)
			copy(sig[32:], unhex(t, groupOrder))
			require.False(t, VerifyEd25519([]byte("Zcash"), key, sig), "S = L is not below L")
		}
	}
}

// TestSpecCheck [13]: these are the twelve cases of "Taming the many EdDSAs" (Chalkias, Garillot,
// Nikolaenko, 2020), with the answers that ZIP-215 demands.
func TestSpecCheck(t *testing.T) {
	t.Parallel()
	for i, c := range specCheck {
		key, sig := [32]byte(unhex(t, c.key)), [64]byte(unhex(t, c.sig))
		require.Equal(t, c.want, VerifyEd25519(unhex(t, c.message), key, sig), "case %d", i)
	}
}

func TestHonestSignatures(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(bytes.NewReader(make([]byte, 64)))
	require.NoError(t, err)
	for _, message := range [][]byte{nil, []byte("a"), bytes.Repeat([]byte{7}, 1000)} {
		key, sig := [32]byte(public), [64]byte(ed25519.Sign(private, message))
		require.True(t, VerifyEd25519(message, key, sig))
		require.False(t, VerifyEd25519(append(message, 0), key, sig))
		for bit := range 512 {
			bad := sig
			bad[bit/8] ^= 1 << (bit % 8)
			require.False(t, VerifyEd25519(message, key, bad), "bit %d", bit)
		}
	}
	// y = 2 is on no point of the curve: a key or R that does not decode is not valid.
	require.False(t, VerifyEd25519(nil, [32]byte{2}, [64]byte{1}))
	require.False(t, VerifyEd25519(nil, [32]byte{1}, [64]byte{2}))
}

func TestHashes(t *testing.T) {
	t.Parallel()
	b3, s2 := BLAKE3(nil), SHA256([]byte("abc"))
	require.Equal(t, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		hex.EncodeToString(b3[:]))
	require.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		hex.EncodeToString(s2[:]))
}
