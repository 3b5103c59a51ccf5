package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

func TestTouch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slot(1, word(5))(w)
	has := input(word(1), cmd{CallStorageHas, openScript.mem})
	cold := w.begin().Call(w.a, Selector("go"), has)

	s := w.begin()
	require.Equal(t, trap.None, s.Touch(w.a, [32]byte(word(1))))
	require.NotZero(t, s.Used()[metering.Read])
	costs := w.x.schedule.Host
	require.Equal(t, costs.ColdKey+costs.SlotWord, s.Used()[metering.Compute])
	warm := s.Call(w.a, Selector("go"), has)
	require.Equal(t, cold.GasUsed-costs.ColdKey+costs.WarmKey, warm.GasUsed)

	units := plenty
	units[metering.Compute] = costs.ColdKey
	s = w.x.Begin(w.st, testContext, w.a, units)
	require.Equal(t, trap.OutOfGas, s.Touch(w.a, [32]byte(word(1))))
	require.Equal(t, units[metering.Compute], s.Used()[metering.Compute])
	units[metering.Read] = 100
	s = w.x.Begin(w.st, testContext, w.a, units)
	require.Equal(t, trap.OutOfWitness, s.Touch(w.a, [32]byte(word(1))))
}
