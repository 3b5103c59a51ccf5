package stf

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzSystemRecords feeds any bytes to the readers of the records that FuzzRecords leaves out, and of
// leaves: an error, or what is written again as it was.
func FuzzSystemRecords(f *testing.F) {
	f.Add(usage{first: 3}.encode())
	f.Add((&rates{rentIndex: 7}).encode())
	f.Add([]byte{})
	f.Add(append([]byte{6}, make([]byte, 30)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if u, err := decodeUsage(b); err == nil {
			require.Equal(t, b, u.encode())
		}
		if r, err := decodeRates(b); err == nil {
			require.Equal(t, b, r.encode())
		}
		if l, err := parseLeaf(b); err == nil {
			require.LessOrEqual(t, len(l.Slot)+len(l.Payload), len(b))
		}
	})
}
