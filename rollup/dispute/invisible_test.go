package dispute_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// TestEngineIsInvisible [50]: an executor with a warm cache on a tree in memory, one with a cold
// cache on Pebble, and a judge with nothing but a witness get the same of every step: changes,
// receipts, events, returns, logs and gas.
func TestEngineIsInvisible(t *testing.T) {
	t.Parallel()
	const rich = 1_000_000_000
	c, err := stftest.New(rollup.DefaultParams(), map[string]uint64{"alice": rich, "bob": rich})
	require.NoError(t, err)
	store, err := statetree.OpenPebble("db", statetree.Options{FS: vfs.NewMem()})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	onDisk(t, store, 0, c.Tree)
	run(t, c, nil, "alice: spawn", "bob: spawn", "alice: deploy token; deploy hostile",
		"alice: create coin token @alice @any 1", "alice: create evil hostile")
	onDisk(t, store, 1, c.Tree)

	next := nonces(t, c)
	var items []rollup.Item
	for _, line := range []string{
		"deposit dave 5",
		"alice: call coin mint @bob 50; call coin transfer @bob 7 | access=alice",
		"bob: call coin transfer @alice 100000 | compute=3000000",
		"alice: spend bob 5 | badsig void",
		"alice: call evil event_spam | compute=3000000",
		"alice: call evil panic_message \"x\" | compute=3000000 sponsor=bob",
		"alice: spend erin 5 | nonce=unordered:3 relay=bob",
		"again",
		"bob: deploy counter",
		"bob: spend alice 1 | read=20000",
	} {
		it, err := c.ParseItem(line, next)
		require.NoError(t, err)
		items = append(items, it)
	}
	l := c.Layer(items, 3)
	disk, err := store.Tree()
	require.NoError(t, err)
	seen := make(map[rollup.Outcome]bool)
	for step := range l.Steps {
		want, err := c.Engine.ApplyStep(stf.Backend(c.Tree), l, step)
		require.NoError(t, err)
		recorded := c.Tree.Fork()
		recorder := recorded.Record()
		again, err := stf.New().ApplyStep(stf.Backend(recorded), l, step)
		require.NoError(t, err)
		require.Equal(t, want, again)
		require.NoError(t, stf.Commit(recorded, want.Changes))
		witness, err := recorder.Witness()
		require.NoError(t, err)
		pruned, err := statetree.Parse(witness, c.Tree.Root(),
			statetree.WitnessLimits{Bytes: c.Params.WitnessCap()})
		require.NoError(t, err)
		//lint:unordered independent comparisons
		for name, tree := range map[string]*statetree.Tree{"pebble": disk, "witness": pruned} {
			for _, e := range []*stf.Engine{stf.New(), c.Engine} {
				got, err := e.ApplyStep(stf.Backend(tree), l, step)
				require.NoError(t, err, name)
				require.Equal(t, want, got, name)
			}
			require.NoError(t, stf.Commit(tree, want.Changes), name)
			require.Equal(t, recorded.Root(), tree.Root(), name)
		}
		require.NoError(t, stf.Commit(c.Tree, want.Changes))
		for _, r := range want.Receipts {
			seen[r.Outcome] = true
		}
	}
	require.Len(t, seen, 3, "success, failure and no effect were all there")
}

// onDisk makes the content of a tree the next layer of a store.
func onDisk(t *testing.T, store statetree.Store, layer uint64, from *statetree.Tree) {
	to, err := store.Tree()
	require.NoError(t, err)
	var changes []state.Change
	require.NoError(t, walkKeys(from, func(k statetree.Key, v []byte) {
		changes = append(changes, state.Change{Key: state.Key(k), Value: v})
	}))
	require.NoError(t, stf.Commit(to, changes))
	require.Equal(t, from.Root(), to.Root())
	require.NoError(t, store.Commit(layer, to, nil, nil))
}

// walkKeys calls fn for every leaf, in key order.
func walkKeys(t *statetree.Tree, fn func(statetree.Key, []byte)) error {
	var at statetree.Key
	for i := range at {
		at[i] = 0xff
	}
	for first := true; ; first = false {
		k, v, ok, err := t.Next(at)
		if err != nil || !ok || !first && string(k[:]) <= string(at[:]) {
			return err
		}
		fn(k, v)
		at = k
	}
}
