// Package vectorfile reads and writes the language-neutral vectors under fixtures/vectors: text files
// of blocks separated by empty lines, a block being lines "key: value", and lines that start with #
// comments. Bytes are lower-case hexadecimal. It is for tests, and knows nothing of what keys mean;
// fixtures/vectors/README.md says that.
//
// Invariants: a file is written only when -rewrite, the flag of datadriven's transcripts, is given;
// what is written reads back as it is.
package vectorfile

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// maxLine is the longest line of a file: a witness with the code of a program.
const maxLine = 16 << 20

// Block is one block of a file: lines in their order.
type Block struct {
	lines []line
}

type line struct{ key, value string }

// Add appends a line.
func (b *Block) Add(key, format string, args ...any) {
	b.lines = append(b.lines, line{key, fmt.Sprintf(format, args...)})
}

// Keys returns the keys of the lines.
func (b *Block) Keys() []string {
	out := make([]string, len(b.lines))
	for i, l := range b.lines {
		out[i] = l.key
	}
	return out
}

// All returns the values of a key that may be there any number of times.
func (b *Block) All(key string) (out []string) {
	for _, l := range b.lines {
		if l.key == key {
			out = append(out, l.value)
		}
	}
	return out
}

// Get returns the value of a key that is there once.
func (b *Block) Get(t testing.TB, key string) string {
	t.Helper()
	all := b.All(key)
	if len(all) != 1 {
		t.Fatalf("%d lines %q in this block:\n%s", len(all), key, b)
	}
	return all[0]
}

// Hex returns the bytes of a key that is there once.
func (b *Block) Hex(t testing.TB, key string) []byte {
	t.Helper()
	return Unhex(t, b.Get(t, key))
}

// Uint returns the number of a key that is there once.
func (b *Block) Uint(t testing.TB, key string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(b.Get(t, key), 10, 64)
	if err != nil {
		t.Fatalf("key %q: %v", key, err)
	}
	return n
}

// String returns the block as it is in a file.
func (b *Block) String() string {
	var s strings.Builder
	for _, l := range b.lines {
		fmt.Fprintf(&s, "%s: %s\n", l.key, l.value)
	}
	return s.String()
}

// Unhex returns the bytes of a value.
func Unhex(t testing.TB, value string) []byte {
	t.Helper()
	out, err := hex.DecodeString(value)
	if err != nil {
		t.Fatalf("%q: %v", value, err)
	}
	return out
}

// Rewriting reports whether the vectors are to be written again.
func Rewriting() bool {
	f := flag.Lookup("rewrite")
	return f != nil && f.Value.String() == "true"
}

// Load returns the blocks of a file. With -rewrite it first writes those that fresh returns, under
// a comment that names the command.
func Load(t testing.TB, path, command string, fresh func() []*Block) []*Block {
	t.Helper()
	if Rewriting() {
		write(t, path, command, fresh())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(all) == 0 {
		t.Fatalf("%s: no vectors", path)
	}
	return all
}

func write(t testing.TB, path, command string, all []*Block) {
	t.Helper()
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Written by %s -rewrite; see README.md here.\n", command)
	for _, b := range all {
		out.WriteString("\n" + b.String())
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Parse returns the blocks of a file's text.
func Parse(text []byte) (all []*Block, err error) {
	open := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		s := lines.Text()
		if s == "" || s[0] == '#' {
			open = false
			continue
		}
		key, value, ok := strings.Cut(s, ": ")
		if !ok {
			return nil, fmt.Errorf("vectorfile: line %q has no key", s)
		}
		if !open {
			all, open = append(all, new(Block)), true
		}
		b := all[len(all)-1]
		b.lines = append(b.lines, line{key, value})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("vectorfile: %w", err)
	}
	return all, nil
}
