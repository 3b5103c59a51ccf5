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
	if err := v.s.usable(); err != nil {
		return err
	}
	if v.s.seq != v.seq {
		return ErrStale
	}
	return nil
}

// usable returns an error when the store was closed or failed. The caller holds mu or writing.
func (s *pebbleStore) usable() error {
	if s.closed {
		return ErrClosed
	}
	return s.broken
}

// load implements source.
func (v pebbleView) load(at Key, depth int, st *stub) (node, error) {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if err := v.check(); err != nil {
		return nil, err
	}
	return v.s.load(at, depth, st)
}

// load returns the page or bucket with the hash of the stub, which is not in the tree in memory. The
// caller holds the lock.
func (s *pebbleStore) load(at Key, depth int, st *stub) (node, error) {
	if n := s.nodes.get(&st.h); n != nil {
		return n, nil
	}
	id := idOf(at, depth)
	n, err := s.read(id, st)
	if err != nil {
		return nil, err
	}
	if got := *hashOf(n); got != st.h {
		return nil, fmt.Errorf("%w: the subtree at %v has hash %v, not %v; %s",
			ErrCorrupt, id, got, st.h, advice)
	}
	s.nodes.put(n)
	return n, nil
}

// read returns a page, or makes a bucket of the values on the disk.
func (s *pebbleStore) read(id nodeID, st *stub) (node, error) {
	if st.leaves == 0 {
		p, ok, err := s.readPage(id)
		if err == nil && !ok {
			err = fmt.Errorf("%w: no page at %v; %s", ErrCorrupt, id, advice)
		}
		if err != nil {
			return nil, err
		}
		return p, nil
	}
	items, err := s.itemsAt(id, bucketMax)
	if err != nil {
		return nil, err
	}
	return build(items, nil, int(id.depth))
}

func (s *pebbleStore) readPage(id nodeID) (*inner, bool, error) {
	b, ok, err := s.get(id.dbKey())
	if err != nil || !ok {
		return nil, false, err
	}
	p, err := decodePage(id, b)
	return p, err == nil, err
}

// advice tells the operator what to do about a damaged tree.
const advice = "open it with Rebuild to make the tree anew from the values, " +
	"or delete it and derive the state from L1"

// lookup implements source.
func (v pebbleView) lookup(k Key, depth int, st *stub) ([]byte, bool, error) {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if err := v.check(); err != nil {
		return nil, false, err
	}
	return v.s.lookup(k, depth, st)
}

// lookup goes down to the value as far as the tree is in memory, and then to the disk directly.
func (s *pebbleStore) lookup(k Key, depth int, n node) ([]byte, bool, error) {
	for ; ; depth++ {
		if st, ok := n.(*stub); ok {
			if n = s.nodes.get(&st.h); n == nil {
				return s.get(valueKey(k))
			}
		}
		switch x := n.(type) {
		case nil:
			return nil, false, nil
		case *bucket:
			i, ok := x.find(&k)
			if !ok {
				return nil, false, nil
			}
			if v, ok := x.value(i); ok {
				return v, true, nil
			}
			return s.get(valueKey(k))
		case *inner:
			n = x.kids[k.bit(depth)]
		}
	}
}

// value implements source.
func (v pebbleView) value(k Key) ([]byte, bool, error) {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if err := v.check(); err != nil {
		return nil, false, err
	}
	return v.s.get(valueKey(k))
}

// heldView is a pebbleView for a caller who holds the lock already, since taking it twice could
// wait for a writer that waits for the first.
type heldView struct{ pebbleView }

func (v heldView) current() error { return v.check() }

func (v heldView) load(at Key, depth int, st *stub) (node, error) { return v.s.load(at, depth, st) }

func (v heldView) lookup(k Key, depth int, st *stub) ([]byte, bool, error) {
	return v.s.lookup(k, depth, st)
}

func (v heldView) value(k Key) ([]byte, bool, error) { return v.s.get(valueKey(k)) }

func valueKey(k Key) []byte {
	return append(append(make([]byte, 0, 1+len(k)), spaceValue), k[:]...)
}
