// Package metering says what everything costs: a versioned Schedule for instructions and host calls,
// the five-dimensional Units that transactions declare and pay, and a Meter that keeps the budgets of
// one transaction. Nothing is free, and nothing here depends on how a program is executed.
package metering
