package relay

import (
	"errors"
	"fmt"
	"time"

	"github.com/athenarollup/athena/rollup"
)

// The pause after L1 failed or refused: it doubles from the first to the last.
const (
	retryFirst = 100 * time.Millisecond
	retryLast  = 10 * time.Second
)

const (
	// l1Timeout bounds what the relay asks of L1 at once.
	l1Timeout = 20 * time.Second
	// startTimeout bounds how long Start waits for L1.
	startTimeout = 3 * time.Second
)

// waitError is a failure that time or an operator's money cures: the relay keeps what it has, and
// tries again. Every other failure ends the relay.
type waitError struct{ err error }

func (e *waitError) Error() string { return e.err.Error() }
func (e *waitError) Unwrap() error { return e.err }

// waitFor makes a waitError that says what the relay was doing; nil stays nil.
func waitFor(doing string, err error) error {
	if err == nil {
		return nil
	}
	return &waitError{fmt.Errorf("relay: %s: %w", doing, err)}
}

func waits(err error) bool {
	var w *waitError
	return errors.As(err, &w)
}

// backoff says when to try again. Its owner locks it.
type backoff struct {
	delay time.Duration
	until time.Time
}

// failed notes a failure and returns how long to wait.
func (b *backoff) failed(now time.Time) time.Duration {
	b.delay = min(max(2*b.delay, retryFirst), retryLast)
	b.until = now.Add(b.delay)
	return b.delay
}

func (b *backoff) reset() { *b = backoff{} }

func (b *backoff) ready(now time.Time) bool { return !now.Before(b.until) }

// left is how long it takes until b is ready, at least the first pause.
func (b *backoff) left(now time.Time) time.Duration { return max(b.until.Sub(now), retryFirst) }

// isRefused reports whether L1 answered with a refusal.
func isRefused(err error) bool {
	var refusal *rollup.RefusedError
	return errors.As(err, &refusal)
}
