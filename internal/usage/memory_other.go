//go:build !linux

package usage

// ResidentBytes is not known here.
func ResidentBytes() int64 { return 0 }
