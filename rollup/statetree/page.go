package statetree

import "fmt"

// pageLevels is the height of a page. The nodes with more than bucketMax leaves below them are
// stored as pages of 6 levels, at most 126 hashes, each addressed by its path. A page exists where
// such a node is at a depth divisible by 6. What has fewer leaves is a bucket, which is not stored:
// it is made of the values.
const pageLevels = 6

// nodeID is the address of a page or bucket: the depth and the path of its root.
type nodeID struct {
	depth uint8
	path  Key
}

func idOf(at Key, depth int) nodeID { return nodeID{depth: uint8(depth), path: at.prefix(depth)} }

// dbKey returns the key under which the page is stored. Pages of one depth are neighbours.
func (id nodeID) dbKey() []byte {
	b := append(make([]byte, 0, 2+len(Key{})), spacePage, id.depth)
	return append(b, id.path[:(int(id.depth)+7)/8]...)
}

func (id nodeID) String() string {
	return fmt.Sprintf("depth %d on the path of %v", id.depth, id.path)
}

// The tags of a stored page: its nodes in pre-order.
const (
	pageEmpty  = 0 // nothing
	pageNext   = 1 // hash of the page below; only at the lower border
	pageInner  = 3 // left, right
	pageBucket = 4 // number of leaves u8, hash
)

// appendPage appends the encoding of the part of a page that begins with n, which is at depth.
func appendPage(b []byte, n node, depth, end int) []byte {
	switch x := n.(type) {
	case nil:
		return append(b, pageEmpty)
	case *inner:
		if depth == end {
			return append(append(b, pageNext), x.h[:]...)
		}
		b = append(b, pageInner)
		b = appendPage(b, x.kids[0], depth+1, end)
		return appendPage(b, x.kids[1], depth+1, end)
	case *bucket:
		return append(append(b, pageBucket, uint8(x.leaves())), x.h[:]...)
	case *stub:
		if x.leaves == 0 {
			return append(append(b, pageNext), x.h[:]...)
		}
		return append(append(b, pageBucket, x.leaves), x.h[:]...)
	default:
		panic("BUG: statetree: a page holds a leaf")
	}
}

// decodePage returns the root of a page, the inverse of appendPage. All hashes are computed, so the
// caller learns from the root's whether the page is the right one.
func decodePage(id nodeID, b []byte) (*inner, error) {
	n, rest, err := pageNode(b, int(id.depth), int(id.depth)+pageLevels)
	root, ok := n.(*inner)
	if err == nil && (!ok || len(rest) > 0) {
		err = fmt.Errorf("%d bytes too many, or no inner node at the top", len(rest))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: page at %v: %w; %s", ErrCorrupt, id, err, advice)
	}
	return root, nil
}

func pageNode(b []byte, depth, end int) (n node, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, fmt.Errorf("it ends within a node")
	}
	tag, b := b[0], b[1:]
	s := new(stub)
	switch {
	case tag == pageEmpty:
		return nil, b, nil
	case tag == pageInner && depth < min(end, MaxDepth):
		left, b, err := pageNode(b, depth+1, end)
		if err != nil {
			return nil, nil, err
		}
		right, b, err := pageNode(b, depth+1, end)
		if err != nil {
			return nil, nil, err
		}
		n := newInner(left, right)
		n.dirty = false
		return n, b, nil
	case tag == pageBucket && len(b) > 0 && b[0] > 0 && b[0] <= bucketMax:
		s.leaves, b = b[0], b[1:]
	case tag != pageNext || depth != end:
		return nil, nil, fmt.Errorf("tag %d at depth %d", tag, depth)
	}
	if len(b) < len(s.h) {
		return nil, nil, fmt.Errorf("it ends within a hash")
	}
	s.h = Root(b[:len(s.h)])
	return s, b[len(s.h):], nil
}
