package host

import (
	"fmt"
	"maps"
	"strings"

	"github.com/athenarollup/athena/trap"
)

// Numbers of the host calls: the published ones, ours from 0xB0, precompiles from 0x00640000. They
// are part of consensus and never reused. See docs/spec/abi.md.
const (
	CallHalt          = 0x00
	CallWrite         = 0x02
	CallStorageRead   = 0xA0
	CallStorageWrite  = 0xA1
	CallCall          = 0xA2
	CallBalance       = 0xA3
	CallSpawn         = 0xA4
	CallDeploy        = 0xA5
	CallContext       = 0xA6
	CallInputLeft     = 0xF0
	CallInputRead     = 0xF1
	CallMemoryGrow    = 0xB0
	CallGasLeft       = 0xB1
	CallLayerContext  = 0xB2
	CallStorageLoad   = 0xB3
	CallStorageStore  = 0xB4
	CallStorageDelete = 0xB5
	CallStorageHas    = 0xB6
	CallEmit          = 0xB7
	CallTryCall       = 0xB8
	CallStaticCall    = 0xB9
	CallReturnData    = 0xBA
	CallAccountInfo   = 0xBB
	CallAbort         = 0xBC
	CallRevert        = 0xBD
	CallWithdraw      = 0xBE
	CallSelfDestruct  = 0xBF
	CallLifeline      = 0xC0
	CallResurrect     = 0xC1

	CallBLAKE3        = 0x0064_0001
	CallSHA256        = 0x0064_0002
	CallVerifyEd25519 = 0x0064_0020 // the other precompiles: call_precompile_table.go
)

// Error codes that calls return as −code in t0.
const (
	errAbsent   = 1 // storage_load: no such key
	errNoMemory = 2 // memory_grow: above a limit
)

// failed is the t0 of an error code.
func failed(code uint32) uint32 { return -code }

// args are a0..a5; those above the arity are 0.
type args [6]uint32

// call is a row of the table of host calls. serve checks every pointer for its whole range, charges
// what the work costs, and only then has an effect.
type call struct {
	name   string
	params string // what a0, a1, … are, by the names of docs/spec/abi.md
	denied mode   // frames in which the call is a StaticViolation
	serve  func(f *frame, a args) trap.Code
}

// row is a call whose parameters are counted.
type row struct {
	call
	arity int
}

// Sets of modes that calls are denied in.
const (
	ownerless = modeConstructor | modeFactory
	effectful = modeStatic | modeVerify | ownerless
	secluded  = modeVerify | ownerless // they call nobody
)

// calls is filled by init: the handlers of calls reach the table through the frames they enter.
var calls map[uint32]call

func init() {
	calls = map[uint32]call{
		CallHalt:          {"halt", "code", 0, (*frame).halt},
		CallWrite:         {"write", "fd ptr len", 0, (*frame).write},
		CallStorageRead:   {"storage_read", "key", ownerless, (*frame).storageRead},
		CallStorageWrite:  {"storage_write", "key value", effectful, (*frame).storageWrite},
		CallCall:          {"call", "to payload len out cap amount", secluded, (*frame).call},
		CallBalance:       {"balance", "out", ownerless, (*frame).balance},
		CallSpawn:         {"spawn", "blob len out", modeStatic | modeVerify, (*frame).spawn},
		CallDeploy:        {"deploy", "code len out", effectful, (*frame).deploy},
		CallContext:       {"context", "out", 0, (*frame).callContext},
		CallInputLeft:     {"input_left", "", 0, (*frame).inputLeft},
		CallInputRead:     {"input_read", "dst len", 0, (*frame).inputRead},
		CallMemoryGrow:    {"memory_grow", "pages", 0, (*frame).memoryGrow},
		CallGasLeft:       {"gas_left", "out", 0, (*frame).gasLeft},
		CallLayerContext:  {"layer_context", "out", modeVerify, (*frame).layerContext},
		CallStorageLoad:   {"storage_load", "key out cap", ownerless, (*frame).storageLoad},
		CallStorageStore:  {"storage_store", "key ptr len", effectful, (*frame).storageStore},
		CallStorageDelete: {"storage_delete", "key", effectful, (*frame).storageDelete},
		CallStorageHas:    {"storage_has", "key", ownerless, (*frame).storageHas},
		CallEmit:          {"emit", "topics n data len", effectful, (*frame).emit},
		CallTryCall:       {"try_call", "to payload len amount gas", secluded, (*frame).tryCall},
		CallStaticCall:    {"static_call", "to payload len gas", secluded, (*frame).staticCall},
		CallReturnData:    {"return_data", "out offset len", modeVerify, (*frame).returnData},
		CallAccountInfo: {
			"account_info", "address out", modeVerify | modeConstructor, (*frame).accountInfo,
		},
		CallAbort:    {"abort", "ptr len", 0, (*frame).abort},
		CallRevert:   {"revert", "ptr len", 0, (*frame).revert},
		CallWithdraw: {"withdraw", "recipient amount", effectful, (*frame).withdraw},

		CallSelfDestruct: {"self_destruct", "to", effectful, (*frame).selfDestruct},
		CallLifeline:     {"lifeline", "account amount", effectful, (*frame).lifeline},
		CallResurrect: {
			"resurrect", "account prevAcc key value len", effectful, (*frame).resurrect,
		},

		CallBLAKE3:        {"blake3", "in len out", 0, (*frame).blake3},
		CallSHA256:        {"sha256", "in len out", 0, (*frame).sha256},
		CallVerifyEd25519: {"verify_ed25519", "message len key signature", 0, (*frame).verifyEd25519},
	}
	maps.Copy(calls, precompileCalls())
	//lint:unordered each call has a place of its own
	for number, c := range calls {
		r := &row{c, len(strings.Fields(c.params))}
		switch number >> 8 {
		case 0:
			callTable[number] = r
		case precompiles:
			precompileTable[uint8(number)] = r
		default:
			panic(fmt.Sprintf("BUG: host: no table for call %#x", number))
		}
	}
}

// precompiles are the upper three bytes of the numbers of precompiles; other calls have zeroes there.
const precompiles = CallBLAKE3 >> 8

// The rows of calls by the lowest byte of their number.
var callTable, precompileTable [256]*row

// callOf returns the row of a host call, nil when its number is not assigned.
func callOf(number uint32) *row {
	switch number >> 8 {
	case 0:
		return callTable[number]
	case precompiles:
		return precompileTable[uint8(number)]
	default:
		return nil
	}
}

// CallName returns the name of a host call for traces; "" when the number is not assigned.
func CallName(number uint32) string { return calls[number].name }
