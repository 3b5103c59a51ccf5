package host

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// TestHostileEngines: every program of the corpus ends alike on every engine, with the gas, the
// state and the budgets that it leaves. Lock-step compares all of memory at each host call, so it
// gets less gas.
func TestHostileEngines(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(hostileFolder + "/*.s")
	require.NoError(t, err)
	all := rustMisdeeds()
	for _, path := range paths {
		all = append(all, misdeeds(t, path)...)
	}
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.gas = min(m.gas, stepperGas)
			require.Equal(t, m.on(t, EngineInterpreter), m.on(t, EngineStepper))
			m.gas = min(m.gas, lockstepGas)
			require.Equal(t, m.on(t, EngineInterpreter), m.on(t, EngineBoth))
		})
	}
}

// Less than some programs need for their trap: then they end with OutOfGas.
const (
	stepperGas  = 2_000_000
	lockstepGas = 60_000
)

// on runs the program on an engine.
func (m *misdeed) on(t testing.TB, e Engine) misdone {
	w, a := m.world(t)
	w.x.SetEngine(e)
	units := plenty
	units[metering.Compute] = m.gas
	s := w.x.Begin(w.st, testContext, a, units)
	r := s.Call(a, Selector(m.method), m.args)
	require.NoError(t, w.st.Err())
	w.st.BeginTx(nil)
	return misdone{r, s.Used(), len(s.Events()), w.digest()}
}

// TestContractsOnEngines runs the wallet and the token, one through the other, at gas limits from
// nothing to enough: both engines agree at every host call, and on what is left behind.
func TestContractsOnEngines(t *testing.T) {
	t.Parallel()
	const limits = 24
	var anybody address.Address
	for _, c := range []struct {
		name string
		args func(w *rust, token address.Address) []byte
	}{
		{"spend", func(w *rust, _ address.Address) []byte { return enc(w.b, uint64(1)) }},
		{"proxy", func(w *rust, token address.Address) []byte {
			return proxy(token, "mint", enc(w.user, uint64(1_000)), 0)
		}},
		{"proxy", func(w *rust, token address.Address) []byte {
			return proxy(token, "transfer", enc(w.b, uint64(1)), 0) // more than there is
		}},
	} {
		run := func(e Engine, gas uint64) misdone {
			w := newRust(t)
			blob := enc(w.user, anybody, uint64(1))
			w.must("proxy", proxy(w.token, "spawn", blob, 0))
			w.x.SetEngine(e)
			units := plenty
			units[metering.Compute] = gas
			s := w.x.Begin(w.st, testContext, w.user, units)
			r := s.Call(w.user, Selector(c.name), c.args(w, address.OfSpawn(w.token, blob)))
			w.st.BeginTx(nil)
			return misdone{r, s.Used(), len(s.Events()), w.digest()}
		}
		enough := run(EngineInterpreter, plenty[metering.Compute]).result.GasUsed
		ended := make(map[trap.Code]bool)
		for i := range uint64(limits + 1) {
			gas := 2 * enough * i / limits // twice, since callees do not get all of it
			want := run(EngineInterpreter, gas)
			require.Equal(t, want, run(EngineBoth, gas), "%s, gas %d", c.name, gas)
			ended[want.result.Trap] = true
		}
		require.True(t, ended[trap.OutOfGas])
		require.Len(t, ended, 2, "with enough gas it ends otherwise")
	}
}
