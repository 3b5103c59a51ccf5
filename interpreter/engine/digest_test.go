package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/trap"
)

type piece struct {
	addr     uint32
	data     string
	writable bool
}

func digest(pieces ...piece) [32]byte {
	d := NewDigest()
	for _, p := range pieces {
		d.Add(p.addr, []byte(p.data), p.writable)
	}
	return d.Sum()
}

func TestDigest(t *testing.T) {
	t.Parallel()
	base := digest(piece{0x1000, "abcdef", true})
	require.Equal(t, base, digest(piece{0x1000, "abc", true}, piece{0x1003, "def", true}), "cuts")
	require.Equal(t, base, digest(piece{0x1000, "abcdef", true}, piece{0x1006, "", false}), "empty")
	for name, other := range map[string][32]byte{ //lint:unordered cases
		"nothing":    digest(),
		"contents":   digest(piece{0x1000, "abcdeg", true}),
		"address":    digest(piece{0x1001, "abcdef", true}),
		"permission": digest(piece{0x1000, "abcdef", false}),
		"a part":     digest(piece{0x1000, "abc", true}, piece{0x1003, "def", false}),
		"a gap":      digest(piece{0x1000, "abc", true}, piece{0x1004, "def", true}),
		"longer":     digest(piece{0x1000, "abcdef\x00", true}),
	} {
		require.NotEqual(t, base, other, name)
	}
	require.Equal(t, digest(piece{0, "a", true}), digest(piece{0, "a", true}))
	require.NotEqual(t, digest(piece{0, "a", true}), digest(piece{1, "a", true}), "address 0")
}

func TestStopText(t *testing.T) {
	t.Parallel()
	for text, s := range map[string]Stop{ //lint:unordered cases
		"running": {}, "returned": {Kind: Returned}, "host call": {Kind: HostCall},
		"trapped: LoadFault": {Kind: Trapped, Trap: trap.LoadFault},
	} {
		require.Equal(t, text, s.String())
	}
}
