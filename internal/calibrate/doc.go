// Package calibrate measures how long a unit of gas takes: for each class of instruction, each host
// call and each precompile, at the arguments and in the places that are worst for the host. It is
// the engine behind `athena bench gas`, and what the prices of package metering are set by.
//
// It is not a benchmark of programs (package bench is) and no test: a figure depends on the
// computer and its load. It has no part in consensus: it reads the clock.
//
// # Method
//
// A case is a program or a call that does one thing only. It is run in short turns, of which the
// fastest counts, by the processor time of its thread, and of a few rounds the fastest: other work
// on the computer only ever adds time. What it costs to begin is measured with the same program doing nothing, and taken off. Of
// the cases that a price serves, the worst counts. The report's ratio is to the median over all
// prices, and its spread is the largest figure by the smallest.
//
// # Invariants
//
//   - A case fails if the program ends with another trap than it must: there is no figure of what
//     did not run.
//   - Every assigned precompile is measured or listed as not measured, by the host's own table.
package calibrate
