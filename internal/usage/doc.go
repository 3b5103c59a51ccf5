// Package usage says what this process has taken of the machine so far, for benchmarks: processor
// time and memory. Where the system does not tell, the answer is 0.
package usage
