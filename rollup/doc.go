// Package rollup defines the consensus types of Athena, their one canonical encoding, and Derive:
// the pure function from L1 data to the items that a layer executes.
//
// It is not the virtual machine: a client that builds, signs and decodes transactions links this
// package and nothing below it that executes. The state transition over the items is rollup/stf.
//
// Hashes are SHA-256 over a domain string and the canonical encoding. decode(encode(x)) == x, and
// encode(decode(b)) == b for every accepted b. See docs/spec/codec.md and docs/spec/derive.md.
package rollup
