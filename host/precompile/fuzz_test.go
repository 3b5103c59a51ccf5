package precompile

import (
	"bytes"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/precompile/vectors"
)

// fuzzCall changes the arguments of one call: whatever the bytes, it answers, twice the same, and
// does not change its arguments. Seeds are the call's vectors.
func fuzzCall(f *testing.F, call string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.txt"))
	require.NoError(f, err)
	var shape []vectors.Arg
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		cases, err := vectors.Parse(text)
		require.NoError(f, err)
		for i, c := range cases {
			if c.Call != call {
				continue
			}
			shape = c.Args
			if i%5 == 0 {
				var all []byte
				for _, a := range c.Args {
					all = append(all, a.Bytes...)
				}
				f.Add(all, uint32(len(c.Args[0].Bytes)), argOf(c.Args))
			}
		}
	}
	require.NotNil(f, shape)
	f.Fuzz(func(t *testing.T, all []byte, first, number uint32) {
		args := split(call, shape, all, first, number)
		before := slices.Clone(all)
		t0, out := served[call](args)
		again, same := served[call](args)
		require.Equal(t, t0, again)
		require.Equal(t, out, same)
		require.True(t, bytes.Equal(before, all))
		require.LessOrEqual(t, t0, uint32(1))
	})
}

// argOf is the number of a call.
func argOf(args []vectors.Arg) uint32 {
	for _, a := range args {
		if a.Kind == vectors.Int {
			return a.N
		}
	}
	return 0
}

// variable are the calls whose arguments have no fixed length: the first takes a part, the last the
// rest.
var variable = map[string]bool{
	"blake3": true, "sha256": true, "keccak256": true, "poseidon2_hash": true,
	"poseidon2_permute": true, "verify_ed25519_batch": true, "bn254_pairing": true,
	"bls_pairing": true, "verify_groth16": true,
}

func split(call string, shape []vectors.Arg, all []byte, first, number uint32) []vectors.Arg {
	args := slices.Clone(shape)
	var ins []int
	for i, a := range args {
		switch a.Kind {
		case vectors.Int:
			args[i].N = number
		case vectors.In:
			ins = append(ins, i)
		}
	}
	if variable[call] {
		all = all[:min(len(all), 8192)]
		if call == "verify_ed25519_batch" {
			first -= first % 100
		}
	}
	for j, i := range ins {
		n := len(shape[i].Bytes)
		switch {
		case variable[call] && j == len(ins)-1:
			n = len(all)
		case variable[call]:
			n = min(int(first), len(all))
			first = Groth16ProofBytes
		case call == "verify_ed25519" && j == 0:
			n = min(int(first), 1000)
		}
		b := make([]byte, n)
		all = all[copy(b, all):]
		args[i].Bytes = b
	}
	if call == "verify_ed25519_batch" {
		items := &args[0].Bytes
		*items = (*items)[:len(*items)-len(*items)%100]
	}
	return args
}

func FuzzKeccak256(f *testing.F)          { fuzzCall(f, "keccak256") }
func FuzzBLAKE3(f *testing.F)             { fuzzCall(f, "blake3") }
func FuzzSHA256(f *testing.F)             { fuzzCall(f, "sha256") }
func FuzzPoseidon2Hash(f *testing.F)      { fuzzCall(f, "poseidon2_hash") }
func FuzzPoseidon2Compress(f *testing.F)  { fuzzCall(f, "poseidon2_compress") }
func FuzzPoseidon2Permute(f *testing.F)   { fuzzCall(f, "poseidon2_permute") }
func FuzzVerifyEd25519(f *testing.F)      { fuzzCall(f, "verify_ed25519") }
func FuzzRecoverSecp256k1(f *testing.F)   { fuzzCall(f, "recover_secp256k1") }
func FuzzVerifyP256(f *testing.F)         { fuzzCall(f, "verify_p256") }
func FuzzBN254Add(f *testing.F)           { fuzzCall(f, "bn254_add") }
func FuzzBN254Mul(f *testing.F)           { fuzzCall(f, "bn254_mul") }
func FuzzBN254Pairing(f *testing.F)       { fuzzCall(f, "bn254_pairing") }
func FuzzBLSAddG1(f *testing.F)           { fuzzCall(f, "bls_add_g1") }
func FuzzBLSMulG1(f *testing.F)           { fuzzCall(f, "bls_mul_g1") }
func FuzzBLSAddG2(f *testing.F)           { fuzzCall(f, "bls_add_g2") }
func FuzzBLSMulG2(f *testing.F)           { fuzzCall(f, "bls_mul_g2") }
func FuzzBLSPairing(f *testing.F)         { fuzzCall(f, "bls_pairing") }
func FuzzVerifyGroth16(f *testing.F)      { fuzzCall(f, "verify_groth16") }
func FuzzVerifyEd25519Batch(f *testing.F) { fuzzCall(f, "verify_ed25519_batch") }

