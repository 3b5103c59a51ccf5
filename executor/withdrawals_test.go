package executor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// What an executor hands out as a proof is paid by L1 once the layer is final.
func TestWithdrawals(t *testing.T) {
	n := newNetwork(t, nil)
	cfg := n.poster("one")
	cfg.Listen = "127.0.0.1:0"
	one := n.open(cfg)
	conn, err := grpc.NewClient(one.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	client := athenav1.NewExecutorServiceClient(conn)

	txs := n.sign("alice: spawn; raw withdraw @bob 70; raw withdraw @alice 80",
		"bob: spawn; raw withdraw @bob 90")
	n.post(txs...)
	for range 2 {
		n.turn(one)
	}
	id := txs[0].ID()
	ask := &athenav1.WithdrawalsRequest{Id: id[:], Proof: true}
	r, err := client.Withdrawals(t.Context(), ask)
	require.NoError(t, err)
	require.Len(t, r.GetWithdrawals(), 2)
	for i, w := range r.GetWithdrawals() {
		require.Empty(t, w.GetPayload(), "not final")
		require.EqualValues(t, 2, w.GetLayer())
		require.EqualValues(t, 70+10*i, w.GetAmount())
	}
	all, err := client.Withdrawals(t.Context(), &athenav1.WithdrawalsRequest{Layer: 2})
	require.NoError(t, err)
	require.Len(t, all.GetWithdrawals(), 3)

	for turns := 0; n.chain.State().Final().Layer < 2; turns++ {
		require.Less(t, turns, 40)
		n.turn(one)
	}
	n.turn(one)
	r, err = client.Withdrawals(t.Context(), ask)
	require.NoError(t, err)
	var unlocked []l1.Unlocked
	for _, w := range r.GetWithdrawals() {
		v, err := rollup.DecodeWithdrawProve(w.GetPayload())
		require.NoError(t, err)
		require.Equal(t, w.GetPayload(), v.Encode())
		n.submit(v)
	}
	unlocked = of[l1.Unlocked](n.turn(one))
	require.Len(t, unlocked, 2)
	// The names of these tests are wallets; as L1 accounts they are addresses like others.
	for i, name := range []string{"bob", "alice"} {
		require.Equal(t, stftest.Wallet(name), unlocked[i].To)
		require.EqualValues(t, 70+10*i, n.chain.State().Account(stftest.Wallet(name)).Balance)
	}
	for req, code := range map[*athenav1.WithdrawalsRequest]codes.Code{
		{Proof: true}:            codes.InvalidArgument,
		{Id: []byte{1}}:          codes.InvalidArgument,
		{Id: make([]byte, 32)}:   codes.NotFound,
		{Layer: 1 << 60}:         codes.OK,
		{Layer: 1<<64 - 1}:       codes.OK,
		{Layer: 0, Proof: false}: codes.OK,
	} {
		_, err := client.Withdrawals(t.Context(), req)
		require.Equal(t, code, status.Code(err), "%v: %v", req, err)
	}
}
