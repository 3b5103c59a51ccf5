package host

// Numbers of the precompiles beside the first three; 0x0064_00x0 begins a family. See
// docs/spec/precompiles.md.
const (
	CallKeccak256         = 0x0064_0003
	CallPoseidon2Hash     = 0x0064_0004
	CallPoseidon2Compress = 0x0064_0005
	CallPoseidon2Permute  = 0x0064_0006

	CallVerifyEd25519Batch = 0x0064_0021
	CallRecoverSecp256k1   = 0x0064_0022
	CallVerifyP256         = 0x0064_0023

	CallBN254Add     = 0x0064_0030
	CallBN254Mul     = 0x0064_0031
	CallBN254Pairing = 0x0064_0032

	CallBLSAddG1   = 0x0064_0040
	CallBLSMulG1   = 0x0064_0041
	CallBLSAddG2   = 0x0064_0042
	CallBLSMulG2   = 0x0064_0043
	CallBLSPairing = 0x0064_0044

	CallVerifyGroth16 = 0x0064_0050

	CallAddU256    = 0x0064_0060
	CallSubU256    = 0x0064_0061
	CallMulU256    = 0x0064_0062
	CallDivU256    = 0x0064_0063
	CallModU256    = 0x0064_0064
	CallAddModU256 = 0x0064_0065
	CallMulModU256 = 0x0064_0066
	CallExpU256    = 0x0064_0067
	CallExpModU256 = 0x0064_0068
)

func precompileCalls() map[uint32]call {
	return map[uint32]call{
		CallKeccak256:         {"keccak256", "in len out", 0, (*frame).keccak256},
		CallPoseidon2Hash:     {"poseidon2_hash", "in n out", 0, (*frame).poseidon2Hash},
		CallPoseidon2Compress: {"poseidon2_compress", "left right out", 0, (*frame).poseidon2Compress},
		CallPoseidon2Permute:  {"poseidon2_permute", "in width out", 0, (*frame).poseidon2Permute},

		CallVerifyEd25519Batch: {
			"verify_ed25519_batch", "items n messages len", 0, (*frame).verifyEd25519Batch,
		},
		CallRecoverSecp256k1: {
			"recover_secp256k1", "digest v signature out", 0, (*frame).recoverSecp256k1,
		},
		CallVerifyP256: {"verify_p256", "digest key signature", 0, (*frame).verifyP256},

		CallBN254Add:     {"bn254_add", "a b out", 0, (*frame).bn254Add},
		CallBN254Mul:     {"bn254_mul", "p k out", 0, (*frame).bn254Mul},
		CallBN254Pairing: {"bn254_pairing", "pairs n", 0, (*frame).bn254Pairing},

		CallBLSAddG1:   {"bls_add_g1", "a b out", 0, (*frame).blsAddG1},
		CallBLSMulG1:   {"bls_mul_g1", "p k out", 0, (*frame).blsMulG1},
		CallBLSAddG2:   {"bls_add_g2", "a b out", 0, (*frame).blsAddG2},
		CallBLSMulG2:   {"bls_mul_g2", "p k out", 0, (*frame).blsMulG2},
		CallBLSPairing: {"bls_pairing", "pairs n", 0, (*frame).blsPairing},

		CallVerifyGroth16: {"verify_groth16", "key proof inputs n", 0, (*frame).verifyGroth16},

		CallAddU256:    {"add_u256", "a b out", 0, (*frame).addU256},
		CallSubU256:    {"sub_u256", "a b out", 0, (*frame).subU256},
		CallMulU256:    {"mul_u256", "a b out", 0, (*frame).mulU256},
		CallDivU256:    {"div_u256", "a b out", 0, (*frame).divU256},
		CallModU256:    {"mod_u256", "a b out", 0, (*frame).modU256},
		CallAddModU256: {"addmod_u256", "a b m out", 0, (*frame).addModU256},
		CallMulModU256: {"mulmod_u256", "a b m out", 0, (*frame).mulModU256},
		CallExpU256:    {"exp_u256", "a e out", 0, (*frame).expU256},
		CallExpModU256: {"expmod_u256", "a e m out", 0, (*frame).expModU256},
	}
}
