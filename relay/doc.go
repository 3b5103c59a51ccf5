// Package relay is the daemon that users talk to: it accepts signed transactions, bundles them by size
// and time, posts the bundles to L1 and pays for them, and says how far each transaction has come and
// what each bundle cost and earned.
//
// # What it is not
//
// A relay has no say in order or execution, keeps no state of Athena, and cannot censor: a user may
// post to L1 directly or use another relay. It runs no virtual machine: whether a transaction can have
// an effect it asks an executor, where it has one; one that has none costs its relay the inclusion
// (docs/spec/fees.md). What it takes is its operator's choice (docs/operate/relay.md).
//
// # Invariants
//
//   - What was accepted is durable before it is answered, and is in a block once, was dropped with a
//     reason, or waits, wherever the relay was killed. What a layer has no room for waits again.
//   - A bundle is durable before it is submitted, and is submitted with unchanged bytes until no
//     reorganisation can undo it, but for its bid, which rises under one nonce. A new L1 transaction
//     carries what was in it only after L1 refused all bids, and under a nonce that no bundle in
//     flight has.
//   - L1 that fails, refuses or costs more than the account has is waited for, with a growing pause, at
//     the start as well. A store that fails ends the relay: see Relay.Err.
//   - What gates intake (the limits, the policy, an executor that is away) gates neither building nor
//     posting nor following.
//   - A bundle is booked once, in the write that retires it.
//   - Memory is bounded by MaxQueueBytes, by the bundles in flight, and by a small record for each
//     transaction that waits for L1 or that a reorganisation may take back; the store by Retention and
//     MaxFinished.
//   - With Config.Clock nothing depends on the time of the machine or on goroutines: see Relay.Step.
package relay
