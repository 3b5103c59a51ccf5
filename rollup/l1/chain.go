package l1

import (
	"context"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// Tip names the newest block of a chain.
type Tip struct {
	Height uint64
	Hash   rollup.Hash
}

// TxStatus is what became of an L1 transaction.
type TxStatus struct {
	Found  bool
	Height uint64        // block that includes it; 0 while it waits
	Reason rollup.Reason // why the block refused it; ReasonNone when it took effect
}

// Account is the L1 side of an account.
type Account struct {
	Balance uint64
	Nonce   uint64 // next nonce
}

// ClaimStatus is the life of a claim.
type ClaimStatus uint8

// The states of a claim.
const (
	ClaimOpen ClaimStatus = iota // living: its window runs or a challenge is unresolved
	ClaimFinal
	ClaimSlashed // FRAUD
	ClaimDead    // lost its anchor, or another root became final: bond returned
)

// ClaimInfo is a claim as L1 keeps it.
type ClaimInfo struct {
	ID          rollup.Hash
	Claim       rollup.Claim
	Status      ClaimStatus
	Admitted    uint64 // block that admitted it
	WindowEnds  uint64 // last block at which a challenge may be opened
	Commit      uint64 // block of its ClaimCommit
	Pending     int    // unresolved challenges
	LastVerdict *rollup.Verdict
	Challenger  address.Address // whose witness LastVerdict is about
}

// FinalHead is the newest final layer and the state root after it.
type FinalHead struct {
	Layer uint64
	Root  rollup.Hash
}

// Chain is the L1 as relays, executors and users see it. Implementations are safe for concurrent use.
// A returned layer or claim must not be modified.
type Chain interface {
	// Tip returns the newest block.
	Tip(ctx context.Context) (Tip, error)
	// Wait blocks until the tip differs from the given one (a new block or a reorganisation).
	Wait(ctx context.Context, from Tip) (Tip, error)
	// Params returns the parameters of a block and of the layer of that height, which the header's
	// ParamsHash commits to; above the tip, those that will be in force unless an upgrade comes. They
	// must not be modified.
	Params(ctx context.Context, height uint64) (*rollup.Params, error)
	// Layer returns the canonical block at a height; ErrNoLayer when there is none (yet).
	Layer(ctx context.Context, height uint64) (*rollup.Layer, error)
	// Submit hands a signed transaction to the miners and returns its id. The same transaction may be
	// submitted again at any time; it is included once. The error wraps a *rollup.RefusedError when the
	// miners refuse it outright.
	Submit(ctx context.Context, tx *rollup.L1Tx) (rollup.Hash, error)
	// TxStatus says what became of an L1 transaction.
	TxStatus(ctx context.Context, id rollup.Hash) (TxStatus, error)
	// Account returns balance and next nonce, transactions that wait for a block included in the nonce.
	Account(ctx context.Context, a address.Address) (Account, error)
	// Claims returns all claims that are not older than the newest final layer minus the retention,
	// oldest first, and the final head.
	Claims(ctx context.Context) ([]ClaimInfo, FinalHead, error)
	// Spent reports whether a withdrawal, by its layer and its index there, was paid out.
	Spent(ctx context.Context, layer, index uint64) (bool, error)
}
