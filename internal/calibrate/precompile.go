package calibrate

import (
	"bytes"
	"fmt"
	"math"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/precompile/vectors"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup/statetree"
)

// Numbers of the precompiles.
const (
	firstPrecompile = 0x0064_0000
	lastPrecompile  = 0x0064_0FFF

	trials = 5 // turns of each vector, to find the slowest

	// A turn repeats a call to about turnGas, or its time would be lost in that of starting it.
	turnGas = 1 << 20
	most    = 2_000
)

// precompileFields are the prices of metering.PrecompileCosts by the calls that are charged by them;
// the other precompiles are charged by HostCosts.
var precompileFields = map[string][]string{
	"keccak256":            {"Keccak", "KeccakWord"},
	"poseidon2_hash":       {"Poseidon2"},
	"poseidon2_compress":   {"Poseidon2"},
	"poseidon2_permute":    {"Poseidon2", "Poseidon2Wide"},
	"verify_ed25519_batch": {"Ed25519Batch", "Ed25519BatchEach", "Ed25519BatchWord"},
	"recover_secp256k1":    {"Secp256k1"},
	"verify_p256":          {"P256"},
	"bn254_add":            {"BN254Add"},
	"bn254_mul":            {"BN254Mul"},
	"bn254_pairing":        {"BN254Pairing", "BN254Pair"},
	"bls_add_g1":           {"BLSAddG1"},
	"bls_mul_g1":           {"BLSMulG1"},
	"bls_add_g2":           {"BLSAddG2"},
	"bls_mul_g2":           {"BLSMulG2"},
	"bls_pairing":          {"BLSPairing", "BLSPair"},
	"verify_groth16":       {"Groth16", "Groth16Input"},
	"add_u256":             {"U256"},
	"sub_u256":             {"U256"},
	"mul_u256":             {"U256"},
	"div_u256":             {"U256Div"},
	"mod_u256":             {"U256Div"},
	"addmod_u256":          {"U256Mod"},
	"mulmod_u256":          {"U256Mod"},
	"exp_u256":             {"U256Exp", "U256ExpByte"},
	"expmod_u256":          {"U256Exp", "U256ModByte"},
}

// precompiles are the names of the host's table by number, in order.
func precompiles() (numbers []uint32) {
	for n := uint32(firstPrecompile); n <= lastPrecompile; n++ {
		if host.CallName(n) != "" {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// candidates returns the vectors of each precompile, by its name.
func candidates() (map[string][]vectors.Case, error) {
	all := map[string][]vectors.Case{}
	texts, err := fixtures.PrecompileVectors()
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	for _, text := range texts {
		cases, err := vectors.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("calibrate: %w", err)
		}
		for _, c := range cases {
			all[c.Call] = append(all[c.Call], c)
		}
	}
	return all, nil
}

// precompileCase measures a precompile at the one of its vectors that takes longest for its gas.
func precompileCase(number uint32, from []vectors.Case, tree *statetree.Tree, s *metering.Schedule,
) Case {
	c := Case{Group: groupPrecompile, Price: host.CallName(number), Name: "the slowest of its vectors"}
	c.prepare = func() (*turn, error) {
		var worst *turn
		slowest := math.Inf(-1)
		for i := range from {
			t, err := vectorTurn(number, &from[i], tree, s)
			if err != nil {
				return nil, err
			}
			each, err := t.quick()
			if err != nil {
				return nil, err
			}
			if each > slowest {
				slowest, worst = each, t
			}
		}
		return worst, nil
	}
	return c
}

// vectorTurn is a guest that makes the call of a vector again and again.
func vectorTurn(number uint32, v *vectors.Case, tree *statetree.Tree, s *metering.Schedule,
) (*turn, error) {
	h := hostCall{name: v.Name, body: ecall(number)}
	var mem []byte
	for i, a := range v.Args {
		reg := fmt.Sprintf("a%d", i)
		if a.Kind == vectors.Int {
			h.setup += fmt.Sprintf("li %s, %d\n", reg, a.N)
			continue
		}
		h.setup += at(reg, len(mem))
		if a.Kind == vectors.Out {
			a.Bytes = make([]byte, a.N)
		}
		mem = append(mem, a.Bytes...)
	}
	a, err := newArena(tree, s, fmt.Sprintf(guest, h.setup, h.body, len(mem)+16), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, v.Name)
	}
	mem = bytes.Clone(mem)
	idle, err := a.call(0, mem)
	if err != nil {
		return nil, err
	}
	once, err := a.call(1, mem)
	if err != nil {
		return nil, err
	}
	h.count = min(max(1, int(turnGas/(once-idle))), most)
	return a.turn(h, mem)
}

// quick is about the nanoseconds that a unit of gas takes.
func (t *turn) quick() (float64, error) {
	idle, nanos := math.Inf(1), math.Inf(1)
	var gas, idleGas uint64
	for range trials {
		var (
			n   float64
			err error
		)
		if n, idleGas, err = fastest(t.idle, 0); err != nil {
			return 0, err
		}
		idle = min(idle, n)
		if n, gas, err = fastest(t.run, 0); err != nil {
			return 0, err
		}
		nanos = min(nanos, n)
	}
	return (nanos - idle) / float64(gas-idleGas), nil
}
