package host

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/precompile"
	"github.com/athenarollup/athena/host/precompile/vectors"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// mark fills what a call may write, so that an untouched result is seen.
const mark = 0xA5

func vectorCases(t testing.TB) (cases []vectors.Case) {
	files, err := filepath.Glob("../fixtures/vectors/precompile/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all, err := vectors.Parse(text)
		require.NoError(t, err)
		cases = append(cases, all...)
	}
	return cases
}

func numberOf(t testing.TB, name string) uint32 {
	for number, c := range calls { //lint:unordered names are unique
		if c.name == name {
			return number
		}
	}
	require.Fail(t, "no such call", name)
	return 0
}

// layout puts the arguments of a vector into memory, one after the other from an odd address on, and
// returns the call with offsets, its pointers and where the result is.
func layout(t testing.TB, v *vectors.Case) (mem []byte, c callCase, out int) {
	c = callCase{name: v.Call, cmd: cmd{numberOf(t, v.Call)}, t0: v.T0}
	mem, out = []byte{mark}, -1
	for i, a := range v.Args {
		if a.Kind == vectors.Int {
			c.cmd[i+1] = a.N
			continue
		}
		c.cmd[i+1] = uint32(len(mem))
		if a.Kind == vectors.Out {
			out = len(mem)
			a.Bytes = bytes.Repeat([]byte{mark}, int(a.N))
			c.output[i] = true
		}
		c.pointer[i] = uint32(len(a.Bytes))
		mem = append(mem, a.Bytes...)
	}
	return mem, c, out
}

// expected is the memory after the call.
func expected(v *vectors.Case, mem []byte, out int) []byte {
	want := bytes.Clone(mem)
	if v.Out != nil {
		copy(want[out:], v.Out)
	}
	return want
}

// TestPrecompileVectors makes the calls of fixtures/vectors/precompile from a guest: t0 is right,
// and memory changes in the result alone, or not at all.
func TestPrecompileVectors(t *testing.T) {
	t.Parallel()
	cases := vectorCases(t)
	covered := map[uint32]bool{}
	for i := range cases {
		v := &cases[i]
		mem, c, out := layout(t, v)
		covered[c.cmd[0]] = true
		if len(mem) > memBytes {
			continue // the guest's memory is too small; host/precompile serves it
		}
		w := newWorld(t)
		after, t0 := w.good(mem, c.place())
		require.Equal(t, []uint32{v.T0}, t0, "%s: %s", v.Call, v.Name)
		require.Equal(t, expected(v, mem, out), after[:len(mem)], "%s: %s", v.Call, v.Name)
	}
	for number := range calls { //lint:unordered independent cases
		require.Equal(t, number >= CallBLAKE3, covered[number], CallName(number))
	}
}

// precompileCases are one accepted and one refused vector of each call, for TestHostCalls: too
// little gas, bad pointers.
func precompileCases(t testing.TB) (cases []callCase) {
	type outcome struct {
		call string
		t0   uint32
	}
	seen := map[outcome]bool{}
	all := vectorCases(t)
	for i := range all {
		v := &all[i]
		mem, c, out := layout(t, v)
		key := outcome{v.Call, v.T0}
		short := len(mem) < 2500
		for j, a := range v.Args {
			short = short && (a.Kind != vectors.In || len(a.Bytes) > 0 || j > 0)
		}
		if seen[key] || !short {
			continue
		}
		seen[key] = true
		c.name = v.Call + ": " + v.Name
		c.mem = func(*world) []byte { return mem }
		want := expected(v, mem, out)
		c.check = func(w *world, after []byte) { require.Equal(w.t, want, after[:len(mem)]) }
		cases = append(cases, c)
	}
	return cases
}

