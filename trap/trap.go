// Package trap is the list of reasons for which guest execution ends abnormally.
//
// A trap is the guest's fault, never the host's: it is a value with a stable numeric code, part of
// consensus (it is stored in receipts), and it is never a Go panic or a Go error. The package holds
// only the codes, so that clients can name a trap without linking the virtual machine.
package trap

import "strconv"

// Code is the stable number of a trap. Numbers are never reused. See docs/spec/isa.md.
type Code uint8

// The traps. None means that execution ended normally.
const (
	None                Code = 0
	OutOfGas            Code = 1  // compute gas of the frame exhausted; the gas left becomes 0
	OutOfWitness        Code = 2  // a transaction-wide budget (reads, writes, allocation, keys) exhausted; not catchable
	IllegalInstruction  Code = 3  // an encoding outside RV32IM was executed (EBREAK is Breakpoint)
	MisalignedJump      Code = 4  // a jump or taken branch to a target with bit 1 set
	BadJump             Code = 5  // fetch outside executable segments
	LoadFault           Code = 6  // load of a byte without read permission
	StoreFault          Code = 7  // store to a byte without write permission
	StackOverflow       Code = 8  // reserved, never raised: an overflow is a StoreFault below the stack
	Breakpoint          Code = 9  // EBREAK executed
	CallDepth           Code = 10 // nested calls deeper than the limit
	MemoryLimit         Code = 11 // pages of all live frames above the transaction's limit
	UnknownHostCall     Code = 12 // ECALL with an unassigned number in t0
	BadHostArgument     Code = 13 // pointer, length, descriptor or value that the host call refuses
	StaticViolation     Code = 14 // an effect attempted where only reads are allowed
	InsufficientBalance Code = 15 // transfer above the account's balance
	Revert              Code = 16 // the program gave up and returned data
	Panic               Code = 17 // the program aborted with a message, or HALT with a0 != 0
	ReturnDataLimit     Code = 18 // more return data, log or own input than a frame or transaction may produce
	CodeInvalid         Code = 19 // code that the loader refuses
	NotPrincipal        Code = 20 // a principal-only method entered by somebody else
	AccountExpired      Code = 21 // access to an insolvent or expired account
	StateCollision      Code = 22 // two different full keys with one tree key, or a leaf deeper than the limit
	NoSuchMethod        Code = 23 // a selector that the template does not export
	NotSpawned          Code = 24 // a non-empty call to an address without code, or a malformed payload
	Overflow            Code = 25 // a credit above 2^64-1
)

var names = [...]string{
	"None", "OutOfGas", "OutOfWitness", "IllegalInstruction", "MisalignedJump", "BadJump", "LoadFault",
	"StoreFault", "StackOverflow", "Breakpoint", "CallDepth", "MemoryLimit", "UnknownHostCall",
	"BadHostArgument", "StaticViolation", "InsufficientBalance", "Revert", "Panic", "ReturnDataLimit",
	"CodeInvalid", "NotPrincipal", "AccountExpired", "StateCollision", "NoSuchMethod", "NotSpawned",
	"Overflow",
}

// String returns the name of the trap as used in documents and in --json output.
func (c Code) String() string {
	if int(c) < len(names) {
		return names[c]
	}
	return "Trap(" + strconv.Itoa(int(c)) + ")"
}

// Catchable reports whether a calling frame can go on after its callee ended with c: a budget that
// belongs to the whole transaction ends the whole transaction. See docs/spec/abi.md.
func (c Code) Catchable() bool { return c != OutOfWitness }
