package trap

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryCodeHasItsOwnName(t *testing.T) {
	t.Parallel()
	seen := map[string]Code{}
	for c := None; c <= Overflow; c++ {
		name := c.String()
		require.NotContains(t, name, "Trap(", "code %d", uint8(c))
		require.NotContains(t, seen, name)
		seen[name] = c
	}
	require.Len(t, names, len(seen), "a name without a code")
	require.Equal(t, "Trap(200)", Code(200).String())
	require.Equal(t, Code(16), seen["Revert"], "codes are part of consensus and never change")
}

func TestOnlyTransactionBudgetsCannotBeCaught(t *testing.T) {
	t.Parallel()
	for c := None; c <= Overflow; c++ {
		require.Equal(t, c != OutOfWitness, c.Catchable(), c.String())
	}
}
