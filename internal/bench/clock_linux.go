package bench

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

const clockThreadCPU = 3 // CLOCK_THREAD_CPUTIME_ID

// now is the time that this thread had a processor for: other work on the computer does not count.
// The caller has locked its goroutine to the thread.
func now() time.Duration {
	var at syscall.Timespec
	_, _, failed := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPU,
		uintptr(unsafe.Pointer(&at)), 0)
	if failed != 0 {
		panic(fmt.Sprintf("BUG: bench: clock_gettime: %v", failed))
	}
	return time.Duration(at.Nano())
}
