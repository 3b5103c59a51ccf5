// Package l1 is the miner's side of Athena: a deterministic state machine over L1 blocks, and what
// relays, executors and users see of it (Chain).
//
// A State holds L1 accounts, the blocks that are still needed, the queue of forced transactions,
// the prices, claims with their bonds, and challenges. It runs no program of Athena but the one
// step that a challenge puts before it, from a witness. See docs/spec/l1.md and
// docs/spec/claims.md.
//
// # What it is not
//
// It holds no state of Athena beyond roots. It does not decide who may make a block, when, or with
// which beacon: that is the L1's own consensus, which calls Build and Apply. rollup/l1/sim is one.
//
// # Invariants
//
//   - Apply is a function of the state and the block. A block that it refuses leaves the state as
//     it was;
//   - money is conserved: balances, bonds, held fees, locked deposits and what was burned add up to
//     what the genesis gave (CheckMoney);
//   - a bundle, deposit or forced transaction that is in a block was paid for and takes effect,
//     since derivation reads blocks and no L1 balances. Every other transaction may be in a block
//     and be refused by it: it pays its bytes, and a Refused event says why.
package l1
