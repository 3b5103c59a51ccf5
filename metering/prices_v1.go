package metering

// The prices of instructions and host calls were set from runs of `athena bench gas`, for about one
// nanosecond a unit of gas on the machine of docs/calibration.md, at the worst of what each may be
// used for. The unit is a quarter of the plainest instruction, so that a byte copied still has a
// whole number. A run with --write replaces this file.
var instructionV1 = InstructionCosts{
	ClassALU: 4, ClassMul: 4, ClassDiv: 5, ClassLoad: 80, ClassStore: 40,
	ClassBranch: 5, ClassJump: 4, ClassIndirect: 5, ClassECALL: 16, ClassIllegal: 4,
}

var hostV1 = HostCosts{
	Base: 90, CopyByte: 1, LogByte: 1, EventBase: 200, EventByte: 1,
	HashBase: 300, HashByte: 2, Ed25519: 60_000, Ed25519Byte: 3,
	CallBase: 1_500, SpawnBase: 2_500, DeployBase: 4_000, DeployByte: 20,
	PageBase: 200, ColdKey: 2_000, WarmKey: 200, SlotByte: 1,
}
