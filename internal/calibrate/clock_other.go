//go:build !linux

package calibrate

import "time"

var started = time.Now()

// clock is real time where the processor time of a thread is not to be had.
func clock() time.Duration { return time.Since(started) }
