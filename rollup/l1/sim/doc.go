// Package sim is an L1 in one process: the state machine of rollup/l1 with a mempool, virtual time,
// a beacon that a seed fixes, and forks on demand.
//
// It is what `athena dev`, the demo and the tests run on. It has one miner, which is honest, and no
// network.
//
// # What it is not
//
// It is not a consensus protocol: nobody else has a say in what a block is. It keeps no clock: the
// caller says when a block is made (Mine), or lets Run do it.
//
// # Invariants
//
//   - The same seed, genesis, submissions and calls of Mine and Fork make the same blocks.
//   - A transaction that was accepted is in a block, waits, or was refused with a reason, whatever
//     forks happen.
//   - With a store, a block is durable before anybody sees it, and so is a transaction before its
//     submission is answered: a restart ends at the same tip, with the same transactions waiting.
//     Memory then holds the newest 1024 blocks and what waits, however long the chain is.
package sim
