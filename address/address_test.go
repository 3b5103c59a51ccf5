package address

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zeebo/blake3"
	"pgregory.net/rapid"
)

func TestTextRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a Address
		copy(a[:], rapid.SliceOfN(rapid.Byte(), Size, Size).Draw(t, "bytes"))
		for _, s := range []string{a.String(), a.Bech32(HRPMain), "0x" + hex.EncodeToString(a[:])} {
			got, err := Parse(s)
			require.NoError(t, err, s)
			require.Equal(t, a, got)
		}
		text, err := a.MarshalText()
		require.NoError(t, err)
		var b Address
		require.NoError(t, b.UnmarshalText(text))
		require.Equal(t, a, b)
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := Address{23: 1}.String()
	for name, s := range map[string]string{
		"empty":            "",
		"short hex":        "0x00",
		"odd hex":          "0x" + strings.Repeat("0", 47),
		"no hex":           "0x" + strings.Repeat("g", 48),
		"changed checksum": good[:len(good)-1] + "q",
		"other network":    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
		"mixed case":       strings.ToUpper(good[:8]) + good[8:],
		"truncated":        good[:20],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(s)
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

// TestDerivation pins what each kind of address is made of: docs/spec/accounts.md.
func TestDerivation(t *testing.T) {
	t.Parallel()
	code := []byte("program")
	hash := blake3.Sum256(code)
	template := OfTemplate(CodeHash(code))
	require.Equal(t, append(make([]byte, 4), hash[12:]...), template[:])

	blob := []byte("state")
	hash = blake3.Sum256(append(template[:], blob...))
	spawned := OfSpawn(template, blob)
	require.Equal(t, append(make([]byte, 4), hash[12:]...), spawned[:])

	hash = blake3.Sum256(append([]byte("athena/l1-alias"), spawned[:]...))
	alias := OfL1Alias(spawned)
	require.Equal(t, append([]byte{0, 0, 0, 1}, hash[12:]...), alias[:],
		"no spawned address has this prefix")
	require.True(t, Zero.IsZero())
	require.False(t, spawned.IsZero())
}

func FuzzParse(f *testing.F) {
	f.Add(Address{}.String())
	f.Add("0x00")
	f.Add("ath1")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		if b, err := Parse(a.String()); err != nil || a != b {
			t.Fatalf("%q parses to %v, which does not come back", s, a)
		}
	})
}
