package host

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCallOf: a number finds its own row, and no number that differs from it in any one bit does.
func TestCallOf(t *testing.T) {
	t.Parallel()
	for number, want := range calls { //lint:unordered independent cases
		require.Equal(t, want.name, callOf(number).name)
		for bit := range 32 {
			other := number ^ 1<<bit
			if c, ok := calls[other]; ok {
				require.Equal(t, c.name, callOf(other).name)
			} else {
				require.Nil(t, callOf(other), "%#x", other)
			}
		}
	}
}
