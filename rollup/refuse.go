package rollup

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/scale"
)

// RefusedError says that something was refused, with the reason that its sender can query.
type RefusedError struct {
	Reason Reason
	Err    error // why, for people; may be nil
}

// Error implements error.
func (e *RefusedError) Error() string {
	if e.Err == nil {
		return "rollup: " + e.Reason.String()
	}
	return e.Err.Error() + " (" + e.Reason.String() + ")"
}

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// refusef makes the failure of a rule that the codec itself does not know.
func refusef(reason Reason, format string, args ...any) *RefusedError {
	return &RefusedError{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// refusal turns a decoder's failure into a RefusedError that names what was decoded: a length above
// a limit is TOO_LARGE, a rule keeps its reason, and the rest is MALFORMED.
func refusal(what string, err error) *RefusedError {
	reason, cause := ReasonMalformed, err
	var rule *RefusedError
	switch {
	case errors.As(err, &rule):
		reason = rule.Reason
		if rule.Err != nil {
			cause = rule.Err
		}
	case errors.Is(err, scale.ErrLimit):
		reason = ReasonTooLarge
	}
	return &RefusedError{Reason: reason, Err: fmt.Errorf("rollup: %s: %w", what, cause)}
}

// finish is how every decoder of a whole input ends; a nil result means success.
func finish(what string, d *scale.Decoder) error {
	if err := d.Finish(); err != nil {
		return refusal(what, err)
	}
	return nil
}

// tooLarge refuses an input above its size limit before it is parsed.
func tooLarge(what string, size int, limit uint32) error {
	if uint64(size) <= uint64(limit) {
		return nil
	}
	return refusef(ReasonTooLarge, "rollup: %s: %d bytes, at most %d allowed", what, size, limit)
}

// version reads the version byte that every consensus type starts with.
//
//nolint:unparam // all formats are at version 1 today
func version(d *scale.Decoder, want uint8) {
	if got := d.U8(); d.Err() == nil && got != want {
		d.Fail(refusef(ReasonBadVersion, "version %d, want %d", got, want))
	}
}

// vector reads a vector of bytes; an empty one is nil. The result aliases the input.
func vector(d *scale.Decoder, limit int) []byte {
	if b := d.Bytes(limit); len(b) > 0 {
		return b
	}
	return nil
}

// count reads the length of a vector whose elements take at least size bytes each, so that no input
// makes a decoder allocate more than a small multiple of the input's own length.
func count(d *scale.Decoder, limit, size int) int {
	n := d.Len(limit)
	if n > d.Remaining()/size {
		d.Fail(fmt.Errorf("%w: %d elements in %d bytes", scale.ErrShort, n, d.Remaining()))
		return 0
	}
	return n
}

// unbounded is the limit of vectors whose only bound is the input that holds them.
const unbounded = 1<<30 - 1
