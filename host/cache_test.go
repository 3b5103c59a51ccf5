package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
)

// TestEqualSelectorsAreRefused is finding 44: the two names share the first four bytes of BLAKE3.
func TestEqualSelectorsAreRefused(t *testing.T) {
	t.Parallel()
	require.Equal(t, Selector("m17161"), Selector("m80501"), "the pair that this test is about")
	x := NewExecutor(metering.V1(), testLimits(), NewCodeCache(1))
	colliding := assemble(".export f, m17161\n.export f, m80501\nf: ret\n.data\nmem: .word 0\n")
	require.ErrorContains(t, x.CheckCode(colliding.elf), "one selector")
	apart := assemble(".export f, m17161\n.export f, m80502\nf: ret\n.data\nmem: .word 0\n")
	require.NoError(t, x.CheckCode(apart.elf))
}
