package statebench

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func config(t *testing.T, backend string) Config {
	return Config{
		Keys: 3000, Backend: backend, CacheBytes: 1 << 20, History: 4, Each: time.Millisecond,
		Dir: t.TempDir(), Progress: t.Logf,
	}
}

// The sizes do not depend on the back end, nor on the cache.
func TestRun(t *testing.T) {
	t.Parallel()
	var reports [2]*Report
	for i, backend := range []string{Memory, Pebble} {
		r, err := Run(t.Context(), config(t, backend))
		require.NoError(t, err)
		require.Len(t, r.Rows, 2)
		for _, row := range r.Rows {
			require.Positive(t, row.UpdatesPerSecond)
			require.GreaterOrEqual(t, row.Commits, 10)
		}
		require.Positive(t, r.VerifyMicrosPerKey)
		require.Positive(t, r.GetMicros)
		require.Less(t, r.ProofBytes, r.ProofTotalBytes)
		require.Equal(t, backend == Pebble, r.DiskBytes > 0)
		var b strings.Builder
		require.NoError(t, r.WriteTable(&b))
		require.Contains(t, b.String(), "commit of")
		reports[i] = r
	}
	// The number of commits in a row depends on time, so other keys are drawn: means are alike.
	require.InEpsilon(t, reports[0].ProofBytes, reports[1].ProofBytes, 0.05)
	require.InEpsilon(t, reports[0].Witness10Bytes, reports[1].Witness10Bytes, 0.05)
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, config(t, Pebble))
	require.ErrorIs(t, err, context.Canceled)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Config){
		func(c *Config) { c.Keys = MinKeys - 1 },
		func(c *Config) { c.Backend = "paper" },
		func(c *Config) { c.CacheBytes = 0 },
		func(c *Config) { c.History = 0 },
		func(c *Config) { c.Each = 0 },
	} {
		c := config(t, Memory)
		change(&c)
		_, err := Run(t.Context(), c)
		require.Error(t, err)
	}
}

// The names are what scripts read.
func TestJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(Report{Rows: []Row{{}}})
	require.NoError(t, err)
	for _, name := range []string{
		"keys", "backend", "rows", "commit", "updatesPerSecond", "getMicros", "proofBytes",
		"witness10Bytes", "witness1000Bytes", "verifyMicrosPerKey", "diskBytes", "rssBytes",
	} {
		require.Contains(t, string(b), `"`+name+`"`)
	}
}
