package rollup

import "github.com/athenarollup/athena/metering"

// Params is every limit and price of the protocol that consensus depends on: one place, one name
// each. They are L1 data, never Athena state; the header carries ParamsHash. See
// docs/spec/params.md.
type Params struct {
	VMVersion      uint32
	EngineRevision uint32 // of the reference engine that judges: repairs of bugs, all versions

	// Sizes in bytes and counts; what is above is refused before it is parsed.
	MaxTxBytes       uint32
	MaxBundleBytes   uint32 // encoded bundle
	MaxExpandedBytes uint32 // body after decompression
	MaxBundleTxs     uint32
	MaxL1TxBytes     uint32
	MaxL1BlockBytes  uint32
	MaxCalls         uint32
	MaxAccessKeys    uint32
	MaxAuthBytes     uint32

	// Declared limits, by dimension: MaxTx <= Step <= Layer.
	MaxTx metering.Units
	Step  metering.Units
	Layer metering.Units

	// Counts that bound a step and its witness. A transaction declares keys, value and code bytes
	// through its read units: see Declared.
	StepItems         uint32
	MaxTxKeys         uint32
	MaxStepKeys       uint32
	MaxTxValueBytes   uint32
	MaxStepValueBytes uint32
	MaxCodeBytes      uint32
	MaxTxCodeBytes    uint32
	MaxStepCodeBytes  uint32
	SystemItem        metering.Units // declared by each layer begin, deposit and layer end
	MaxSlotValueBytes uint32         // value of one storage slot
	MaxBlobBytes      uint32         // immutable spawn arguments of an account

	// Execution.
	MaxVerify        metering.Units // of a constructor and of each verify, within what the transaction declares
	MaxVerifyKeys    uint32
	MaxCallDepth     uint32
	MaxMemoryPages   uint32 // 4 KiB pages of one frame
	MaxTxMemoryPages uint32 // of all live frames of a transaction
	MaxInputBytes    uint32 // input stream of a frame: blob, arguments, and what fd 4 appended
	MaxReturnBytes   uint32 // per frame
	MaxLogBytes      uint32 // per transaction
	MaxEventBytes    uint32 // per transaction
	MaxEvents        uint32 // per transaction
	MaxWithdrawals   uint32 // per transaction
	MaxMessageBytes  uint32 // abort message in a receipt

	// Fees: prices in smallest units per 2^10 units, for the four execution dimensions (Data is 0
	// here), and how they follow use.
	Prices      metering.Units // at genesis
	MinPrices   metering.Units // floor
	PriceTarget metering.Units // use of a layer at which prices hold still
	PriceWindow uint32         // layers whose use counts
	PriceChange uint32         // a layer moves a price by at most 1/PriceChange

	// Rent: what a stored byte of a slot costs (docs/spec/rent.md).
	DepositPrice uint64 // a byte, locked until it is deleted
	RentPrice    uint64 // 2^20 bytes a layer
	RentHorizon  uint64 // layers of rent that are paid when a byte is stored
	SweepLeaves  uint32 // leaves that a layer end visits

	// Derivation.
	OrderDelay          uint64 // 1: layer h executes block h-1
	ForcedShareDivisor  uint32 // forced transactions may use 1/ForcedShareDivisor of a layer
	MaxCarryDelay       uint64 // layers of forced share that the queue holds
	MaxDepositsPerLayer uint32
	MaxDepositUnits     metering.Units // of the call attached to a deposit; data is its payload
	DepositShareDivisor uint32         // attached calls may use 1/DepositShareDivisor of a layer
	MaxFinalPerLayer    uint32
	UnorderedWindow     uint64 // layers that an unordered transaction may live
	SeenPurgePerLayer   uint32 // expired seen records that a layer end deletes

	// L1 prices.
	MinByteFee        uint64
	MinInclusionPrice uint64
	MinDeposit        uint64

	// Claims and challenges; windows in L1 blocks.
	ClaimBond         uint64
	ChallengeBond     uint64
	ChallengeWindow   uint64
	ProveWindow       uint64
	MaxOpenClaims     uint32
	MaxLayersPerClaim uint32
	MaxStepRoots      uint32
	MinClaimDepth     uint64
	VerdictsPerBlock  uint32 // V
	ReorgBound        uint64 // R: deepest L1 reorganisation
	RetainBlocks      uint64 // final layers whose bytes L1 keeps, at least
	BlockMillis       uint64 // time from block to block that verdicts must leave half of
}

// DefaultParams are the parameters of the development network: windows short enough to watch.
func DefaultParams() Params {
	const k, m = 1 << 10, 1 << 20
	p := Params{
		VMVersion:        1,
		EngineRevision:   1,
		MaxTxBytes:       320 * k,
		MaxBundleBytes:   1 * m,
		MaxExpandedBytes: 4 * m,
		MaxBundleTxs:     10_000,
		MaxL1TxBytes:     8 * m,
		MaxL1BlockBytes:  16 * m,
		MaxCalls:         16,
		MaxAccessKeys:    64,
		MaxAuthBytes:     4 * k,

		MaxTx: metering.Units{320 * k, 100_000_000, 2 * m, 1 * m, 1 * m},
		Step:  metering.Units{640 * k, 200_000_000, 4 * m, 2 * m, 2 * m},
		Layer: metering.Units{16 * m, 2_000_000_000, 64 * m, 32 * m, 32 * m},

		StepItems:         16,
		MaxTxKeys:         512,
		MaxStepKeys:       1_024,
		MaxTxValueBytes:   1 * m,
		MaxStepValueBytes: 2 * m,
		MaxCodeBytes:      256 * k,
		MaxTxCodeBytes:    512 * k,
		MaxStepCodeBytes:  1 * m,
		SystemItem:        metering.Units{0, 0, 64 * k, 16 * k, 16 * k},
		MaxSlotValueBytes: 4 * k,
		MaxBlobBytes:      4 * k,

		MaxVerify:        metering.Units{0, 8_000_000, 320 * k, 0, 0},
		MaxVerifyKeys:    16,
		MaxCallDepth:     64,
		MaxMemoryPages:   4_096,
		MaxTxMemoryPages: 16_384,
		MaxInputBytes:    512 * k,
		MaxReturnBytes:   64 * k,
		MaxLogBytes:      64 * k,
		MaxEventBytes:    64 * k,
		MaxEvents:        256,
		MaxWithdrawals:   16,
		MaxMessageBytes:  256,

		OrderDelay:          1,
		ForcedShareDivisor:  4,
		MaxCarryDelay:       8,
		MaxDepositsPerLayer: 64,
		MaxDepositUnits:     metering.Units{16 * k, 20_000_000, 512 * k, 256 * k, 256 * k},
		DepositShareDivisor: 16,
		MaxFinalPerLayer:    4,
		UnorderedWindow:     64,
		SeenPurgePerLayer:   64,

		MinByteFee:        1,
		MinInclusionPrice: 1,
		MinDeposit:        1_000,
	}
	p.defaultFees()
	p.defaultClaims()
	return p
}

// Declared is what an item may use at most: the sums that cut steps and fill layers.
type Declared struct {
	Units      metering.Units
	Keys       uint64
	ValueBytes uint64
	CodeBytes  uint64
}
