package precompile

// The largest counts that a call takes. They are part of consensus; the host refuses more with
// BadHostArgument. Lengths of messages are bounded by guest memory, and every byte is paid.
const (
	MaxPoseidonElements = 1024 // hashed by one call
	MaxBatch            = 256  // signatures of an ed25519 batch
	MaxPairs            = 32   // of a pairing check
	MaxPublicInputs     = 64   // of a Groth16 proof
)
