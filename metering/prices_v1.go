package metering

// Prices of instructions, host calls and precompiles, set from runs of `athena bench gas`, for about one
// nanosecond a unit of gas on the machine of docs/calibration.md, at the worst of what each may be
// used for. A run with --write replaces this file.
var instructionV1 = InstructionCosts{
	ClassALU: 5, ClassMul: 5, ClassDiv: 6, ClassLoad: 120, ClassStore: 12,
	ClassBranch: 5, ClassJump: 5, ClassIndirect: 5, ClassECALL: 10, ClassIllegal: 20,
}

var hostV1 = HostCosts{
	Base: 40, CopyWord: 16, LogWord: 4, EventBase: 240, EventWord: 24,
	HashBase: 150, HashWord: 32, Ed25519: 40_000, Ed25519Word: 64,
	CallBase: 2_000, SpawnBase: 1_000, DeployBase: 1_000, DeployWord: 400,
	PageBase: 1_500, CodeChunk: 40_000, ColdKey: 2_000, WarmKey: 300, SlotWord: 3,
}

var precompileV1 = PrecompileCosts{
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
