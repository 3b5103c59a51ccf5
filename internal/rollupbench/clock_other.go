//go:build !unix

package rollupbench

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }
