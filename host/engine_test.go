package host

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/trap"
)

// TestEngines: every host call gives the same result and the same state on every engine, whatever
// the gas; with both, the engines also agree at each call.
func TestEngines(t *testing.T) {
	t.Parallel()
	for _, c := range callCases() {
		for _, gas := range []uint64{plenty[1], 1_000_000, 20_000, 5_000} {
			at := fmt.Sprintf("%s, gas %d", c.name, gas)
			var want Result
			var state any
			for e := EngineInterpreter; e <= EngineBoth; e++ {
				w, mem := c.world(t)
				w.x.SetEngine(e)
				units := plenty
				units[1] = gas
				r := w.x.Begin(w.st, testContext, w.a, units).
					Call(w.a, Selector("go"), input(mem, c.place()))
				if e == EngineInterpreter {
					want, state = r, w.digest()
					continue
				}
				require.Equal(t, want, r, at)
				require.Equal(t, state, w.digest(), at)
			}
		}
	}
}

// TestTracerNeedsTheInterpreter: another engine's machine is not what tracers know.
func TestTracerNeedsTheInterpreter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.begin()
	s.SetTracer(failingTracer{})
	w.x.SetEngine(EngineStepper)
	require.Panics(t, func() { s.Call(w.a, Selector("go"), input(nil)) })
	s.SetTracer(nil)
	require.Equal(t, trap.None, w.begin().Call(w.a, Selector("go"), input(nil)).Trap)
}

type failingTracer struct{ Tracer }
