// Package devnet runs a whole Athena in one process: the simulated L1, a relay and executors, over
// their real interfaces (gRPC on loopback, Pebble underneath). `athena demo` and `athena dev` are made
// of it, and so are end-to-end tests. Its keys are public: they are worth nothing on a real network.
package devnet
