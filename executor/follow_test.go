package executor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTwoExecutorsAgree(t *testing.T) {
	n := newNetwork(t, nil)
	one, two := n.start(n.config()), n.start(n.config())
	n.run("alice: spawn; spend bob 100", "bob: spawn")
	n.run("alice: spend bob 5; spend carol 7", "bob: spend alice 9",
		"bob: spend alice 1 | badsig void")
	last := n.mine(3)
	r := root(t, one, last)
	require.Equal(t, r, root(t, two, last))
	require.NotEqual(t, n.genesis.StateRoot, r)
	layer, head := one.Head()
	require.Equal(t, last, layer)
	require.Equal(t, r, head)
}

func TestRestartGoesOn(t *testing.T) {
	n := newNetwork(t, nil)
	cfg := n.config()
	cfg.Dir = t.TempDir()
	e, err := New(cfg)
	require.NoError(t, err)
	e.Start(t.Context())
	at := n.run("alice: spawn; spend bob 100")
	before := root(t, e, at)
	require.NoError(t, e.Close())
	last := n.run("alice: spend bob 1")

	e, err = New(cfg)
	require.NoError(t, err)
	layer, head := e.Head()
	require.Equal(t, at, layer, "the head is durable")
	require.Equal(t, before, head)
	e.Start(t.Context())
	got := root(t, e, last)
	require.NoError(t, e.Close())
	require.Equal(t, n.fresh(last), got)
}

func TestReorganisationGivesTheFreshRoot(t *testing.T) {
	n := newNetwork(t, nil)
	cfg := n.config()
	cfg.Dir = t.TempDir()
	e := n.start(cfg)
	inMemory := n.start(n.config())
	last := n.run("alice: spawn; spend bob 100", "bob: spawn")
	root(t, e, last)
	for depth := 1; depth <= int(n.genesis.Params.ReorgBound); depth++ {
		n.post(n.sign("alice: spend bob 3", "bob: spend alice 1")...)
		last = n.mine(depth + 1)
		root(t, e, last)
		require.NoError(t, n.chain.Fork(depth))
		if depth%2 == 0 {
			n.post(n.sign("alice: spend carol 11")...)
		}
		last = n.mine(depth + 2)
		want := n.fresh(last)
		require.Equal(t, want, root(t, e, last), "depth %d", depth)
		require.Equal(t, want, root(t, inMemory, last), "depth %d", depth)
	}
}

func TestOtherNetworkIsRefused(t *testing.T) {
	n := newNetwork(t, nil)
	cfg := n.config()
	cfg.Dir = t.TempDir()
	e, err := New(cfg)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	other := *n.genesis
	other.Name = "other"
	cfg.Genesis = &other
	_, err = New(cfg)
	require.ErrorContains(t, err, "belongs to another network")
	wrong := *n.genesis
	wrong.StateRoot[0] ^= 1
	cfg.Genesis, cfg.Dir = &wrong, ""
	_, err = New(cfg)
	require.ErrorContains(t, err, "state root")
}
