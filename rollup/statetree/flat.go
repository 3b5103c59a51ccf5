package statetree

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// storedItem returns a value on the disk as a bucket in memory holds it: without the value if that
// is large.
func storedItem(k *Key, value []byte) item {
	it := newItem(k, value)
	it.large = nil
	return it
}

// valueBounds returns the range of database keys of the values below a node.
func valueBounds(id nodeID) *pebble.IterOptions {
	o := &pebble.IterOptions{LowerBound: valueKey(id.path), UpperBound: []byte{spaceValue + 1}}
	last := id.path
	for i := int(id.depth) - 1; i >= 0; i-- {
		// Adding one at bit depth-1: the first key behind the subtree.
		carry := last.bit(i) == 1
		last = last.flip(i)
		if !carry {
			o.UpperBound = valueKey(last)
			break
		}
	}
	return o
}

// flatReader reads the leaves below a node from the values on the disk, in key order.
type flatReader struct {
	it    *pebble.Iterator
	valid bool
	ahead []flatValue // read, not used yet
	items []item      // scratch
}

// flatValue is a value on the disk.
type flatValue struct {
	key   Key
	value []byte
}

func (s *pebbleStore) readFlat(id nodeID) (*flatReader, error) {
	it, err := s.db.NewIter(valueBounds(id))
	if err != nil {
		return nil, fmt.Errorf("statetree: read state database: %w", err)
	}
	return &flatReader{it: it, valid: it.First()}, nil
}

func (r *flatReader) close() error {
	if err := r.it.Close(); err != nil {
		return fmt.Errorf("statetree: read state database: %w", err)
	}
	return nil
}

// fill reads until n entries are ahead or no more are left.
func (r *flatReader) fill(n int) error {
	for ; r.valid && len(r.ahead) < n; r.valid = r.it.Next() {
		v, err := r.it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("statetree: read state database: %w", err)
		}
		k := r.it.Key()[1:]
		if len(k) != len(Key{}) {
			return fmt.Errorf("%w: a value with a key of %d bytes", ErrCorrupt, len(k))
		}
		r.ahead = append(r.ahead, flatValue{Key(k), bytes.Clone(v)})
	}
	return nil
}

// itemsAt returns the leaves below a node, at most one more than max.
func (s *pebbleStore) itemsAt(id nodeID, max int) ([]item, error) {
	r, err := s.readFlat(id)
	if err != nil {
		return nil, err
	}
	err = r.fill(max + 1)
	return r.take(len(r.ahead)), errors.Join(err, r.close())
}

// take returns the next n leaves, until the next call.
func (r *flatReader) take(n int) []item {
	r.items = r.items[:0]
	for i := range n {
		r.items = append(r.items, storedItem(&r.ahead[i].key, r.ahead[i].value))
	}
	return r.items
}

// derive makes the tree of the values alone, in memory that does not depend on how many they are.
// page is called for each page; what is below a page is reduced to stubs.
func (s *pebbleStore) derive(page func(nodeID, *inner) error) (n node, err error) {
	r, err := s.readFlat(nodeID{})
	if err != nil {
		return nil, err
	}
	n, err = r.derive(Key{}, 0, page)
	return bare(n), errors.Join(err, r.close())
}

// deriveAt makes the subtree at a node, which does not lie before one that was made already.
func (r *flatReader) deriveAt(id nodeID, page func(nodeID, *inner) error) (node, error) {
	skip := 0
	for skip < len(r.ahead) && r.ahead[skip].key.compare(id.path) < 0 {
		skip++
	}
	r.ahead = slices.Delete(r.ahead, 0, skip)
	if len(r.ahead) == 0 && r.valid {
		r.valid = r.it.SeekGE(valueKey(id.path))
	}
	return r.derive(id.path, int(id.depth), page)
}

// derive makes the subtree at depth. What comes back is a bucket, a page's stub, or an inner node in
// the middle of a page, with stubs below.
func (r *flatReader) derive(at Key, depth int, page func(nodeID, *inner) error) (node, error) {
	if err := r.fill(many); err != nil {
		return nil, err
	}
	n := 0
	for n < len(r.ahead) && r.ahead[n].key.common(&at) >= depth {
		n++
	}
	if n <= bucketMax || depth >= MaxDepth {
		b, err := build(r.take(n), nil, depth)
		r.ahead = slices.Delete(r.ahead, 0, n)
		return b, err
	}
	left, err := r.derive(at, depth+1, page)
	if err != nil {
		return nil, err
	}
	right, err := r.derive(at.flip(depth), depth+1, page)
	if err != nil {
		return nil, err
	}
	p := newInner(bare(left), bare(right))
	if depth%pageLevels != 0 {
		return p, nil
	}
	if err := page(idOf(at, depth), p); err != nil {
		return nil, err
	}
	return &stub{h: p.h}, nil
}

// bare returns a stub in a bucket's place.
func bare(n node) node {
	if b, ok := n.(*bucket); ok {
		return b.stub()
	}
	return n
}
