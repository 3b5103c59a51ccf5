// Package vectors reads and writes the language-neutral test vectors of the precompiles, which lie
// in fixtures/vectors/precompile. It knows nothing of what the calls mean.
//
// A file is a list of cases; lines that start with # are comments:
//
//	case NAME
//	call NAME OF THE HOST CALL
//	in HEX       an argument: a pointer to these bytes; - is a pointer to none
//	int N        an argument: a number
//	out N        an argument: a pointer to N bytes for the result
//	-> T0 HEX    the expected t0, and the result; without HEX the result's bytes stay as they were
package vectors

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Kind says what an argument is.
type Kind uint8

// The kinds of argument.
const (
	In Kind = iota
	Int
	Out
)

// Arg is an argument of a call.
type Arg struct {
	Kind  Kind
	Bytes []byte // In
	N     uint32 // Int: the number; Out: the length
}

// Case is one call with its expected outcome.
type Case struct {
	Name, Call string
	Args       []Arg
	T0         uint32
	Out        []byte // nil: nothing is written
}

// InArg is an argument that points to b.
func InArg(b []byte) Arg { return Arg{Kind: In, Bytes: b} }

// IntArg is a number.
func IntArg(n int) Arg { return Arg{Kind: Int, N: uint32(n)} }

// OutArg is an argument that points to n bytes for the result.
func OutArg(n int) Arg { return Arg{Kind: Out, N: uint32(n)} }

// Parse reads the cases of a file.
func Parse(text []byte) ([]Case, error) {
	var (
		cases []Case
		at    int
		open  bool // a case that has no "->" yet
	)
	for line := range bytes.Lines(text) {
		at++
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if key == "" || key[0] == '#' {
			continue
		}
		if open == (key == "case") {
			return nil, fmt.Errorf("vectors: line %d: %q is out of place", at, key)
		}
		if open = key != "->"; key == "case" {
			cases = append(cases, Case{Name: value})
			continue
		}
		if err := cases[len(cases)-1].set(key, value); err != nil {
			return nil, fmt.Errorf("vectors: line %d: %w", at, err)
		}
	}
	if open {
		return nil, errors.New("vectors: the last case has no result")
	}
	return cases, nil
}

func (c *Case) set(key, value string) (err error) {
	switch key {
	case "call":
		c.Call = value
	case "in":
		var b []byte
		if value != "-" {
			b, err = hex.DecodeString(value)
		}
		c.Args = append(c.Args, InArg(b))
	case "int", "out":
		var n uint64
		n, err = strconv.ParseUint(value, 10, 32)
		a := Arg{Kind: Int, N: uint32(n)}
		if key == "out" {
			a.Kind = Out
		}
		c.Args = append(c.Args, a)
	case "->":
		t0, out, written := strings.Cut(value, " ")
		var n uint64
		if n, err = strconv.ParseUint(t0, 10, 32); err == nil && written {
			c.Out, err = hex.DecodeString(out)
		}
		c.T0 = uint32(n)
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	return err
}

// Format writes cases under a comment, so that Parse reads them.
func Format(comment string, cases []Case) []byte {
	var b strings.Builder
	for line := range strings.Lines(comment) {
		b.WriteString("# " + strings.TrimSpace(line) + "\n")
	}
	for _, c := range cases {
		fmt.Fprintf(&b, "\ncase %s\ncall %s\n", c.Name, c.Call)
		for _, a := range c.Args {
			switch {
			case a.Kind == Int:
				fmt.Fprintf(&b, "int %d\n", a.N)
			case a.Kind == Out:
				fmt.Fprintf(&b, "out %d\n", a.N)
			case len(a.Bytes) == 0:
				b.WriteString("in -\n")
			default:
				fmt.Fprintf(&b, "in %x\n", a.Bytes)
			}
		}
		if c.Out == nil {
			fmt.Fprintf(&b, "-> %d\n", c.T0)
		} else {
			fmt.Fprintf(&b, "-> %d %x\n", c.T0, c.Out)
		}
	}
	return []byte(b.String())
}
