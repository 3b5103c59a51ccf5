package main

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/internal/statebench"
)

// inProcess starts a worker in a goroutine.
func inProcess(_ context.Context, k *kind, dir string, cfg config) (*peer, error) {
	in, requests := io.Pipe()
	replies, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := serve(k, dir, cfg.keys, cfg.seed, in, out)
		_ = out.CloseWithError(err)
		_ = in.CloseWithError(err)
		done <- err
	}()
	return connect(k, requests, replies, func() error { return <-done }), nil
}

func testConfig(t *testing.T, chosen []*kind) config {
	return config{
		keys: 2000, seed: 1, each: 10 * time.Millisecond, kinds: chosen,
		dir: t.TempDir(), progress: t.Logf, start: inProcess,
	}
}

// Every value that a tree returns is compared with what was written, and every proof is verified.
func TestTreesAgreeWithWhatWasWritten(t *testing.T) {
	t.Parallel()
	all, err := choose("")
	require.NoError(t, err)
	out, err := measure(t.Context(), testConfig(t, all))
	require.NoError(t, err)
	require.Len(t, out.Trees, len(kinds))
	byName := map[string]*result{}
	for _, r := range out.Trees {
		byName[r.Name] = r
		require.Len(t, r.Commits, 2)
		require.Positive(t, r.LoadKeysPerSecond)
		require.Positive(t, r.GetMicros)
		require.Positive(t, r.ResidentBytes)
		if r.Name == "pebble" {
			require.Empty(t, r.Proofs)
			continue
		}
		require.Len(t, r.Proofs, len(proofRows))
		for _, row := range r.Proofs {
			require.Positive(t, row.BytesPerKey)
			require.Positive(t, row.VerifyMicros)
		}
		inMemory := r.Name == "athena-memory" || r.Name == "smt"
		require.Equal(t, !inMemory, r.DiskBytes > 0, r.Name)
	}
	// The same keys are proved in all trees, and where they lie does not depend on the back end.
	for _, pair := range [][2]string{
		{"athena", "athena-memory"}, {"geth", "geth-synced"}, {"merkledb", "merkledb-1"},
	} {
		for i := range proofRows {
			a, b := byName[pair[0]].Proofs[i], byName[pair[1]].Proofs[i]
			require.InEpsilon(t, a.BytesPerKey, b.BytesPerKey, 0.001, "%v", pair)
		}
	}
	var b strings.Builder
	require.NoError(t, out.writeTable(&b))
	for _, r := range out.Trees {
		require.Contains(t, b.String(), "\n| "+r.Name+" |")
	}
}

func TestWrongValuesAreNotProved(t *testing.T) {
	t.Parallel()
	for i := range kinds {
		k := &kinds[i]
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			tr, err := k.open(filepath.Join(t.TempDir(), "db"))
			require.NoError(t, err)
			defer func() { require.NoError(t, tr.Close()) }()
			var updates []update
			for j := range 2000 {
				updates = append(updates, nth(j, uint64(j)))
			}
			require.NoError(t, tr.Commit(updates))
			v, err := tr.View()
			require.NoError(t, err)
			for _, n := range []int{1, 10} {
				asked := append([]update(nil), updates[:n]...)
				p, err := v.Prove(asked)
				if k.name == "pebble" {
					require.ErrorIs(t, err, errNoProofs)
					return
				}
				require.NoError(t, err)
				require.NoError(t, p.verify())
				asked[n-1].value = statebench.Value(99)
				require.Error(t, p.verify())
			}
		})
	}
}

// forgetful is a database that loses the newest value of everything.
type forgetful struct{ floor }

func (f forgetful) View() (view, error) { return f, nil }

func (f forgetful) Get([]byte) ([]byte, error) { return statebench.Value(0), nil }

func TestWrongValuesAreNoticed(t *testing.T) {
	t.Parallel()
	k := &kind{name: "forgetful", loadBatch: 1000, open: func(dir string) (tree, error) {
		f, err := openPebble(dir)
		return forgetful{f.(floor)}, err
	}}
	_, err := measure(t.Context(), testConfig(t, []*kind{k}))
	require.ErrorContains(t, err, "forgetful has not what was written")
}

func TestConfig(t *testing.T) {
	t.Parallel()
	chosen, err := choose("iavl,athena")
	require.NoError(t, err)
	require.Equal(t, []*kind{kindOf("athena"), kindOf("iavl")}, chosen)
	_, err = choose("paper")
	require.Error(t, err)
	for _, change := range []func(*config){
		func(c *config) { c.keys = minKeys - 1 },
		func(c *config) { c.each = 0 },
		func(c *config) { c.kinds = nil },
	} {
		c := testConfig(t, chosen)
		change(&c)
		_, err := measure(t.Context(), c)
		require.Error(t, err)
	}
}

// The names are what scripts read.
func TestJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(report{Trees: []*result{{
		Commits: []commitRow{{}}, Proofs: []proofRow{{}},
	}}})
	require.NoError(t, err)
	for _, name := range []string{
		"keys", "trees", "commits", "updatesPerSecond", "medianPerSecond", "cpuMicrosPerUpdate",
		"getMicros", "proofs", "bytesPerKey", "verifyMicrosPerKey", "heapBytes", "diskBytes",
	} {
		require.Contains(t, string(b), `"`+name+`"`)
	}
}
