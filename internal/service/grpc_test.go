package service

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dial(t *testing.T, addr string) healthpb.HealthClient {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return healthpb.NewHealthClient(conn)
}

func TestServeAndStop(t *testing.T) {
	t.Parallel()
	s, err := Serve("127.0.0.1:0", 1_000, func(grpc.ServiceRegistrar) {})
	require.NoError(t, err)
	h := dial(t, s.Addr())
	resp, err := h.Check(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, healthpb.HealthCheckResponse_SERVING, resp.GetStatus())

	_, err = h.Check(t.Context(), &healthpb.HealthCheckRequest{
		Service: string(make([]byte, 1_000+messageSlack)),
	})
	require.Equal(t, codes.ResourceExhausted, status.Code(err), "refused before it is read")

	_, err = Serve(s.Addr(), 1_000, func(grpc.ServiceRegistrar) {})
	require.ErrorContains(t, err, "choose another address")

	watch, err := h.Watch(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	_, err = watch.Recv()
	require.NoError(t, err)
	begin := time.Now()
	require.NoError(t, s.Stop(), "although somebody watches for ever")
	require.Less(t, time.Since(begin), stopGrace+5*time.Second)
	_, err = h.Check(t.Context(), &healthpb.HealthCheckRequest{})
	require.Equal(t, codes.Unavailable, status.Code(err))
}

func TestGuardBoundsTheTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := guard(ctx, nil, &grpc.UnaryServerInfo{FullMethod: "/x/Slow"},
		func(ctx context.Context, _ any) (any, error) {
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			require.Less(t, time.Until(deadline), RequestTimeout)
			<-ctx.Done()
			return nil, ctx.Err()
		})
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
	require.ErrorContains(t, err, "/x/Slow")
}
