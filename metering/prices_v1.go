package metering

// The prices of instructions and host calls were set from runs of `athena bench gas`, for about one
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
