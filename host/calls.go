package host

import (
	"fmt"
	"maps"

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
	arity  int
	denied mode // frames in which the call is a StaticViolation
	serve  func(f *frame, a args) trap.Code
}

// Sets of modes that calls are denied in.
const (
	ownerless = modeConstructor | modeFactory
	effectful = modeStatic | modeVerify | ownerless
)

// calls is filled by init: the handlers of calls reach the table through the frames they enter.
var calls map[uint32]call

func init() {
	calls = map[uint32]call{
		CallHalt:          {"halt", 1, 0, (*frame).halt},
		CallWrite:         {"write", 3, 0, (*frame).write},
		CallStorageRead:   {"storage_read", 1, ownerless, (*frame).storageRead},
		CallStorageWrite:  {"storage_write", 2, effectful, (*frame).storageWrite},
		CallCall:          {"call", 6, modeVerify | ownerless, (*frame).call},
		CallBalance:       {"balance", 1, ownerless, (*frame).balance},
		CallSpawn:         {"spawn", 3, modeStatic | modeVerify, (*frame).spawn},
		CallDeploy:        {"deploy", 3, effectful, (*frame).deploy},
		CallContext:       {"context", 1, 0, (*frame).callContext},
		CallInputLeft:     {"input_left", 0, 0, (*frame).inputLeft},
		CallInputRead:     {"input_read", 2, 0, (*frame).inputRead},
		CallMemoryGrow:    {"memory_grow", 1, 0, (*frame).memoryGrow},
		CallGasLeft:       {"gas_left", 1, 0, (*frame).gasLeft},
		CallLayerContext:  {"layer_context", 1, modeVerify, (*frame).layerContext},
		CallStorageLoad:   {"storage_load", 3, ownerless, (*frame).storageLoad},
		CallStorageStore:  {"storage_store", 3, effectful, (*frame).storageStore},
		CallStorageDelete: {"storage_delete", 1, effectful, (*frame).storageDelete},
		CallStorageHas:    {"storage_has", 1, ownerless, (*frame).storageHas},
		CallEmit:          {"emit", 4, effectful, (*frame).emit},
		CallTryCall:       {"try_call", 5, modeVerify | ownerless, (*frame).tryCall},
		CallStaticCall:    {"static_call", 4, modeVerify | ownerless, (*frame).staticCall},
		CallReturnData:    {"return_data", 3, modeVerify, (*frame).returnData},
		CallAccountInfo:   {"account_info", 2, modeVerify | modeConstructor, (*frame).accountInfo},
		CallAbort:         {"abort", 2, 0, (*frame).abort},
		CallRevert:        {"revert", 2, 0, (*frame).revert},
		CallWithdraw:      {"withdraw", 2, effectful, (*frame).withdraw},

		CallSelfDestruct: {"self_destruct", 1, effectful, (*frame).selfDestruct},
		CallLifeline:     {"lifeline", 2, effectful, (*frame).lifeline},
		CallResurrect:    {"resurrect", 5, effectful, (*frame).resurrect},

		CallBLAKE3:        {"blake3", 3, 0, (*frame).blake3},
		CallSHA256:        {"sha256", 3, 0, (*frame).sha256},
		CallVerifyEd25519: {"verify_ed25519", 4, 0, (*frame).verifyEd25519},
	}
	maps.Copy(calls, precompileCalls())
	//lint:unordered each call has a place of its own
	for number, c := range calls {
		switch number >> 8 {
		case 0:
			callTable[number] = &c
		case precompiles:
			precompileTable[uint8(number)] = &c
		default:
			panic(fmt.Sprintf("BUG: host: no table for call %#x", number))
		}
	}
}

// precompiles are the upper three bytes of the numbers of precompiles; other calls have zeroes there.
const precompiles = CallBLAKE3 >> 8

// The rows of calls by the lowest byte of their number.
var callTable, precompileTable [256]*call

// callOf returns the row of a host call, nil when its number is not assigned.
func callOf(number uint32) *call {
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
