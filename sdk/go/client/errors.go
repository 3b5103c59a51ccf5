package client

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
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

// retryDelay returns after what time a daemon wants to be asked again; ok is false if it did not say.
func retryDelay(err error) (delay time.Duration, ok bool) {
	for _, d := range statusOf(err).Details() {
		if info, is := d.(*errdetails.RetryInfo); is {
			return max(info.GetRetryDelay().AsDuration(), pollInterval), true
		}
	}
	return 0, false
}

func code(err error) codes.Code { return statusOf(err).Code() }

// statusOf finds the gRPC status in a chain of wrapped errors; nil, which is OK, when there is none.
func statusOf(err error) *status.Status {
	var st interface{ GRPCStatus() *status.Status }
	if errors.As(err, &st) {
		return st.GRPCStatus()
	}
	return nil
}
