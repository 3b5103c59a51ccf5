package rollupbench

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func quick(t *testing.T) Config {
	return Config{Accounts: MinAccounts, Quick: true, Dir: t.TempDir(), Progress: t.Logf}
}

// find returns the figure of a row.
func find(t *testing.T, r *Report, part, name string) float64 {
	t.Helper()
	for _, row := range r.Rows {
		if row.Part == part && row.Name == name {
			return row.Value
		}
	}
	require.FailNow(t, "no row", "%s: %s", part, name)
	return 0
}

func TestRun(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), quick(t))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, row := range r.Rows {
		require.Positive(t, row.Value, "%s: %s", row.Part, row.Name)
		require.False(t, names[row.Part+row.Name], "%s: %s is there twice", row.Part, row.Name)
		names[row.Part+row.Name] = true
	}
	raw := find(t, r, partBundle, "no compression")
	once := find(t, r, partBundle, "every sender and receiver once")
	require.Less(t, once, raw)
	crowd := find(t, r, partBundle, "1000 accounts among themselves, each once")
	require.Less(t, crowd, 92.0)
	require.Less(t, crowd, once)
	require.Less(t, find(t, r, partBundle, "200 accounts among themselves"), crowd)
	whole := find(t, r, partVerdict, "a transfer: witness")
	rest := find(t, r, partVerdict, "a transfer: witness without code")
	require.InDelta(t, 16_432, whole-rest, 512, "the wallet's code")
	var table strings.Builder
	require.NoError(t, r.WriteTable(&table))
	require.Contains(t, table.String(), "every sender and receiver once")
	b, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(b), `"name":"a transfer: witness"`)
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, quick(t))
	require.ErrorIs(t, err, context.Canceled)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, MinAccounts - 1, MaxAccounts + 1} {
		_, err := Run(t.Context(), Config{Accounts: n})
		require.ErrorContains(t, err, "accounts")
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()
	var r Report
	for _, c := range []struct {
		value float64
		goal  *Goal
		met   bool
		text  string
	}{
		{2, atMost(2), true, "≤ 2 met"},
		{2.5, atMost(2), false, "≤ 2 missed"},
		{1, atMost(2.5), true, "≤ 2.50 met"},
		{50, &Goal{Least: true, Value: 50}, true, "≥ 50 met"},
		{49, &Goal{Least: true, Value: 50}, false, "≥ 50 missed"},
		{51, &Goal{Least: true, Value: 50}, true, "≥ 50 met"},
	} {
		r.add("part", "row", c.value, "ms", c.goal)
		require.Equal(t, c.met, c.goal.Met)
		require.Equal(t, c.text, c.goal.String())
	}
	require.Empty(t, (*Goal)(nil).String())
}
