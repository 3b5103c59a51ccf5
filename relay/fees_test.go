package relay

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// TestSuggestedLimits: some more than the dry run used, within what may be declared. What writes may
// allocate, also if the dry run did not: a header is longer when a balance in it is zero no more.
func TestSuggestedLimits(t *testing.T) {
	t.Parallel()
	p := rollup.DefaultParams()
	r := new(Relay)
	r.params.Store(&p)
	for _, tc := range []struct{ used, want metering.Units }{
		{metering.Units{}, metering.Units{}},
		{metering.Units{9, 1_000, 10, 0, 0}, metering.Units{0, 1_250, 256, 0, 0}},
		{metering.Units{9, 1_000, 10, 240, 0}, metering.Units{0, 1_250, 256, 300, 64}},
		{metering.Units{9, 1_000, 10, 240, 1}, metering.Units{0, 1_250, 256, 300, 256}},
		{metering.Units{1: 1 << 62, 2: 1 << 62, 3: 1 << 62, 4: 1 << 62},
			metering.Units{0, p.MaxTx[1], p.MaxTx[2], p.MaxTx[3], p.MaxTx[4]}},
	} {
		require.Equal(t, tc.want, r.limits(tc.used), "%v", tc.used)
	}
}
