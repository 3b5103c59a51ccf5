package host

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// Limits bounds what one transaction may do, whatever it pays. See docs/spec/params.md.
type Limits struct {
	CallDepth      uint32 // live frames; the first counts as 1
	MemoryPages    uint32 // of one frame
	TxMemoryPages  uint32 // of all live frames
	InputBytes     uint32 // input stream of a frame, what fd 4 appended included
	ReturnBytes    uint32 // return or revert data of a frame
	LogBytes       uint32 // of a transaction
	EventBytes     uint32 // of a transaction
	Events         uint32 // of a transaction
	Withdrawals    uint32 // of a transaction
	MessageBytes   uint32 // abort message; a longer one is cut
	CodeBytes      uint32 // a template's file
	SlotValueBytes uint32
	BlobBytes      uint32 // immutable spawn arguments
	VerifyKeys     uint32 // keys beside code that a constructor or verify may touch

	TxKeys       uint32 // distinct keys
	TxValueBytes uint32 // their values
	TxCodeBytes  uint32 // code entered or deployed

	Verify metering.Units // cap of a constructor frame, and of a verify frame
}

// Context is what programs may know of the layer.
type Context struct {
	Height     uint64
	Time       uint64
	Beacon     [32]byte
	ParentHash [32]byte
	ChainID    [32]byte
	Prices     metering.Units

	// What a byte of a slot costs beside units. Programs are not told.
	DepositPrice, PrepaidRent uint64
}

// Event is what a program emitted.
type Event struct {
	Account address.Address
	Topics  [][32]byte // at most 4
	Data    []byte
}

// Log is a text that a program wrote to fd 1 or 2. Logs are for people; they are in no receipt, and
// those of failed frames are kept.
type Log struct {
	Account address.Address
	FD      uint8
	Text    []byte
}

// Result is the outcome of a first frame.
type Result struct {
	Trap    trap.Code
	Return  []byte // return data of a success, data of a Revert
	Message []byte // of a Panic: the abort message, or "halt N"
	GasUsed uint64 // compute of this frame and its callees
	Logs    []Log  // written during this frame
}
