package state

import (
	"bytes"
	"fmt"
)

// Walker is a Backend that knows the order of its keys. Only a State whose backend is one has Next.
type Walker interface {
	Backend
	// Next returns the first leaf after k; past the last key it goes on with the first, so it may
	// return k itself. ok is false when the map is empty.
	Next(k Key) (key Key, value []byte, ok bool, err error)
}

// Next returns the first leaf after k with what was written since New, in the order of Walker.Next.
// It charges nothing. ok is false when the state is empty, or after an operational error.
func (s *State) Next(k Key) (key Key, leaf []byte, ok bool) {
	w, isWalker := s.backend.(Walker)
	if !isWalker {
		panic(fmt.Sprintf("BUG: state: Next over a %T", s.backend))
	}
	for at := k; ; at = key {
		var err error
		if key, leaf, ok, err = w.Next(at); err != nil {
			s.err = fmt.Errorf("state: next of %x: %w", at, err)
			return Key{}, nil, false
		}
		if !ok || at != k && !k.before(at, key) { // all round
			ok = false
			break
		}
		if _, known := s.base[key]; !known {
			s.base[key] = leaf
		}
		if now, written := s.current[key]; !written {
			break
		} else if now != nil {
			leaf = now
			break
		}
	}
	//lint:unordered the result is the first in the order of keys
	for other, now := range s.current {
		if now != nil && (!ok || k.before(other, key)) {
			key, leaf, ok = other, now, true
		}
	}
	return key, leaf, ok && s.err == nil
}

// before reports whether x comes before y for who walks up from k, which itself comes last.
func (k Key) before(x, y Key) bool {
	xUp, yUp := bytes.Compare(x[:], k[:]) > 0, bytes.Compare(y[:], k[:]) > 0
	if xUp != yUp {
		return xUp
	}
	return bytes.Compare(x[:], y[:]) < 0
}
