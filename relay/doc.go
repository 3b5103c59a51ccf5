// Package relay is the daemon that users talk to: it accepts signed transactions, bundles them by size
// and time, posts the bundles to L1 and pays for them, and says how far each transaction has come.
//
// # What it is not
//
// A relay has no say in order or execution, keeps no state of Athena, and cannot censor: a user may
// post to L1 directly or use another relay. It does not check signatures or balances, which takes the
// virtual machine: a transaction that has no effect costs its relay the inclusion (docs/spec/fees.md).
//
// # Invariants
//
//   - What was accepted is durable before it is answered, and is in a block once, was dropped with a
//     reason, or waits, wherever the relay was killed.
//   - A bundle is durable before it is submitted, and is submitted with unchanged bytes until no
//     reorganisation can undo it. A new L1 transaction carries what was in it only after L1 refused
//     the first, and under a nonce that no bundle in flight has.
//   - L1 that fails, refuses or costs more than the account has is waited for, with a growing pause. A
//     store that fails ends the relay: see Relay.Err.
//   - Memory is bounded by MaxQueueBytes, by the bundles in flight, and by a small record for each
//     transaction that waits for L1 or that a reorganisation may take back.
package relay
