// Package riscv is the instruction set of the Athena machine: RV32I 2.1 with the M extension 2.0,
// user level, little endian.
//
// It decodes, encodes and disassembles single 32-bit words. It executes nothing and knows no
// memory, gas or traps.
//
// Invariants:
//   - Decode is total: every word gives an Inst, and a word that the RV32I and M tables do not list
//     gives OpIllegal (docs/spec/isa.md, "Instruction set").
//   - Encode(Decode(w)) == w for every legal w but FENCE, whose hint fields are dropped.
//   - Decode(Encode(i)) == i for every i that Encode accepts.
package riscv
