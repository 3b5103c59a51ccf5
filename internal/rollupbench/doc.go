// Package rollupbench measures the rollup on this computer: how fast L1 data becomes transactions,
// what it takes to judge a step and how large its witness is, and what an executor needs to
// execute, to validate itself, to go back, to start again and to join. `athena bench rollup` prints
// it.
//
// # What it is not
//
// It is no test: what it finds depends on the machine and on what else runs there. Sizes do not.
//
// # Invariants
//
//   - what is measured is what the network runs: layers are derived from posted bundles, steps are
//     cut by the parameters, executors follow a simulated L1 and keep their state on the disk;
//   - accounts, senders and amounts are drawn from a fixed seed;
//   - a time is the least of some turns, since whatever else runs only adds to it; it is wall time
//     unless its row says otherwise.
//
// # Example
//
//	report, err := rollupbench.Run(ctx, rollupbench.Config{
//		Accounts: 1_000_000, Progress: log.Printf,
//	})
package rollupbench
