package calibrate

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock is the processor time of the calling thread: a turn that others interrupt is no longer for
// it. Only what they push out of the caches still shows.
func clock() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic("BUG: calibrate: the clock of a thread: " + err.Error())
	}
	return time.Duration(t.Nano())
}
