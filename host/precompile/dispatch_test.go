package precompile

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/precompile/vectors"
)

const vectorDir = "../../fixtures/vectors/precompile"

// serve is what the host does with a call, without guest memory: arguments by their order.
type serve func(a []vectors.Arg) (t0 uint32, out []byte)

func at[T [32]byte | [64]byte | [96]byte | [128]byte | [192]byte](a vectors.Arg) *T {
	var v T
	switch p := any(&v).(type) {
	case *[32]byte:
		*p = [32]byte(a.Bytes)
	case *[64]byte:
		*p = [64]byte(a.Bytes)
	case *[96]byte:
		*p = [96]byte(a.Bytes)
	case *[128]byte:
		*p = [128]byte(a.Bytes)
	case *[192]byte:
		*p = [192]byte(a.Bytes)
	}
	return &v
}

func answer(ok bool) uint32 {
	if ok {
		return 1
	}
	return 0
}

func hashed(f func([]byte) [32]byte) serve {
	return func(a []vectors.Arg) (uint32, []byte) {
		h := f(a[0].Bytes)
		return 0, h[:]
	}
}

func yes(f func(a []vectors.Arg) bool) serve {
	return func(a []vectors.Arg) (uint32, []byte) { return answer(f(a)), nil }
}

func maybe(f func(a []vectors.Arg) ([]byte, bool)) serve {
	return func(a []vectors.Arg) (uint32, []byte) {
		out, ok := f(a)
		if !ok {
			return 0, nil
		}
		return 1, out
	}
}

func wraps(f func(x, y *Word) (Word, bool)) serve {
	return func(a []vectors.Arg) (uint32, []byte) {
		z, exact := f(at[Word](a[0]), at[Word](a[1]))
		return answer(exact), z[:]
	}
}

func divides(f func(x, y *Word) (Word, bool)) serve {
	return maybe(func(a []vectors.Arg) ([]byte, bool) {
		z, ok := f(at[Word](a[0]), at[Word](a[1]))
		return z[:], ok
	})
}

func modular(f func(x, y, m *Word) (Word, bool)) serve {
	return maybe(func(a []vectors.Arg) ([]byte, bool) {
		z, ok := f(at[Word](a[0]), at[Word](a[1]), at[Word](a[2]))
		return z[:], ok
	})
}

func combine[T, U, V [32]byte | [64]byte | [96]byte | [192]byte](
	f func(x *T, y *U) (V, bool), bytes func(V) []byte,
) serve {
	return maybe(func(a []vectors.Arg) ([]byte, bool) {
		z, ok := f(at[T](a[0]), at[U](a[1]))
		return bytes(z), ok
	})
}

func b32(b [32]byte) []byte   { return b[:] }
func b64(b [64]byte) []byte   { return b[:] }
func b96(b [96]byte) []byte   { return b[:] }
func b192(b [192]byte) []byte { return b[:] }

// served are all calls that vectors name.
var served = map[string]serve{
	"blake3":    hashed(BLAKE3),
	"sha256":    hashed(SHA256),
	"keccak256": hashed(Keccak256),
	"poseidon2_hash": maybe(func(a []vectors.Arg) ([]byte, bool) {
		h, ok := Poseidon2Hash(a[0].Bytes)
		return h[:], ok
	}),
	"poseidon2_compress": combine(Poseidon2Compress, b32),
	"poseidon2_permute": maybe(func(a []vectors.Arg) ([]byte, bool) {
		return Poseidon2Permute(a[0].Bytes)
	}),
	"verify_ed25519": yes(func(a []vectors.Arg) bool {
		return VerifyEd25519(a[0].Bytes, *at[[32]byte](a[2]), *at[[64]byte](a[3]))
	}),
	"verify_ed25519_batch": yes(func(a []vectors.Arg) bool {
		batch, ok := splitBatch(a[0].Bytes, a[2].Bytes)
		return ok && VerifyEd25519Batch(batch)
	}),
	"recover_secp256k1": maybe(func(a []vectors.Arg) ([]byte, bool) {
		key, ok := RecoverSecp256k1(at[[32]byte](a[0]), a[1].N, at[[64]byte](a[2]))
		return key[:], ok
	}),
	"verify_p256": yes(func(a []vectors.Arg) bool {
		return VerifyP256(at[[32]byte](a[0]), at[[64]byte](a[1]), at[[64]byte](a[2]))
	}),
	"bn254_add":     combine(BN254Add, b64),
	"bn254_mul":     combine(BN254Mul, b64),
	"bn254_pairing": yes(func(a []vectors.Arg) bool { return BN254Pairing(a[0].Bytes) }),
	"bls_add_g1":    combine(BLSAddG1, b96),
	"bls_mul_g1":    combine(BLSMulG1, b96),
	"bls_add_g2":    combine(BLSAddG2, b192),
	"bls_mul_g2":    combine(BLSMulG2, b192),
	"bls_pairing":   yes(func(a []vectors.Arg) bool { return BLSPairing(a[0].Bytes) }),
	"verify_groth16": yes(func(a []vectors.Arg) bool {
		return VerifyGroth16(a[0].Bytes, a[1].Bytes, a[2].Bytes)
	}),
	"add_u256":    wraps(AddU256),
	"sub_u256":    wraps(SubU256),
	"mul_u256":    wraps(MulU256),
	"exp_u256":    wraps(ExpU256),
	"div_u256":    divides(DivU256),
	"mod_u256":    divides(ModU256),
	"addmod_u256": modular(AddModU256),
	"mulmod_u256": modular(MulModU256),
	"expmod_u256": modular(ExpModU256),
}

func splitBatch(items, messages []byte) (batch []Signed, ok bool) {
	for ; len(items) > 0; items = items[100:] {
		n := int(binary.LittleEndian.Uint32(items[96:]))
		if n > len(messages) {
			return nil, false
		}
		batch = append(batch, Signed{messages[:n], [32]byte(items), [64]byte(items[32:])})
		messages = messages[n:]
	}
	return batch, len(messages) == 0
}

// TestVectors serves all cases of fixtures/vectors/precompile. Each call has cases, and each that
// may refuse has one that it refuses.
func TestVectors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.txt"))
	require.NoError(t, err)
	seen, refused := map[string]int{}, map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		cases, err := vectors.Parse(text)
		require.NoError(t, err, file)
		require.NotEmpty(t, cases, file)
		for _, c := range cases {
			f, ok := served[c.Call]
			require.True(t, ok, "%s: %s: no call %q", file, c.Name, c.Call)
			t0, out := f(c.Args)
			require.Equal(t, c.T0, t0, "%s: %s", file, c.Name)
			require.Equal(t, c.Out, out, "%s: %s", file, c.Name)
			if seen[c.Call]++; t0 == 0 {
				refused[c.Call]++
			}
		}
	}
	for call := range served { //lint:unordered independent cases
		require.NotZero(t, seen[call], call)
		require.NotZero(t, refused[call], call)
	}
}
