// Package host runs programs over state: it serves their host calls, enters and leaves call frames,
// moves money between accounts, and keeps the budgets and the journal in step with each other.
//
// It is not the interpreter (that executes instructions), not the state (host/state keeps it) and
// not the transition function (rollup/stf decides who may run what and who pays). It knows nothing
// of fees, nonces or layers beyond what a program may ask for.
//
// An Executor is immutable and shared; a Session is one transaction and is used by one goroutine:
//
//	t := x.Begin(st, context, principal, units)
//	ok, _ := t.Verify(principal, template, blob, message, auth)
//	result := t.Call(principal, method, args)
//
// Invariants:
//   - No guest panics, hangs or exhausts the host: gas, units, depth, pages and every length are
//     bounded, and each bound is a field of Limits.
//   - A call that fails leaves nothing behind but units, warm marks and burnt gas.
//   - No call creates or destroys money: balances change by transfers only.
//   - Results are a function of state, context, limits and schedule; the code cache cannot be seen.
package host
