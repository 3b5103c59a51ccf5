package metering

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func unlimited() Units { return Units{1 << 62, 1 << 62, 1 << 62, 1 << 62, 1 << 62} }

func TestMeterBudgets(t *testing.T) {
	t.Parallel()
	a := V1().KeyAllowance
	for _, tc := range []struct {
		name  string
		limit Units
		use   func(m *Meter) bool
	}{
		{"read at a key", Units{Read: a - 1}, func(m *Meter) bool { return m.Touch(KeyData) }},
		{"read at a value", Units{Read: a + 4}, func(m *Meter) bool {
			return !m.Touch(KeyData) || m.Widen(KeyData, 5)
		}},
		{"keys", unlimited(), func(m *Meter) bool {
			return !m.Touch(KeyData) || !m.Touch(KeyCode) || !m.Touch(KeyData) || m.Touch(KeyCode)
		}},
		{"value bytes", unlimited(), func(m *Meter) bool {
			return !m.Widen(KeyData, 100) || m.Widen(KeyData, 1)
		}},
		{"code bytes", unlimited(), func(m *Meter) bool {
			return !m.Widen(KeyCode, 200) || m.Widen(KeyCode, 1)
		}},
		{"negative", unlimited(), func(m *Meter) bool { return m.Widen(KeyCode, -1) }},
		{"write", Units{Write: 10}, func(m *Meter) bool { return !m.Write(10) || m.Write(1) }},
		{"alloc", Units{Alloc: 10}, func(m *Meter) bool { return m.Alloc(11) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := NewMeter(V1(), tc.limit, 3, 100, 200)
			require.False(t, m.Exhausted())
			require.False(t, tc.use(m))
			require.True(t, m.Exhausted())
			require.False(t, m.Write(0), "exhaustion is sticky")
			require.True(t, m.Used().Fits(tc.limit))
		})
	}
}

func TestMeterCounts(t *testing.T) {
	t.Parallel()
	m := NewMeter(V1(), unlimited(), 10, 100, 200)
	require.True(t, m.Touch(KeyData))
	require.True(t, m.Widen(KeyData, 7))
	require.True(t, m.Touch(KeyCode))
	require.True(t, m.Widen(KeyCode, 11))
	require.True(t, m.Write(3))
	require.True(t, m.Alloc(2))
	m.AddCompute(5)
	require.Equal(t, Units{Compute: 5, Read: 2*V1().KeyAllowance + 18, Write: 3, Alloc: 2}, m.Used())
	require.Equal(t, uint64(1<<62-5), m.ComputeLeft())
	m.AddCompute(1<<63 + 1<<62)
	m.AddCompute(1 << 62)
	require.Zero(t, m.ComputeLeft())
	require.Equal(t, ^uint64(0), m.Used()[Compute])
}

func TestMeterNarrow(t *testing.T) {
	t.Parallel()
	m := NewMeter(V1(), Units{Compute: 100, Read: 1 << 20, Write: 50}, 10, 100, 100)
	require.True(t, m.Write(5))
	m.AddCompute(40)
	outer := m.Narrow(Units{Compute: 10, Read: 1 << 30}, 1)
	require.Equal(t, uint64(10), m.ComputeLeft())
	require.True(t, m.Touch(KeyCode), "code keys do not count against the narrow bound")
	require.True(t, m.Touch(KeyCode))
	require.True(t, m.Touch(KeyData))
	m.Restore(outer)
	require.True(t, m.Touch(KeyData))
	require.True(t, m.Write(45))
	require.Equal(t, uint64(60), m.ComputeLeft())

	m.Narrow(Units{Read: 1 << 20}, 0)
	require.False(t, m.Touch(KeyData))
	require.True(t, m.Exhausted())
}