// FuzzBatchIsEach: a batch is valid iff each of its signatures alone is.
func FuzzBatchIsEach(f *testing.F) {
	for _, c := range specCheck {
		f.Add([]byte(nil), mustHex(c.message), mustHex(c.key), mustHex(c.sig), uint8(3), uint16(7))
	}
	f.Fuzz(func(t *testing.T, first, message, key, sig []byte, copies uint8, flip uint16) {
		if len(key) < 32 || len(sig) < 64 || len(message) > 4096 || len(first) > 4096 {
			return
		}
		one := Signed{message, [32]byte(key), [64]byte(sig)}
		batch := slices.Repeat([]Signed{one}, int(copies%4)+2)
		batch[0].Message = first
		batch[1].Signature[flip/8%64] ^= 1 << (flip % 8)
		want := true
		for _, s := range batch {
			want = want && VerifyEd25519(s.Message, s.Key, s.Signature)
		}
		require.Equal(t, want, VerifyEd25519Batch(batch))
	})
}

// FuzzU256 compares 256-bit arithmetic with math/big.
func FuzzU256(f *testing.F) {
	for i, a := range u256Edges() {
		f.Add(bytes32(a), bytes32(maxWord), bytes32(big.NewInt(int64(i))))
	}
	f.Fuzz(func(t *testing.T, x, y, z []byte) {
		var w [3]Word
		var n [3]*big.Int
		for i, b := range [][]byte{x, y, z} {
			copy(w[i][:], b)
			n[i] = new(big.Int).SetBytes(w[i][:])
		}
		checkU256(t, &w, n)
	})
}

func checkU256(t *testing.T, w *[3]Word, n [3]*big.Int) {
	check := func(exact *big.Int, got Word, ok bool) {
		low := new(big.Int).Mod(exact, two256)
		require.Equal(t, bytes32(low), got[:])
		require.Equal(t, low.Cmp(exact) == 0, ok)
	}
	got, ok := AddU256(&w[0], &w[1])
	check(add(n[0], n[1]), got, ok)
	got, ok = SubU256(&w[0], &w[1])
	check(new(big.Int).Sub(n[0], n[1]), got, ok)
	got, ok = MulU256(&w[0], &w[1])
	check(mul(n[0], n[1]), got, ok)
	power, exact := ExpU256(&w[0], &w[1])
	require.Equal(t, bytes32(new(big.Int).Exp(n[0], n[1], two256)), power[:])
	bits := new(big.Int).Mul(big.NewInt(int64(n[0].BitLen()-1)), n[1])
	if n[0].BitLen() > 1 && bits.Cmp(big.NewInt(256)) >= 0 {
		require.False(t, exact)
	} else if n[0].BitLen() <= 1 || n[1].BitLen() < 10 {
		require.Equal(t, new(big.Int).Exp(n[0], n[1], nil).Cmp(two256) < 0, exact)
	}
	zero := n[2].Sign() == 0
	got, ok = AddModU256(&w[0], &w[1], &w[2])
	checkMod(t, add(n[0], n[1]), n[2], got, ok)
	got, ok = MulModU256(&w[0], &w[1], &w[2])
	checkMod(t, mul(n[0], n[1]), n[2], got, ok)
	got, ok = ModU256(&w[0], &w[2])
	checkMod(t, n[0], n[2], got, ok)
	got, ok = ExpModU256(&w[0], &w[1], &w[2])
	if zero {
		require.False(t, ok)
		_, ok = DivU256(&w[0], &w[2])
		require.False(t, ok)
		return
	}
	checkMod(t, new(big.Int).Exp(n[0], n[1], n[2]), n[2], got, ok)
	got, ok = DivU256(&w[0], &w[2])
	check(new(big.Int).Div(n[0], n[2]), got, ok)
}

func checkMod(t *testing.T, n, m *big.Int, got Word, ok bool) {
	if m.Sign() == 0 {
		require.False(t, ok)
		return
	}
	require.True(t, ok)
	require.Equal(t, bytes32(new(big.Int).Mod(n, m)), got[:])
}
