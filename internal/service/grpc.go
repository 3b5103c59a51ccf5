// Package service is the skeleton that the daemons share: a gRPC server on a listener of its own, with
// health and reflection, that starts and stops in order.
package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
)

const (
	// RequestTimeout bounds the work of one request.
	RequestTimeout = 10 * time.Second
	// stopGrace is how long a stopping server lets running requests finish.
	stopGrace = 2 * time.Second
	// maxStreams bounds the requests that one connection may have open.
	maxStreams = 256
	// messageSlack is what a message may hold beside its largest field.
	messageSlack = 64 << 10
)

// Server is a gRPC server that listens. It owns one goroutine, which ends with Stop.
type Server struct {
	grpc   *grpc.Server
	health *health.Server
	lis    net.Listener
	done   chan error
}

// Serve listens on addr ("127.0.0.1:0" picks a free port), registers the services and starts serving.
// maxField is the size of the largest bytes field of a request.
func Serve(addr string, maxField uint32, register func(grpc.ServiceRegistrar)) (*Server, error) {
	lis, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("service: listen on %q: %w; choose another address or port 0", addr, err)
	}
	s := &Server{
		grpc: grpc.NewServer(
			grpc.MaxRecvMsgSize(int(maxField)+messageSlack),
			grpc.MaxConcurrentStreams(maxStreams),
			grpc.UnaryInterceptor(guard),
			grpc.WaitForHandlers(true), // what they use is closed after Stop
		),
		health: health.NewServer(), // serving from the start
		lis:    lis,
		done:   make(chan error, 1),
	}
	register(s.grpc)
	healthpb.RegisterHealthServer(s.grpc, s.health)
	reflection.Register(s.grpc)
	go func() { s.done <- s.grpc.Serve(lis) }()
	return s, nil
}

// Addr is the address that the server listens on, with its real port.
func (s *Server) Addr() string { return s.lis.Addr().String() }

// Stop lets running requests finish for a moment, then cancels them. It returns when all have ended
// and with them the server's goroutine.
func (s *Server) Stop() error {
	s.health.Shutdown()
	t := time.AfterFunc(stopGrace, s.grpc.Stop)
	defer t.Stop()
	s.grpc.GracefulStop()
	if err := <-s.done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("service: serve: %w", err)
	}
	return nil
}

// guard bounds the time of a request.
func guard(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, RequestTimeout)
	defer cancel()
	resp, err := next(ctx, req)
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, status.Errorf(codes.DeadlineExceeded, "%s took longer than %s", info.FullMethod, RequestTimeout)
	}
	return resp, err
}
