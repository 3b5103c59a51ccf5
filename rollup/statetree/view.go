package statetree

import "fmt"

// pebbleView is the source of a tree of a pebbleStore: the version that was the head when the
// store's count of heads was seq.
type pebbleView struct {
	s   *pebbleStore
	seq uint64
}

// current implements source.
func (v pebbleView) current() error {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	return v.check()
}

// check is current for those who hold the lock.
func (v pebbleView) check() error {
	switch {
	case v.s.closed:
		return ErrClosed
	case v.s.seq != v.seq:
		return ErrStale
	}
	return nil
}

// load implements source: it returns the root of a page.
func (v pebbleView) load(at Key, depth int, h *Root) (node, error) {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if err := v.check(); err != nil {
		return nil, err
	}
	return v.s.page(at, depth, h)
}

// page returns the root of a page with the given hash, from the cache or the disk. Cached pages are
// those of the head. The caller holds the lock.
func (s *pebbleStore) page(at Key, depth int, h *Root) (node, error) {
	id := pageID{depth: uint8(depth), path: at.prefix(depth)}
	n, ok := s.pages.get(id)
	if !ok {
		b, ok, err := s.get(id.dbKey())
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: no page at depth %d on the path of %v; %s",
				ErrCorrupt, depth, at, advice)
		}
		if n, err = decodePage(id, b); err != nil {
			return nil, err
		}
	}
	if got := *hashOf(n); got != *h {
		return nil, fmt.Errorf("%w: the page at depth %d on the path of %v has hash %v, not %v; %s",
			ErrCorrupt, depth, at, got, h, advice)
	}
	if !ok {
		s.pages.put(id, n)
	}
	return n, nil
}

// advice tells the operator what to do about a damaged tree.
const advice = "open it with Rebuild to make the tree anew from the values, " +
	"or delete it and derive the state from L1"

// value implements source.
func (v pebbleView) value(k Key) ([]byte, bool, error) {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if err := v.check(); err != nil {
		return nil, false, err
	}
	return v.s.get(valueKey(k))
}

func valueKey(k Key) []byte {
	return append(append(make([]byte, 0, 1+len(k)), spaceValue), k[:]...)
}
