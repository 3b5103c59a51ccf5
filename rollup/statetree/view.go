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

// cached returns a page or bucket of the head if it is in memory.
func (s *pebbleStore) cached(id nodeID, st *stub) node {
	if st.leaves == 0 {
		if n, ok := s.dirty.get(id); ok {
			return n
		}
	}
	return s.nodes.get(id)
}

// load returns the page or bucket with the hash of the stub, from memory or the disk. The caller
// holds the lock.
func (s *pebbleStore) load(at Key, depth int, st *stub) (n node, err error) {
	id := idOf(at, depth)
	n = s.cached(id, st)
	fresh := n == nil
	if fresh {
		if n, err = s.read(id, st); err != nil {
			return nil, err
		}
	}
	if got := *hashOf(n); got != st.h {
		return nil, fmt.Errorf("%w: the subtree at %v has hash %v, not %v; %s",
			ErrCorrupt, id, got, st.h, advice)
	}
	if fresh {
		s.nodes.put(id, n)
	}
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
	var buf [bucketMax]entry
	es, err := s.entriesAt(buf[:0], id, bucketMax)
	if err != nil {
		return nil, err
	}
	return build(es, int(id.depth))
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
			c := s.cached(idOf(k, depth), st)
			if c == nil {
				return s.get(valueKey(k))
			}
			n = c
		}
		switch x := n.(type) {
		case nil:
			return nil, false, nil
		case *bucket:
			e := x.find(&k)
			if e == nil {
				return nil, false, nil
			}
			if e.has() {
				return e.value(), true, nil
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
