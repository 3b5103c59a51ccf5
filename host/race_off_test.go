//go:build !race

package host

const hostileSlack = 1
