package client

import (
	"context"
	"crypto/ed25519"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hostile is a relay and an executor that answer as a test says.
type hostile struct {
	athenav1.UnimplementedRelayServiceServer
	athenav1.UnimplementedExecutorServiceServer
	info  *athenav1.RelayServiceInfoResponse
	asked atomic.Int64
	stage func(asked int64) (athenav1.Stage, error)

	submit func(asked int64) error
}

func (h *hostile) Info(
	context.Context, *athenav1.RelayServiceInfoRequest,
) (*athenav1.RelayServiceInfoResponse, error) {
	return h.info, nil
}

func (h *hostile) Submit(
	context.Context, *athenav1.SubmitRequest,
) (*athenav1.SubmitResponse, error) {
	if h.submit != nil {
		if err := h.submit(h.asked.Add(1)); err != nil {
			return nil, err
		}
	}
	return &athenav1.SubmitResponse{TxId: []byte{1}}, nil
}

func (h *hostile) Status(
	context.Context, *athenav1.StatusRequest,
) (*athenav1.StatusResponse, error) {
	s, err := h.stage(h.asked.Add(1))
	return &athenav1.StatusResponse{Stage: s}, err
}

func (*hostile) Account(
	context.Context, *athenav1.AccountRequest,
) (*athenav1.AccountResponse, error) {
	return &athenav1.AccountResponse{}, nil
}

func serve(t *testing.T, h *hostile) *Client {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer()
	athenav1.RegisterRelayServiceServer(s, h)
	athenav1.RegisterExecutorServiceServer(s, h)
	done := make(chan error, 1)
	go func() { done <- s.Serve(lis) }()
	c, err := Dial(lis.Addr().String(), lis.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		s.Stop()
		require.NoError(t, <-done)
	})
	return c
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	w := &wallet.Wallet{Key: ed25519.NewKeyFromSeed(make([]byte, 32)), Template: address.Address{1}}
	for _, info := range []*athenav1.RelayServiceInfoResponse{
		{}, {ChainId: make([]byte, 31), Relay: make([]byte, 24)},
		{ChainId: make([]byte, 32), Relay: make([]byte, 23)},
	} {
		_, err := serve(t, &hostile{info: info}).Prepare(t.Context(), w)
		require.ErrorContains(t, err, "answer of the relay")
	}
	tx := &rollup.Tx{Calls: []rollup.Call{wallet.Spend(address.Address{1}, 1)}}
	id, err := serve(t, &hostile{}).Submit(t.Context(), tx)
	require.NoError(t, err)
	require.Equal(t, tx.ID(), id, "the id is not the relay's to choose")
}

// A relay that says when to try again is asked again; one that refuses is not.
func TestSubmitAgain(t *testing.T) {
	t.Parallel()
	soon, err := status.New(codes.ResourceExhausted, "full").WithDetails(
		&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Millisecond)})
	require.NoError(t, err)
	h := &hostile{submit: func(asked int64) error {
		if asked < 3 {
			return soon.Err()
		}
		return nil
	}}
	tx := &rollup.Tx{}
	_, err = serve(t, h).Submit(t.Context(), tx)
	require.NoError(t, err)
	require.EqualValues(t, 3, h.asked.Load())

	h = &hostile{submit: func(int64) error { return soon.Err() }}
	ctx, cancel := context.WithTimeout(t.Context(), 2*pollInterval)
	defer cancel()
	_, err = serve(t, h).Submit(ctx, tx)
	require.Error(t, err)
	require.Greater(t, h.asked.Load(), int64(1))

	h = &hostile{submit: func(int64) error { return status.Error(codes.InvalidArgument, "no") }}
	_, err = serve(t, h).Submit(t.Context(), tx)
	require.ErrorContains(t, err, "no")
	require.EqualValues(t, 1, h.asked.Load())
}

func TestWait(t *testing.T) {
	t.Parallel()
	c := serve(t, &hostile{stage: func(asked int64) (athenav1.Stage, error) {
		switch asked {
		case 1:
			return athenav1.Stage_STAGE_ACCEPTED, nil
		case 2:
			return 0, status.Error(codes.Unavailable, "restarting")
		default:
			return athenav1.Stage_STAGE_EXECUTED, nil
		}
	}})
	st, err := c.Wait(t.Context(), rollup.Hash{1}, athenav1.Stage_STAGE_ORDERED)
	require.NoError(t, err)
	require.Equal(t, athenav1.Stage_STAGE_EXECUTED, st.GetStage())

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = c.Wait(ctx, rollup.Hash{1}, athenav1.Stage_STAGE_FINAL)
	require.True(t, IsTimeout(err), "%v", err)
}

func TestDryRunError(t *testing.T) {
	t.Parallel()
	require.EqualError(t, &DryRunError{Outcome: "failed", Trap: "Panic", Message: "no money"},
		"client: the transaction would be failed: Panic: no money")
	require.EqualError(t, &DryRunError{Outcome: "ineffective", Reason: "CANNOT_PAY"},
		"client: the transaction would be ineffective: CANNOT_PAY")
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, lis.Close())
	c, err := Dial(lis.Addr().String(), lis.Addr().String())
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	_, err = c.Submit(t.Context(), &rollup.Tx{})
	require.True(t, IsUnavailable(err), "%v", err)
}
