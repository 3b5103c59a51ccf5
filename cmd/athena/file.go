package main

import (
	"fmt"
	"io"
	"os"
)

// maxFileBytes is the largest file that a verb reads: a program with all its debug information.
const maxFileBytes = 64 << 20

// readFile reads a file that a person named, and refuses what no program can be.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && len(b) > maxFileBytes {
		err = fmt.Errorf("%s has more than %d bytes: no program is that large", name, maxFileBytes)
	}
	return b, err
}
