package rollup

import "github.com/athenarollup/athena/address"

// Allocation gives an account money at genesis.
type Allocation struct {
	Address address.Address
	Amount  uint64
}

// Genesis fixes a network. ChainID is H("athena/genesis" ‖ its encoding), so two networks that
// differ in anything have different ids and no signature fits both.
type Genesis struct {
	Name        string // at most 32 bytes
	Time        uint64 // seconds
	Params      Params
	Templates   [][]byte        // programs that exist from the start
	Allocations []Allocation    // Athena balances, backed by money locked on L1
	L1          []Allocation    // L1 balances
	Governor    address.Address // L1 account that may post upgrades; zero: nobody
	StateRoot   Hash            // root of the state that Templates and Allocations make: stf.Genesis
}
