//go:build !unix

package usage

import "time"

// CPUTime is not known here.
func CPUTime() time.Duration { return 0 }
