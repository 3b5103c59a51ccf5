// Package relay is the daemon that users talk to: it accepts signed transactions, bundles them by size
// and time, posts the bundles to L1 and pays for them, and says how far each transaction has come.
//
// A relay has no say in order or execution, keeps no state of Athena, and cannot censor: a user may
// post to L1 directly or use another relay. Everything that it accepted is durable before it answers:
// after a crash the same bundles are posted again with unchanged bytes, and L1 includes each once.
package relay
