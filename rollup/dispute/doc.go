// Package dispute proves and judges one step of a claim: one round, by re-execution from a witness
// (docs/spec/claims.md, challenges).
//
// Prove runs where the state is, Judge where it is not. Both run the same engine; what the judge
// does not find in the witness it cannot read, and the challenge is lost.
//
// # What it is not
//
// It knows nothing of bonds, windows or who may challenge: rollup/l1 does.
//
// # Invariants
//
//   - Judge's verdict is a function of its arguments: the same on every machine, whatever was judged
//     before. The detail is for people;
//   - a witness that Prove returns is judged UPHELD against the root that Prove returns with it, and
//     FRAUD against every other.
package dispute
