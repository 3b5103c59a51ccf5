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
	ClassIllegal // every encoding outside RV32IM, EBREAK included: the cheapest class

	Classes = 10
)

// InstructionCosts is the gas of one instruction of each class.
type InstructionCosts [Classes]uint32

// HostCosts prices the host calls. Bases are compute gas per call; the others are per byte or per key.
type HostCosts struct {
	Base        uint64 // every host call, before anything else
	CopyByte    uint64 // bytes copied in or out of guest memory, input, return data
	LogByte     uint64 // bytes written to fd 1 and 2
	EventBase   uint64
	EventByte   uint64 // topics and data
	HashBase    uint64 // BLAKE3, SHA-256
	HashByte    uint64
	Ed25519     uint64
	Ed25519Byte uint64
	CallBase    uint64 // entering a frame, before its pages
	SpawnBase   uint64
	DeployBase  uint64
	DeployByte  uint64 // validation and predecoding of code
	PageBase    uint64 // each 4 KiB page mapped at frame start or by memory_grow
	ColdKey     uint64 // compute gas of the first touch of a key in a transaction
	WarmKey     uint64 // compute gas of each later touch
	SlotByte    uint64 // compute gas per byte of a slot read or written
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
// replaces, and in precompile.go.
func V1() *Schedule {
	return &Schedule{
		Version:      1,
		Instruction:  instructionV1,
		Host:         hostV1,
		Precompile:   precompileV1(),
		KeyAllowance: 1_024,
	}
}
