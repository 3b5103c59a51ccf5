// Command rivals measures Athena's state tree beside the trees of other projects: one harness, one
// run, the same keys, values and updates. `make bench-state-rivals` runs it.
//
//	go -C internal/statebench/rivals run . --keys 100000 --seconds 2
//	go -C internal/statebench/rivals run . --keys 1000000 --only athena,geth,iavl --json
//	go -C internal/statebench/rivals vet ./...     # does it compile?
//	go -C internal/statebench/rivals test ./...    # do all trees hold what was written?
//
// It is a module of its own, so that no dependency of another project becomes one of Athena, and
// `go test ./...` of the repository does not see it. It uses the others as libraries and holds none
// of their code. When the versions in the repository's go.mod change, `go mod tidy` here follows.
//
// # Method
//
// Each tree lives in a process of its own, which does one turn after another as it is told: its
// heap, its garbage collection and its compactions are its own, so memory and processor time are
// too. One process has a turn at a time, and turns go round, so that a busy moment of the machine
// is shared, as is what compactions that go on between its turns take of the others'. Keys and
// values are those of package statebench, SHA-256 hashes of counters, 32 bytes each. Every update
// overwrites a random key. The m-th update of a row is the same in all trees; how many there are
// depends on time. All values read are compared with what was written, and all proofs verified.
//
// "Updates/s" is that of all commits of a row together, and of the median one. Processor time is
// that of the commits and of what goes on between turns, such as compactions. The live heap is
// what two garbage collections leave, less what the process had before the tree was opened. The
// resident memory is the whole process's, with what C allocated and what the collector has not
// given back.
//
// Sizes of proofs leave out the keys and values in question, 64 bytes each, where the encoding
// holds them. Verifying starts from the library's own form of a proof and leaves its decoding out,
// but for Athena's, which is verified from bytes.
//
// # Fairness
//
// Each is used as its project does by default, with these differences and consequences:
//
//   - athena: SHA-256. Undo records of 256 layers. A commit syncs values, undo record and head;
//     pages of the tree follow some layers later and are repaired after a crash.
//   - athena-memory: the same tree without a disk.
//   - iavl: SHA-256, goleveldb, caches and fast nodes as in the Cosmos SDK. Keeps all versions of
//     the run, as the SDK's default pruning would. It is told to sync, which the SDK does not. A
//     balanced tree: its shape depends on the order of insertions. Witnesses are ics23 compressed
//     batches.
//   - smt (pokt-network/smt): SHA-256, in memory, in its own map of nodes: to be compared with
//     athena-memory. Keeps no history. It stores the values, not their hashes, so that a read
//     answers; that spares it one hash. It hashes keys once more. There are no proofs of several
//     keys: a witness is the sum of compact proofs, of which the side nodes and their bit mask
//     count: its encoding, gob, adds some 230 bytes to each.
//   - geth: Keccak-256, a trie of 16 children, path scheme on Pebble, caches as geth's defaults.
//     The trie alone, which reads walk: no flat state, no history on the disk, which geth adds. As
//     geth works, the last 128 commits and up to 256 MiB below them are in memory only, and
//     nothing is synced: a crash loses them, and geth executes their blocks again.
//   - geth-synced: the same, but each commit is flushed to Pebble and synced, as the others do.
//     Witnesses of both are the distinct nodes of the paths.
//   - merkledb (avalanchego): SHA-256, 16 children, HyperSDK's default sizes: history of 256
//     commits in memory, caches of 4 and 2 GiB; but all processors hash. Values are synced, inner
//     nodes follow later and are rebuilt after a crash. It runs on the Pebble that Athena uses,
//     with avalanchego's options, as avalanchego's own adapter needs an older Pebble than geth's.
//     There are no proofs of several keys: a witness is the distinct nodes of the paths, which are
//     verified as single proofs.
//   - merkledb-1: the same with a history of 1 commit.
//   - pebble: no tree: the floor under all that use Pebble. Loaded in batches of 1,000; all others
//     in commits of 50,000.
package main
