package interpreter

import (
	"syscall"
	"time"
)

// cpuTime is the processor time of this process: what a benchmark counts by on a machine that
// others use as well.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
