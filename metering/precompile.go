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
