package demo

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// Report is what happened, as `athena demo --json` prints it. Amounts are decimal strings.
type Report struct {
	Seed    uint64      `json:"seed"`
	ChainID rollup.Hash `json:"chainId"`
	Genesis rollup.Hash `json:"genesisRoot"`
	Layers  []Layer     `json:"layers"`

	// Reorg are the L1 blocks that another branch replaced, oldest first.
	Reorg []rollup.Hash `json:"reorg"`

	Challenge Challenge `json:"challenge"`
	Verdict   string    `json:"verdict"`
	Slash     Slash     `json:"slash"`
	Final     Final     `json:"final"`
	Accounts  []Account `json:"accounts"`
	Checks    []Check   `json:"checks"`
	OK        bool      `json:"ok"`
}

// Layer is one block of L1 and what Athena executed in it.
type Layer struct {
	Height uint64      `json:"height"`
	L1Hash rollup.Hash `json:"l1Hash"`
	Root   rollup.Hash `json:"root"`
	Items  uint32      `json:"items"`
	Steps  uint32      `json:"steps"`
	Txs    []Tx        `json:"txs,omitempty"`
	L1     []string    `json:"l1,omitempty"` // what L1 did in this block
}

// Tx is an executed transaction.
type Tx struct {
	ID      rollup.Hash `json:"id"`
	What    string      `json:"what"`
	Outcome string      `json:"outcome"`
	Why     string      `json:"why,omitempty"`
	Gas     uint64      `json:"gas,string"`
	Fee     uint64      `json:"fee,string"`
	Events  int         `json:"events"`
}

// Challenge is the dispute of the false claim.
type Challenge struct {
	ClaimID      rollup.Hash `json:"claimId"`
	Layer        uint64      `json:"layer"`
	Step         uint32      `json:"step"` // index into the claim's step roots
	WitnessBytes int         `json:"witnessBytes"`
	GasUsed      uint64      `json:"gasUsed,string"`
	ClaimedRoot  rollup.Hash `json:"claimedRoot"`
	ComputedRoot rollup.Hash `json:"computedRoot"`
}

// Slash is where the bond of the false claim went.
type Slash struct {
	Bond         uint64 `json:"bond,string"`
	ToChallenger uint64 `json:"toChallenger,string"`
	ToProposer   uint64 `json:"toProposer,string"`
	Burned       uint64 `json:"burned,string"`
}

// Final is the newest final layer.
type Final struct {
	Layer uint64      `json:"layer"`
	Root  rollup.Hash `json:"root"`
}

// Account is a user at the end.
type Account struct {
	Name    string          `json:"name"`
	Address address.Address `json:"address"`
	Balance uint64          `json:"balance,string"`
	Tokens  uint64          `json:"tokens,string"`
	Nonce   uint64          `json:"nonce,string"`
}

// Check is one thing that must hold at the end.
type Check struct {
	Name string `json:"name"`
	Want string `json:"want"`
	Got  string `json:"got"`
	OK   bool   `json:"ok"`
}
