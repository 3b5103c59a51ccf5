// Package api is the contract between the daemons and their clients: protobuf definitions in athena/v1,
// generated code beside them, and the few constants that both sides share. It links no virtual machine.
package api

// ErrorDomain is the domain of the ErrorInfo that a refused request carries; its reason is a
// rollup.Reason by name.
const ErrorDomain = "athena"
