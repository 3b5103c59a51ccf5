package l1rpc_test

import (
	"context"
	"crypto/ed25519"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/api/l1rpc"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/stf"
)

// serve returns a chain and the same chain over gRPC.
func serve(t *testing.T) (*sim.Chain, *l1rpc.Client, *rollup.Genesis, ed25519.PrivateKey) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	g := &rollup.Genesis{Name: "l1rpc", Time: 1, Params: rollup.DefaultParams()}
	who := rollup.L1Address([32]byte(key.Public().(ed25519.PublicKey)))
	g.L1 = []rollup.Allocation{{Address: who, Amount: 1 << 40}}
	tree, err := stf.GenesisTree(g)
	require.NoError(t, err)
	g.StateRoot = rollup.Hash(tree.Root())
	chain, err := sim.New(g, sim.Options{Judge: dispute.NewJudge(stf.New())})
	require.NoError(t, err)
	srv, err := l1rpc.Serve("127.0.0.1:0", chain, g)
	require.NoError(t, err)
	c, err := l1rpc.Dial(srv.Addr())
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		require.NoError(t, srv.Stop())
	})
	return chain, c, g, key
}

// Every method answers what the chain itself answers.
func TestClientIsTheChain(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	chain, c, g, key := serve(t)
	got, err := c.Genesis(ctx)
	require.NoError(t, err)
	require.Equal(t, g.Encode(), got.Encode())

	tx := &rollup.L1Tx{ChainID: g.ChainID(), Payload: &rollup.ClaimCommit{}}
	tx.Sender = [32]byte(key.Public().(ed25519.PublicKey))
	tx.Sign(key)
	id, err := c.Submit(ctx, tx)
	require.NoError(t, err)
	require.Equal(t, tx.ID(), id)
	_, _, err = chain.Mine(ctx)
	require.NoError(t, err)

	for _, x := range []l1.Chain{chain, c} {
		tip, err := x.Tip(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, tip.Height)
		b, err := x.Layer(ctx, 1)
		require.NoError(t, err)
		require.Equal(t, tip.Hash, b.Header.Hash())
		require.Len(t, b.Txs, 1)
		_, err = x.Layer(ctx, 2)
		require.ErrorIs(t, err, l1.ErrNoLayer)
		st, err := x.TxStatus(ctx, id)
		require.NoError(t, err)
		require.Equal(t, l1.TxStatus{Found: true, Height: 1}, st)
		acc, err := x.Account(ctx, tx.From())
		require.NoError(t, err)
		require.EqualValues(t, 1, acc.Nonce)
		p, err := x.Params(ctx, math.MaxUint64)
		require.NoError(t, err)
		require.Equal(t, g.Params, *p)
		spent, err := x.Spent(ctx, 1, 0)
		require.NoError(t, err)
		require.False(t, spent)
		claims, final, err := x.Claims(ctx)
		require.NoError(t, err)
		require.Empty(t, claims)
		require.Equal(t, g.StateRoot, final.Root)
	}
}

func TestRefusedStaysRefused(t *testing.T) {
	t.Parallel()
	chain, c, g, key := serve(t)
	tx := &rollup.L1Tx{ChainID: g.ChainID(), Payload: &rollup.ClaimCommit{}}
	tx.Sender = [32]byte(key.Public().(ed25519.PublicKey))
	tx.Sign(key)
	tx.Signature[0] ^= 1
	_, want := chain.Submit(t.Context(), tx)
	_, err := c.Submit(t.Context(), tx)
	var a, b *rollup.RefusedError
	require.ErrorAs(t, want, &a)
	require.ErrorAs(t, err, &b)
	require.Equal(t, a.Reason, b.Reason)
}

func TestWait(t *testing.T) {
	t.Parallel()
	chain, c, _, _ := serve(t)
	from, err := c.Tip(t.Context())
	require.NoError(t, err)
	done := make(chan l1.Tip, 1)
	go func() {
		tip, err := c.Wait(t.Context(), from)
		if err == nil {
			done <- tip
		}
	}()
	_, _, err = chain.Mine(t.Context())
	require.NoError(t, err)
	select {
	case tip := <-done:
		require.EqualValues(t, 1, tip.Height)
	case <-time.After(30 * time.Second):
		t.Fatal("no answer")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tip, err := c.Tip(t.Context())
	require.NoError(t, err)
	_, err = c.Wait(ctx, tip)
	require.Error(t, err)
}
