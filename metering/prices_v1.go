package metering

// The prices of the first schedule were set by hand, before anything was measured. A run of
// `athena bench gas --write` replaces this file.
var instructionV1 = InstructionCosts{
	ClassALU: 1, ClassMul: 2, ClassDiv: 8, ClassLoad: 2, ClassStore: 2,
	ClassBranch: 2, ClassJump: 2, ClassIndirect: 4, ClassECALL: 4, ClassIllegal: 1,
}

var hostV1 = HostCosts{
	Base: 50, CopyByte: 1, LogByte: 2, EventBase: 200, EventByte: 4,
	HashBase: 300, HashByte: 4, Ed25519: 60_000, Ed25519Byte: 4,
	CallBase: 1_000, SpawnBase: 2_000, DeployBase: 10_000, DeployByte: 100,
	PageBase: 200, ColdKey: 2_000, WarmKey: 100, SlotByte: 1,
}
