// Package wire converts between the consensus types of package rollup and the messages of the gRPC
// API (api/athena/v1): the one place where an outcome, a trap, a reason or a status gets its name
// on the wire, shared by relay, executor and clients.
//
// It is not a codec: consensus bytes are made by package rollup alone, and the messages that carry
// consensus objects carry those bytes beside the fields for people. It links no virtual machine and
// no database, so that a client can use it.
//
// Invariant: Receipt followed by ParseReceipt gives the same rollup.Receipt, whatever the server
// says in the fields that are not its canonical encoding.
package wire
