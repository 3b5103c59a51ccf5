// Package statebench measures the state tree: how fast layers are committed, values read, proofs and
// witnesses made and verified, and what a state takes on the disk and in memory. It is the engine
// behind `athena bench state`.
//
// It is not a test: what it measures is checked only as far as every proof and witness that it makes
// is also verified. It reads the clock and writes to a temporary folder.
//
// # Method
//
// Keys are hashes of a counter, values have 32 bytes, and each commit updates distinct random keys
// of the whole state: the worst pattern for caches, with nothing to coalesce. A commit is a layer as
// an executor commits it: applied, hashed, with its reverse diff, synced. The state is loaded in
// layers too, then closed and opened again, so that what is measured starts from the disk. The time
// that passes counts, and beside it the processor time of the whole process, with compactions and
// garbage collection, which other work on the computer disturbs less. Reads, proofs and witnesses are
// timed in turns, of which the median counts.
//
// # Invariants
//
//   - Sizes of proofs and witnesses leave out the keys and values in question: whoever asks knows
//     the ones and asks for the others. The whole length is reported too.
//   - One seed: two runs measure the same keys in the same order.
package statebench
