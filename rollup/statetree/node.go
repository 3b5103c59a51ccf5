package statetree

// A node is a subtree: nil (empty), *leaf, *bucket, *inner, or *stub. Nodes are never changed once
// another node or a Tree points to them, so that versions share them freely.
type node interface {
	hash() *Root
}

// A leaf is a key with its value, or with the value's hash alone (has is false): the value is then
// in the tree's source, or out of reach.
type leaf struct {
	h     Root
	key   Key
	vhash Root // only if the value is not there
	value []byte
	has   bool
}

// An inner node has two subtrees with two leaves or more below them: never nothing and one leaf.
type inner struct {
	h    Root
	kids [2]node
}

// A stub stands for a subtree, not empty, of which only the hash is known.
type stub struct {
	h Root
	// leaves is the number of leaves below if a store has them as a bucket, and 0 for a page. It
	// means nothing in a tree without a source.
	leaves uint8
}

func (l *leaf) hash() *Root  { return &l.h }
func (n *inner) hash() *Root { return &n.h }
func (s *stub) hash() *Root  { return &s.h }

var emptyRoot Root

func hashOf(n node) *Root {
	if n == nil {
		return &emptyRoot
	}
	return n.hash()
}

// newLeaf returns a leaf with its value.
func newLeaf(k Key, value []byte) *leaf {
	vh := HashValue(value)
	return &leaf{h: hashLeaf(&k, &vh), key: k, value: value, has: true}
}

// newBareLeaf returns a leaf that knows its value's hash only.
func newBareLeaf(k Key, vhash Root) *leaf {
	return &leaf{h: hashLeaf(&k, &vhash), key: k, vhash: vhash}
}

// bare returns the leaf without its value.
func (l *leaf) bare() *leaf {
	if !l.has {
		return l
	}
	return &leaf{h: l.h, key: l.key, vhash: HashValue(l.value)}
}

func newInner(left, right node) *inner {
	return &inner{h: hashInner(hashOf(left), hashOf(right)), kids: [2]node{left, right}}
}

// lone reports whether a subtree is one leaf.
func lone(n node) bool {
	switch x := n.(type) {
	case *leaf:
		return true
	case *bucket:
		return x.n == 1
	}
	return false
}

// stubOf returns the node reduced to its hash.
func stubOf(n node) node {
	switch n := n.(type) {
	case nil:
		return nil
	case *stub:
		return n
	default:
		return &stub{h: *n.hash()}
	}
}
