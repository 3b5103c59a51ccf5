// Package docs holds the specification and the rationale, and the tests that compare them with the
// code: a number in a table, a link or the name of a test cannot go stale without a failure.
//
// It holds no code of Athena and is imported by nothing.
package docs
