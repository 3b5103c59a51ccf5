package metering

// Class groups the instructions that have one price.
type Class uint8

// The classes of instructions.
const (
	ClassALU Class = iota // register and immediate arithmetic, LUI, AUIPC, FENCE
	ClassMul
	ClassDiv
	ClassLoad
	ClassStore
	ClassBranch
	ClassJump     // JAL
	ClassIndirect // JALR
	ClassECALL
	ClassIllegal // every encoding outside RV32IM, EBREAK included: it ends the frame

	Classes = 10
)

// InstructionCosts is the gas of one instruction of each class.
type InstructionCosts [Classes]uint32

// HostCosts prices the host calls. All are compute gas: by the call, by the word, by the page or by
// the key. A word is 32 bytes; the bytes of one charge are rounded up to whole words.
type HostCosts struct {
	Base        uint64 // every host call, before anything else
	CopyWord    uint64 // copied in or out of guest memory, input, return data
	LogWord     uint64 // written to fd 1 and 2
	EventBase   uint64
	EventWord   uint64 // topics and data: copied, encoded, hashed
	HashBase    uint64 // BLAKE3, SHA-256
	HashWord    uint64
	Ed25519     uint64
	Ed25519Word uint64
	CallBase    uint64 // entering a frame, before its pages
	SpawnBase   uint64
	DeployBase  uint64
	DeployWord  uint64 // validation of code
	PageBase    uint64 // each 4 KiB page mapped at frame start or by memory_grow
	CodeChunk   uint64 // each 4 KiB chunk of a template that a transaction enters first: predecoding
	ColdKey     uint64 // the first touch of a key in a transaction
	WarmKey     uint64 // each later touch
	SlotWord    uint64 // of a slot read or written
}

// Schedule is one version of all prices. A Schedule is immutable once published; a change is a new
// version, activated by layer height. See docs/spec/gas.md.
type Schedule struct {
	Version      uint32
	Instruction  InstructionCosts
	Host         HostCosts
	Precompile   PrecompileCosts
	KeyAllowance uint64 // read units that each distinct touched key costs beside its value
}

// V1 is the first schedule. Its prices are in prices_v1.go, which `athena bench gas --write`
// replaces.
func V1() *Schedule {
	return &Schedule{
		Version:      1,
		Instruction:  instructionV1,
		Host:         hostV1,
		Precompile:   precompileV1,
		KeyAllowance: 1_024,
	}
}
