// Package demo is the demonstration of Athena: one scenario over a whole development network, told in
// words, and a table of checks that must all hold. It fakes nothing: the contracts are the committed
// ELFs, the daemons talk gRPC, state lives in Pebble, and the false claim is judged by L1 from a witness.
package demo
