package statetree

import "fmt"

// pageLevels is the height of a page. The tree is stored as pages of 6 levels, at most 126 hashes,
// each addressed by its path. A page exists where a node at a depth divisible by 6 has children;
// leaves are stored in the page of their parent, and the tree's root is always in a page.
const pageLevels = 6

// pageID is the address of a page: the depth and the path of its root.
type pageID struct {
	depth uint8
	path  Key
}

// dbKey returns the key under which the page is stored. Pages of one depth are neighbours.
func (id pageID) dbKey() []byte {
	b := append(make([]byte, 0, 2+len(Key{})), spacePage, id.depth)
	return append(b, id.path[:(int(id.depth)+7)/8]...)
}

// isPage reports whether a page begins at a node.
func isPage(n node, depth int) bool {
	if depth == 0 {
		return n != nil
	}
	_, ok := n.(*inner)
	return ok
}

// trim returns a node of a page with everything below the page reduced to hashes, and values left
// out. depth is that of the node, end that of the page's lower border.
func trim(n node, depth, end int) (node, error) {
	switch x := n.(type) {
	case nil:
		return nil, nil
	case *leaf:
		return x.bare(), nil
	case *inner:
		if depth == end {
			return stubOf(x), nil
		}
		left, err := trim(x.kids[0], depth+1, end)
		if err != nil {
			return nil, err
		}
		right, err := trim(x.kids[1], depth+1, end)
		if err != nil {
			return nil, err
		}
		if left == x.kids[0] && right == x.kids[1] {
			return x, nil
		}
		return &inner{h: x.h, kids: [2]node{left, right}}, nil
	default:
		if depth == end {
			return n, nil
		}
		return nil, fmt.Errorf("%w: only the hash is known at depth %d", ErrIncomplete, depth)
	}
}

// decodePage returns the root of a page, the inverse of appendTree on a trimmed page. All hashes
// are computed, so the caller learns from the root's whether the page is the right one.
func decodePage(id pageID, b []byte) (node, error) {
	end := int(id.depth) + pageLevels
	d := decoder{
		in: b, base: int(id.depth), path: id.path,
		depthMax: min(end, MaxDepth), hashDepth: end,
	}
	n, err := d.tree()
	if err != nil {
		return nil, fmt.Errorf("%w: page at depth %d on the path of %v: %w",
			ErrCorrupt, id.depth, id.path, err)
	}
	return n, nil
}

// pageCost returns about how much memory a page takes.
func pageCost(n node) int {
	switch x := n.(type) {
	case *inner:
		return 64 + pageCost(x.kids[0]) + pageCost(x.kids[1])
	case *leaf:
		return 128
	case *stub:
		return 32
	default:
		return 0
	}
}
