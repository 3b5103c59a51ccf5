// Package sim plays random histories of a whole network against an oracle: an L1 with forks, relays,
// executors honest and lying, users, adversaries who post straight to L1, machines that lose their
// power at any write, and messages that are lost, late or doubled. In some histories an executor joins
// by snapshot in the middle, from peers one of whom lies; in some, rent is dear and accounts run out of
// it; in some, the reference engine has a bug until an upgrade repairs it.
//
// One seed decides everything; time is the height of L1, and nothing sleeps. After every block the
// history is compared with an oracle, which derives from the genesis with code of its own around
// rollup.Derive and stf, and the invariants of docs/spec are checked: see check.go.
//
// It is not a test of speed, nor of the gRPC servers: daemons are called in process.
package sim
