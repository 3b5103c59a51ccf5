package metering

// PrecompileCosts prices the native functions beside the hashes and the single ed25519 signature of
// HostCosts. All are compute gas, on top of Base; copying arguments and results is included. See
// docs/spec/precompiles.md.
type PrecompileCosts struct {
	Keccak     uint64
	KeccakWord uint64 // 32 bytes, as in HostCosts

	Poseidon2     uint64 // a permutation of width 2
	Poseidon2Wide uint64 // a permutation of width 3

	Ed25519Batch     uint64
	Ed25519BatchEach uint64 // each signature
	Ed25519BatchWord uint64 // each word of messages
	Secp256k1        uint64
	P256             uint64

	BN254Add     uint64
	BN254Mul     uint64
	BN254Pairing uint64
	BN254Pair    uint64 // each pair
	BLSAddG1     uint64
	BLSMulG1     uint64
	BLSAddG2     uint64
	BLSMulG2     uint64
	BLSPairing   uint64
	BLSPair      uint64 // each pair
	Groth16      uint64
	Groth16Input uint64 // each public input

	U256        uint64 // add, sub, mul
	U256Div     uint64 // div, mod
	U256Mod     uint64 // addmod, mulmod
	U256Exp     uint64 // exp, expmod
	U256ExpByte uint64 // exp: each byte of the exponent after its leading zeros
	U256ModByte uint64 // expmod: the same
}

// precompileV1 are the prices of the first schedule: about one gas a nanosecond of the machine that
// docs/spec/precompiles.md names, at the worst arguments.
func precompileV1() PrecompileCosts {
	return PrecompileCosts{
		Keccak: 500, KeccakWord: 96,
		Poseidon2: 6_000, Poseidon2Wide: 9_000,
		Ed25519Batch: 30_000, Ed25519BatchEach: 24_000, Ed25519BatchWord: 64,
		Secp256k1: 200_000, P256: 90_000,
		BN254Add: 2_500, BN254Mul: 57_000, BN254Pairing: 300_000, BN254Pair: 220_000,
		BLSAddG1: 105_000, BLSMulG1: 150_000, BLSAddG2: 145_000, BLSMulG2: 290_000,
		BLSPairing: 530_000, BLSPair: 350_000,
		Groth16: 1_150_000, Groth16Input: 57_000,
		U256: 150, U256Div: 180, U256Mod: 300, U256Exp: 200, U256ExpByte: 300, U256ModByte: 2_000,
	}
}
