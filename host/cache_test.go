package host

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
)

// TestEqualSelectorsAreRefused [44]: the two names share the first four bytes of BLAKE3.
func TestEqualSelectorsAreRefused(t *testing.T) {
	t.Parallel()
	require.Equal(t, Selector("m17161"), Selector("m80501"), "the pair that this test is about")
	x := NewExecutor(metering.V1(), testLimits(), NewCodeCache(1))
	colliding := assemble(".export f, m17161\n.export f, m80501\nf: ret\n.data\nmem: .word 0\n")
	require.ErrorContains(t, x.CheckCode(colliding.elf), "one selector")
	apart := assemble(".export f, m17161\n.export f, m80502\nf: ret\n.data\nmem: .word 0\n")
	require.NoError(t, x.CheckCode(apart.elf))
}

// TestCacheIsBounded: by the sizes of the programs, of which those used last stay.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	loaded := 0
	load := func(c *CodeCache, s guest) *program {
		p := c.load(address.CodeHash(s.elf), elf.DefaultLimits(), metering.V1(),
			func(known []byte) ([]byte, bool) {
				if known == nil {
					loaded++
				}
				return s.elf, true
			})
		require.NotNil(t, p)
		return p
	}
	numbered := func(i, heap int) guest {
		return assemble(fmt.Sprintf(
			".layout 0x200400, 0x1000, %d\n.export f\nf: li a0, %d\n.data\nmem: .word 0\n", heap, i))
	}
	size := load(NewCodeCache(0), numbered(0, 4)).size
	require.Greater(t, size, uint64(5*elf.PageSize), "code and data, heap, stack")

	cache := NewCodeCache(3*size + size/2)
	for i := range 10 {
		load(cache, numbered(i, 4))
		load(cache, numbered(0, 4))
		require.LessOrEqual(t, cache.bytes, cache.limit)
	}
	require.Equal(t, 3, cache.programs.Len())
	require.Equal(t, 3*size, cache.bytes)
	loaded = 0
	for _, i := range []int{0, 8, 9} {
		load(cache, numbered(i, 4))
	}
	require.Zero(t, loaded, "they were used last")

	load(cache, numbered(0, 4_000))
	require.Equal(t, 3, cache.programs.Len(), "one that is too large pushes nothing out")
	load(cache, numbered(0, 10))
	require.Equal(t, 2, cache.programs.Len(), "one that is larger pushes out as many as it must")
	require.LessOrEqual(t, cache.bytes, cache.limit)
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
	const few = 1 << 20
	cache := NewCodeCache(few)
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
