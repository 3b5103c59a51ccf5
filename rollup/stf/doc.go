// Package stf is the state transition of Athena: what one step of a layer does to the state
// (docs/spec/derive.md, docs/spec/fees.md).
//
// The result of a step is a function of the state before it, the step's items, the header of its
// layer and the parameters of that layer, and of nothing else. What a layer accumulates from step to
// step is in the state too (the record "acc"), so every bit that a claim asserts can be judged from
// a witness of one step.
//
// # What it is not
//
// It decides nothing about order or admission: rollup.Derive does. It keeps no state: the caller
// applies the changes that ApplyStep returns. It runs one item after the other.
//
// # Invariants
//
//   - money: balances, locked deposits, reserves, fee pools and relays not credited yet, unclaimed
//     credits and the burn counter add up to the genesis allocations and the deposits (SupplyOf);
//   - no item can fail a step: an item succeeds, fails or is ineffective, and has a receipt;
//   - an ineffective item changes nothing but the accumulator;
//   - any state whatever, also one that no history leads to, gives a result or an error, the same
//     on every machine: a judge may be asked about the state that a liar claims.
package stf
