package rollup

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// TestCodecAttacks plays the transcripts of testdata/codec: valid bytes of a type, damaged in every
// way of a sort ([41]). What is accepted must encode to the same bytes.
//
//	damage type=NAME
//	prefixes | extensions | flips | versions | the empty input | twice
func TestCodecAttacks(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/codec", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			require.Equal(t, "damage", d.Cmd)
			var name string
			d.ScanArgs(t, "type", &name)
			return damage(t, codecOf(name), d.Input)
		})
	})
}

// damage says what becomes of some values of a type.
func damage(t *testing.T, c codec, how string) string {
	accepted, reasons := false, map[Reason]bool{}
	try := func(b []byte) {
		if _, err := c.decode(b); err != nil {
			reasons[reasonOf(err)] = true
		}
		accepted = c.accepts(t, b) || accepted
	}
	for seed := range uint64(3) {
		b := c.make(newGen(seed)).Encode()
		switch how {
		case "prefixes":
			for n := range b {
				try(b[:n:n])
			}
		case "extensions":
			for _, x := range []byte{0, 1, 0xff} {
				try(append(b[:len(b):len(b)], x))
			}
		case "twice":
			try(append(b[:len(b):len(b)], b...))
		case "flips":
			for bit := 0; bit < 8*len(b); bit += 1 + len(b)/200 {
				flipped := bytes.Clone(b)
				flipped[bit/8] ^= 1 << (bit % 8)
				try(flipped)
			}
		case "versions":
			for v := range 256 {
				if v != 1 {
					try(append([]byte{byte(v)}, b[1:]...))
				}
			}
		case "the empty input":
			try(nil)
		default:
			t.Fatalf("no damage %q", how)
		}
	}
	switch {
	case accepted && len(reasons) > 0:
		return "refused, or another value that encodes to these bytes\n"
	case accepted:
		return "another value that encodes to these bytes\n"
	}
	if len(reasons) > 1 {
		return "refused\n"
	}
	for r := range reasons { // of one
		return fmt.Sprintf("refused: %s\n", r)
	}
	return "not refused\n"
}
