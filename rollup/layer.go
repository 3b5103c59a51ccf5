package rollup

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
)

// FinalClaim is a stretch of layers that became final, and who earns its fee pools.
type FinalClaim struct {
	ClaimID   Hash
	Reward    address.Address
	FromLayer uint64
	ToLayer   uint64
}

// Header is the part of an L1 block that Athena executes under. Layer h executes the deposits,
// forced transactions and bundles of block h-1 under the header of block h, so that the set of
// items is fixed before its seed is known. Every field after TxsRoot is recomputed by every L1
// node.
type Header struct {
	Height         uint64
	ParentHash     Hash
	Time           uint64 // seconds, greater than the parent's
	Beacon         Hash
	Proposer       address.Address // L1 account that earns the unburned half of the byte fees
	TxsRoot        Hash            // MMRRoot over the L1 transactions' encodings
	ByteFee        uint64          // L1 price of a posted byte
	DataPrice      uint64          // what an effective item pays its relay per byte
	InclusionPrice uint64          // price of a unit of weight
	ParamsHash     Hash
	Finalized      []FinalClaim // claims that became final in the parent block, oldest first
	CarryRoot      Hash         // commitment to the forced-transaction queue after this layer
	ItemsRoot      Hash         // MMRRoot over the items' encodings
	ItemCount      uint32
	StepCount      uint32
}

// Layer is an L1 block: a header and the transactions it orders.
type Layer struct {
	Header Header
	Txs    []L1Tx
}

// LayerInput is what a layer executes and under what: the output of Derive with its header and
// parameters. With the state before it, it decides the state after it.
type LayerInput struct {
	ChainID Hash
	Header  *Header
	Params  *Params
	Items   []Item
	Steps   []Step
}

// ItemKind is the tag of an item.
type ItemKind uint8

// The kinds of item, in their order within a layer.
const (
	ItemLayerBegin ItemKind = 0
	ItemDeposit    ItemKind = 1
	ItemForced     ItemKind = 2
	ItemTx         ItemKind = 3
	ItemLayerEnd   ItemKind = 4
)

// Item is one thing that Athena executes. What it needs beside the header is in it; the fields that
// do not belong to its kind are zero.
type Item struct {
	Kind    ItemKind
	Deposit DepositItem // ItemDeposit
	Tx      *Tx         // ItemForced, ItemTx
	Size    uint32      // length of Tx's canonical encoding: its data units
	Weight  uint64      // prepaid inclusion weight
	Expiry  uint64      // layer at which expiry is judged (forced: when L1 accepted it)
	// ItemTx only: who bundled it, and the prices of the block that carried it.
	Relay          address.Address
	DataPrice      uint64
	InclusionPrice uint64
}

// Step is items [First, First+Count) of a layer: the unit that a claim asserts and a challenge
// judges.
type Step struct {
	First uint32
	Count uint32
}

// Outcome is what became of an item.
type Outcome uint8

// The outcomes. Failed: effects reverted, fee kept. Ineffective: no change of state, no fee.
const (
	OutcomeSuccess     Outcome = 0
	OutcomeFailed      Outcome = 1
	OutcomeIneffective Outcome = 2
)

// Receipt is the record of one item, appended to the layer's receipts accumulator.
type Receipt struct {
	TxHash     Hash // zero for system items; the deposit's id for deposits
	ItemIndex  uint32
	Outcome    Outcome
	Trap       uint8  // trap.Code of a failed item
	Reason     Reason // why an item was ineffective
	Units      metering.Units
	Fee        uint64 // all that the payer paid
	Relay      address.Address
	ReturnHash Hash // H of the last call's return data; zero when empty
	EventsRoot Hash // MMRRoot over the events' encodings
	Message    []byte
}

// Event is what a program emitted.
type Event struct {
	Account address.Address
	Topics  []Hash // at most 4
	Data    []byte
}

// Drop is a transaction or bundle that derivation left out, and why.
type Drop struct {
	ID     Hash // TxHash of a transaction, else the id of the L1 transaction that carried it
	TxID   Hash // zero when the transaction could not be decoded
	L1Tx   Hash // the L1 transaction that carried it
	Reason Reason
}

// ForcedEntry is a forced transaction waiting for its share of a layer.
type ForcedEntry struct {
	Accepted uint64 // L1 height that accepted it: expiry is judged there
	L1Tx     Hash
	Tx       []byte
}

// Carry is L1 state that passes from layer to layer: the queue of forced transactions. It is
// committed by Header.CarryRoot.
type Carry struct{ Forced []ForcedEntry }
