//go:build !linux

package bench

import "time"

var begin = time.Now()

// now is the time since the program began.
func now() time.Duration { return time.Since(begin) }
