package host

import (
	"fmt"
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

// TestCacheIsShared: executors that share a cache too small for their programs run at once, with
// the results of one that is alone. The race detector makes it worth more.
func TestCacheIsShared(t *testing.T) {
	t.Parallel()
	cases := callCases()
	run := func(c callCase, cache *CodeCache) Result {
		w, mem := c.world(t)
		if cache != nil {
			w.x = NewExecutor(metering.V1(), testLimits(), cache)
		}
		return w.x.Begin(w.st, testContext, w.a, plenty).
			Call(w.a, Selector("go"), input(mem, c.place()))
	}
	want := make([]Result, len(cases))
	for i, c := range cases {
		want[i] = run(c, nil)
	}
	cache := NewCodeCache(3)
	for k := range 4 {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			t.Parallel()
			for i := range cases {
				at := (i + k*len(cases)/8) % len(cases) // some side by side, some on the same code
				require.Equal(t, want[at], run(cases[at], cache), cases[at].name)
			}
		})
	}
}
