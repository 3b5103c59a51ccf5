//go:build !linux

package interpreter

import "time"

var started = time.Now()

// cpuTime is real time where processor time is not to be had.
func cpuTime() time.Duration { return time.Since(started) }
