package elf

import (
	"errors"
	"fmt"
)

// Reasons for which Load refuses a file. Each returned error wraps exactly one of them.
var (
	ErrTruncated = errors.New("elf: file too short")
	ErrHeader    = errors.New("elf: not a static RV32 executable")
	ErrLimit     = errors.New("elf: above a limit")
	ErrSegment   = errors.New("elf: bad segment")
	ErrSection   = errors.New("elf: bad section")
	ErrLayout    = errors.New("elf: bad memory layout")
	ErrExport    = errors.New("elf: bad export")
)

func errorf(reason error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", reason, fmt.Sprintf(format, args...))
}
