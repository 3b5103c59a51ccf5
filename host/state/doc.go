// Package state is the journalled world state of one step: accounts, templates, storage slots and
// system records over an authenticated key/value map.
//
// It is not the authenticated map (rollup/statetree is) and knows no rules of programs (host does).
// A State is used by one goroutine.
//
// Invariants:
//   - Every read goes through the backend once, so a recording backend sees every key that matters.
//   - The full key is part of each stored value and is checked on every read. A foreign or
//     malformed value is the fault StateCollision, never a panic: a challenge may run over a state
//     that a liar invented.
//   - Revert(Snapshot()) leaves nothing behind but units and warm marks.
//   - The first operational error is sticky; everything after it is meaningless. See Err.
package state
