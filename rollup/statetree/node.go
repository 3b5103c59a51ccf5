package statetree

// A node is a subtree: nil (empty), *leaf, *bucket, *inner, or *stub. What a node shows is never
// changed once another node or a Tree points to it, so that versions share nodes freely.
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
	// dirty says that the page which holds this node is not on the disk with it. It belongs to the
	// writer of the store whose head the node is in; nobody else looks at it.
	dirty bool
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

// newInner returns a node that no disk has yet.
func newInner(left, right node) *inner {
	return &inner{
		h: hashInner(hashOf(left), hashOf(right)), kids: [2]node{left, right}, dirty: true,
	}
}

// many is the number of leaves of whatever may have more than bucketMax.
const many = bucketMax + 1

// leavesOf returns the number of leaves of a subtree, or many.
func leavesOf(n node) int {
	switch x := n.(type) {
	case nil:
		return 0
	case *leaf:
		return 1
	case *bucket:
		return x.leaves()
	case *stub:
		if x.leaves > 0 {
			return int(x.leaves)
		}
	}
	return many
}

// About what the nodes take of the memory.
const (
	innerBytes  = 80
	stubBytes   = 48
	bucketBytes = 112
)

// bytesOf returns about how much memory a subtree takes, down to its stubs.
func bytesOf(n node) int64 {
	switch x := n.(type) {
	case *inner:
		return innerBytes + bytesOf(x.kids[0]) + bytesOf(x.kids[1])
	case *stub:
		return stubBytes
	case *bucket:
		return x.bytes()
	}
	return 0
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
