package executor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/api/l1rpc"
	"github.com/athenarollup/athena/rollup/l1"
)

// An executor that talks to L1 over gRPC claims and challenges as one in the same process.
func TestOverL1RPC(t *testing.T) {
	n := newNetwork(t, nil)
	srv, err := l1rpc.Serve("127.0.0.1:0", n.chain, n.genesis)
	require.NoError(t, err)
	defer func() { require.NoError(t, srv.Stop()) }()
	c, err := l1rpc.Dial(srv.Addr())
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()

	n.post(n.sign("alice: spawn", "bob: spawn")...)
	liar := n.open(n.liar("liar", 3, func(int) int { return 0 }))
	cfg := n.poster("one")
	cfg.Chain = c
	one := n.open(cfg)
	events := n.turns(16, liar, one)
	require.NoError(t, n.chain.Fork(3))
	events = append(events, n.turns(16, liar, one)...)
	require.NotEmpty(t, of[l1.Slashed](events))
	require.Empty(t, of[l1.ChallengeLost](events))
	n.requireFinalIsTrue(one, 10)
}