// TestPrecompileArguments: counts above their limits and lengths that do not fit memory trap, in
// time that does not grow with them.
func TestPrecompileArguments(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	const huge = 0xFFFF_FFFF
	for _, tc := range []struct {
		name string
		cmd  cmd
		want trap.Code
	}{
		{"keccak256 of 4 GiB", cmd{CallKeccak256, m, huge, m}, trap.BadHostArgument},
		{"keccak256 of nothing", cmd{CallKeccak256, huge, 0, m}, trap.None},
		{"hash of no elements", cmd{CallPoseidon2Hash, huge, 0, m}, trap.None},
		{"hash of too many elements", cmd{CallPoseidon2Hash, m, precompile.MaxPoseidonElements + 1,
			m}, trap.BadHostArgument},
		{"hash of 2^27 elements", cmd{CallPoseidon2Hash, m, 1 << 27, m}, trap.BadHostArgument},
		{"permutation of width 0", cmd{CallPoseidon2Permute, m, 0, m}, trap.BadHostArgument},
		{"permutation of width 1", cmd{CallPoseidon2Permute, m, 1, m}, trap.BadHostArgument},
		{"permutation of width 4", cmd{CallPoseidon2Permute, m, 4, m}, trap.BadHostArgument},
		{"permutation of a huge width", cmd{CallPoseidon2Permute, m, 1<<27 + 2, m},
			trap.BadHostArgument},
		{"no signatures", cmd{CallVerifyEd25519Batch, huge, 0, huge, 0}, trap.None},
		{"too many signatures", cmd{CallVerifyEd25519Batch, m, precompile.MaxBatch + 1, m, 0},
			trap.BadHostArgument},
		{"signatures beyond 2^32", cmd{CallVerifyEd25519Batch, m, 1 << 30, m, 0},
			trap.BadHostArgument},
		{"messages of 4 GiB", cmd{CallVerifyEd25519Batch, m, 1, m, huge}, trap.BadHostArgument},
		{"no pairs", cmd{CallBN254Pairing, huge, 0}, trap.None},
		{"too many pairs", cmd{CallBN254Pairing, m, precompile.MaxPairs + 1}, trap.BadHostArgument},
		{"pairs beyond 2^32", cmd{CallBN254Pairing, m, 1 << 26}, trap.BadHostArgument},
		{"no BLS pairs", cmd{CallBLSPairing, huge, 0}, trap.None},
		{"too many BLS pairs", cmd{CallBLSPairing, m, precompile.MaxPairs + 1},
			trap.BadHostArgument},
		{"BLS pairs beyond 2^32", cmd{CallBLSPairing, m, huge}, trap.BadHostArgument},
		{"too many inputs", cmd{CallVerifyGroth16, m, m, m, precompile.MaxPublicInputs + 1},
			trap.BadHostArgument},
		{"inputs beyond 2^32", cmd{CallVerifyGroth16, m, m, m, 1 << 27}, trap.BadHostArgument},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, newWorld(t).run(nil, tc.cmd).Trap)
		})
	}
}

// TestPrecompileOverlap: arguments may be the result.
func TestPrecompileOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	five, two := append(make([]byte, 31), 5), append(make([]byte, 31), 2)
	mem, t0 := w.good(join(five, two),
		cmd{CallMulU256, m, m, m},              // 25
		cmd{CallExpU256, m, m + 32, m},         // 625
		cmd{CallAddModU256, m, m, m + 32, m},   // 0
		cmd{CallSubU256, m + 32, m, m + 31},    // 2, a byte before where it was
		cmd{CallKeccak256, m + 31, 32, m + 40}, // the message is read before the digest is written
	)
	require.Equal(t, []uint32{1, 1, 1, 1, 0}, t0)
	require.Equal(t, two[:9], mem[31:40])
	digest := precompile.Keccak256(two)
	require.Equal(t, digest[:], mem[40:72])
}

// TestPrecompilePrices checks what a call costs by its counts and lengths.
func TestPrecompilePrices(t *testing.T) {
	t.Parallel()
	p := &metering.V1().Precompile
	m := openScript.mem
	exponent := func(b ...byte) []byte { return append(make([]byte, 32-len(b)), b...) }
	for _, tc := range []struct {
		name       string
		less, more cmd
		want       uint64 // of more, above less
	}{
		{"keccak256", cmd{CallKeccak256, m, 0, m}, cmd{CallKeccak256, m, 1000, m},
			32 * p.KeccakWord},
		{"hash", cmd{CallPoseidon2Hash, m, 0, m}, cmd{CallPoseidon2Hash, m, 7, m},
			7 * p.Poseidon2},
		{"compress", cmd{CallPoseidon2Hash, m, 0, m}, cmd{CallPoseidon2Compress, m, m, m}, 0},
		{"permute", cmd{CallPoseidon2Permute, m, 2, m}, cmd{CallPoseidon2Permute, m, 3, m},
			p.Poseidon2Wide - p.Poseidon2},
		{"batch", cmd{CallVerifyEd25519Batch, m, 1, m, 3},
			cmd{CallVerifyEd25519Batch, m, 4, m, 65}, 3*p.Ed25519BatchEach + 2*p.Ed25519BatchWord},
		{"bn254", cmd{CallBN254Pairing, m, 1}, cmd{CallBN254Pairing, m, 3}, 2 * p.BN254Pair},
		{"bls", cmd{CallBLSPairing, m, 1}, cmd{CallBLSPairing, m, 3}, 2 * p.BLSPair},
		{"groth16", cmd{CallVerifyGroth16, m, m, m, 0}, cmd{CallVerifyGroth16, m, m, m, 3},
			3 * p.Groth16Input},
		{"exp of 1 byte", cmd{CallExpU256, m + 32, m, m + 64},
			cmd{CallExpU256, m + 32, m + 200, m + 64}, p.U256ExpByte},
		{"expmod of 3 bytes", cmd{CallExpModU256, m, m, m, m + 64},
			cmd{CallExpModU256, m, m + 300, m, m + 64}, 3 * p.U256ModByte},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			mem := make([]byte, 1024)
			copy(mem[200:], exponent(9))
			copy(mem[300:], exponent(1, 0, 0))
			w := newWorld(t)
			less, more := w.run(mem, tc.less), w.run(mem, tc.more)
			require.Equal(t, trap.None, less.Trap)
			require.Equal(t, trap.None, more.Trap)
			require.Equal(t, tc.want, more.GasUsed-less.GasUsed)
		})
	}
}
