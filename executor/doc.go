// Package executor is the daemon that executes the ordered layers of L1, keeps the state of Athena,
// answers questions about it, posts bonded claims and challenges wrong ones
// (ARCHITECTURE.md, docs/spec/claims.md).
//
// Step does all that changes anything, in this order for each new tip of L1: go back if L1
// reorganised, execute the layers that are new, follow its own L1 transactions, compare what became
// final, challenge what is wrong, claim what is not claimed. Run repeats it in one goroutine, a
// simulation calls it itself. The gRPC server only reads: a request
// sees one head from its beginning to its end.
//
// # What it is not
//
// It decides nothing about consensus: the items of a layer come from rollup.Derive, their effects
// from rollup/stf, and a challenge is judged by L1. It trusts neither claims nor other executors.
//
// # What is durable
//
//   - the state database: one atomic batch a layer with the state, its reverse diff, the receipts,
//     the layer's roots, what derivation dropped, the carry and the head. After a crash at any
//     moment it is at the old layer or at the new one;
//   - the outbox: every L1 transaction of this account is written down, signed, before it is
//     submitted, and stays until no reorganisation can undo it. After a crash the same bytes are
//     submitted again, so that nothing is bonded twice and nothing is forgotten.
//
// # When it stops
//
// It stops with an error that says what differs, and never builds on the difference, when L1
// derives other items than it does, or makes another root final than its own.
package executor
