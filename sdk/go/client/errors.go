package client

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// IsUnavailable reports whether err means that no daemon answered.
func IsUnavailable(err error) bool { return code(err) == codes.Unavailable }

// IsNotFound reports whether err means that the daemon does not know what it was asked for.
func IsNotFound(err error) bool { return code(err) == codes.NotFound }

// IsTimeout reports whether err means that time ran out, here or at the daemon.
func IsTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || code(err) == codes.DeadlineExceeded
}

// code finds the gRPC status in a chain of wrapped errors; OK when there is none.
func code(err error) codes.Code {
	var st interface{ GRPCStatus() *status.Status }
	if errors.As(err, &st) {
		return st.GRPCStatus().Code()
	}
	return codes.OK
}
