//go:build race

package host

// Under the race detector pools drop some of what is put into them, so more is allocated.
const hostileSlack = 2
