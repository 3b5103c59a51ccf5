// Package statetree is Athena's authenticated state: a map from 32-byte keys to values whose root
// hash commits to all of it (docs/spec/witness.md).
//
// The tree is a compact sparse Merkle tree: an empty subtree is 32 zero bytes, a subtree with one
// leaf is that leaf, everything else is a node of two subtrees. The root is therefore a function of
// the set of (key, value) pairs and of nothing else.
//
//	empty = 0^32
//	leaf  = SHA-256(0x00 ‖ key ‖ SHA-256(value))
//	node  = SHA-256(0x01 ‖ left ‖ right)
//
// A Tree is one version of the state. Its nodes are never changed once they are made, so that Fork
// is one pointer and a version costs only the paths that differ. A node that is not in memory is a
// stub that knows its hash: a Tree of a Store loads it, a Tree parsed from a witness cannot and
// answers ErrIncomplete, never "absent". The code that reads and updates is the same for both.
//
// A Store keeps the versions of consecutive layers, in memory or on Pebble, with side data written
// by the same batches. A Chunk proves all that a range of keys holds, and a Restore makes a store of
// chunks.
//
// Subtrees of few leaves are buckets: one piece of memory, and nothing on the disk but the values.
// The nodes above are pages there, which are written some layers after they changed (upkeep.go) and
// brought to the head after a crash (recover.go). In memory the head is one tree, of which that is
// dropped which is not used. docs/spec/state.md, "Storing it", says the rest.
//
// # What it is not
//
// It knows nothing of accounts, of what keys mean or of what a witness costs: it meters nothing. It
// reads no clock, and no goroutine outlives the call that it works for; trees without a store, such
// as a verdict runs on, use none. A Tree is not safe for concurrent use; a Store is, and each of its
// readers takes a Tree of its own.
//
// # Invariants
//
//   - no leaf lies deeper than MaxDepth; no node has (empty, empty) or (empty, leaf) as children;
//   - Apply changes everything or nothing;
//   - a witness that Parse accepts has the root that was asked for, and encodes back to its bytes;
//   - a Tree of a Store answers for its own version or returns ErrStale, whatever was committed
//     since.
package statetree
