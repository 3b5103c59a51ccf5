// Package lint holds the rules of the repository as tests: who may import whom, what the pure packages
// must not do, and how large a file or a function may be. A failure says what to write instead.
package lint
