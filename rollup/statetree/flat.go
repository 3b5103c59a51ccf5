package statetree

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// inlineMax is the largest value that a bucket in memory holds.
const inlineMax = 256

// storedEntry returns the entry of a value on the disk as a bucket in memory holds it.
func storedEntry(k *Key, value []byte) entry {
	e := newEntry(k, value)
	if len(value) > inlineMax {
		return e.bare()
	}
	return e
}

// stripped returns the bucket without values above inlineMax.
func stripped(b *bucket) *bucket {
	var buf [bucketMax]entry
	es := b.appendTo(buf[:0])
	large := false
	for i, e := range es {
		if e.has() && len(e.value()) > inlineMax {
			es[i], large = e.bare(), true
		}
	}
	if !large {
		return b
	}
	return newBucket(es, &b.h)
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
	ahead []entry // read, not used yet
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
		r.ahead = append(r.ahead, storedEntry((*Key)(k), v))
	}
	return nil
}

// entriesAt appends the leaves below a node, at most one more than max.
func (s *pebbleStore) entriesAt(es []entry, id nodeID, max int) ([]entry, error) {
	r, err := s.readFlat(id)
	if err != nil {
		return nil, err
	}
	r.ahead = es
	err = r.fill(max + 1)
	return r.ahead, errors.Join(err, r.close())
}

// derive makes the tree of the values alone, in memory that does not depend on how many they are.
// page is called for each page; what is below a page is reduced to stubs.
func (s *pebbleStore) derive(page func(nodeID, *inner) error) (n node, err error) {
	r, err := s.readFlat(nodeID{})
	if err != nil {
		return nil, err
	}
	n, err = r.derive(Key{}, 0, page)
	if b, ok := n.(*bucket); ok {
		n = b.stub()
	}
	return n, errors.Join(err, r.close())
}

// deriveAt makes the subtree at a node, which does not lie before one that was made already.
func (r *flatReader) deriveAt(id nodeID, page func(nodeID, *inner) error) (node, error) {
	o := valueBounds(id)
	r.ahead = r.ahead[:0]
	r.it.SetBounds(o.LowerBound, o.UpperBound)
	r.valid = r.it.First()
	return r.derive(id.path, int(id.depth), page)
}

func (b *bucket) stub() *stub { return &stub{h: b.h, leaves: uint8(b.n)} }

// derive makes the subtree at depth. What comes back is a bucket, a page's stub, or an inner node in
// the middle of a page, of which the buckets are still to be reduced to stubs.
func (r *flatReader) derive(at Key, depth int, page func(nodeID, *inner) error) (node, error) {
	if err := r.fill(many); err != nil {
		return nil, err
	}
	n := 0
	for n < len(r.ahead) && r.ahead[n].key().prefix(depth) == at {
		n++
	}
	if n <= bucketMax || depth >= MaxDepth {
		b, err := build(r.ahead[:n], depth)
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
	p := newInner(left, right)
	if depth%pageLevels != 0 {
		return p, nil
	}
	p.bare()
	if err := page(idOf(at, depth), p); err != nil {
		return nil, err
	}
	return &stub{h: p.h}, nil
}

// bare reduces the buckets of a page that nobody else has yet to stubs.
func (n *inner) bare() {
	for i, kid := range n.kids {
		switch x := kid.(type) {
		case *bucket:
			n.kids[i] = x.stub()
		case *inner:
			x.bare()
		}
	}
}
