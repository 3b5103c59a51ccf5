// Package bridge proves what the sealed record of a layer commits to: the withdrawals that L1 pays
// out, and the receipts that a client was shown (docs/spec/bridge.md).
//
// # What it is not
//
// It knows neither which root is final nor what was paid out before: rollup/l1 does. It executes
// nothing.
//
// # Invariants
//
//   - Withdrawal succeeds for a payload of ProveWithdrawal under the root of the tree that it was
//     made from, and for no other withdrawal of that layer and index;
//   - no proof makes a verifier panic, or work longer than its bytes.
package bridge
