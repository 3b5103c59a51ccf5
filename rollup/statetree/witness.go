package statetree

import (
	"encoding/binary"
	"fmt"
)

// The tags of a witness (docs/spec/witness.md, "Format"). A witness is the pre-order of a pruned
// tree: each node is its tag and what is said here.
const (
	tagEmpty    = 0 // nothing
	tagHash     = 1 // the hash of a subtree whose content is left out
	tagLeaf     = 2 // key, length u32 little-endian, value: a leaf whose value is read
	tagInner    = 3 // left subtree, right subtree
	tagBareLeaf = 4 // key, hash of the value: a leaf that only has to be known to be there
)

// WitnessLimits bounds what Parse accepts.
type WitnessLimits struct {
	// Bytes is the size of the largest witness. Zero accepts none.
	Bytes int
}

// StepLimits returns the limits for the witness of a step (docs/spec/witness.md): no tree
// shape exceeds them when the step touches at most that many distinct keys, bytes of values and
// bytes of code. Next touches two keys: the one it starts from and the one it finds.
//
// One key costs at most 127 levels of a tag and a hash, the last node, and two bare leaves: 4449
// bytes, 29 more than its share. Each further key shares a node with an earlier one and stands in
// the place of a hash, which saves 34 bytes; the 4 KiB cover the first key.
func StepLimits(keys, valueBytes, codeBytes int) WitnessLimits {
	return WitnessLimits{Bytes: keys*(MaxDepth*33+2*98) + valueBytes + codeBytes + 4096}
}

// Parse returns the pruned tree that a witness holds, if it is canonical and has the given root.
// Otherwise the error is ErrBadWitness with the reason. The tree keeps no part of the bytes. Time
// and memory are proportional to the length of the witness, which the limits bound.
func Parse(witness []byte, root Root, limits WitnessLimits) (*Tree, error) {
	if len(witness) > limits.Bytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed",
			ErrBadWitness, len(witness), limits.Bytes)
	}
	d := decoder{in: witness, stack: make([]frame, 0, 32)}
	n, err := d.tree()
	if err != nil {
		return nil, err
	}
	if got := *hashOf(n); got != root {
		return nil, fmt.Errorf("%w: its root is %v, not %v", ErrBadWitness, got, root)
	}
	return &Tree{root: n}, nil
}

// decoder reads one tree in pre-order. It keeps its own stack, so that the input cannot choose the
// depth of the Go stack.
type decoder struct {
	in    []byte
	off   int
	path  Key // the position being read; bits from the depth on are zero
	stack []frame

	// Nodes are allocated by the slab: most of them live and die together.
	inners []inner
	stubs  []stub
}

// slabMax is the number of nodes in a slab.
const slabMax = 64

// slab returns the size of the next slab: no more nodes than the bytes that are left can hold.
func (d *decoder) slab() int { return min(slabMax, (len(d.in)-d.off)/(1+len(Root{}))+1) }

func (d *decoder) newInner(left, right node) *inner {
	if len(d.inners) == 0 {
		d.inners = make([]inner, d.slab()+len(d.stack)/2)
	}
	n := &d.inners[0]
	d.inners = d.inners[1:]
	*n = inner{h: hashInner(hashOf(left), hashOf(right)), kids: [2]node{left, right}}
	return n
}

func (d *decoder) newStub(h []byte) *stub {
	if len(d.stubs) == 0 {
		d.stubs = make([]stub, d.slab())
	}
	s := &d.stubs[0]
	d.stubs = d.stubs[1:]
	s.h = Root(h)
	return s
}

// frame is an inner node of which the right child, or both children, are not read yet.
type frame struct {
	left node
	half bool // left is read
}

func (d *decoder) tree() (node, error) {
	for {
		n, down, err := d.node()
		if err != nil {
			return nil, err
		}
		if down {
			d.stack = append(d.stack, frame{})
			continue
		}
		n, done, err := d.fold(n)
		if err != nil {
			return nil, err
		}
		if !done {
			continue
		}
		if d.off != len(d.in) {
			return nil, d.bad("%d bytes after the tree", len(d.in)-d.off)
		}
		return n, nil
	}
}

// fold hangs a finished subtree into the innermost open node, and closes all nodes that are
// finished by that. done is true when n is the whole tree.
func (d *decoder) fold(n node) (root node, done bool, err error) {
	for len(d.stack) > 0 {
		depth := len(d.stack) - 1
		top := &d.stack[len(d.stack)-1]
		if !top.half {
			top.left, top.half = n, true
			d.path = d.path.flip(depth)
			return nil, false, nil
		}
		if lonely(top.left, n) {
			return nil, false, d.bad("node with at most one leaf below at depth %d", depth)
		}
		n = d.newInner(top.left, n)
		d.path = d.path.flip(depth)
		d.stack = d.stack[:len(d.stack)-1]
	}
	return n, true, nil
}

// lonely reports whether two subtrees visibly hold one leaf or none: their node is not canonical.
func lonely(left, right node) bool {
	if left != nil && right != nil {
		return false
	}
	if left == nil {
		left = right
	}
	_, isLeaf := left.(*leaf)
	return left == nil || isLeaf
}

// node reads one tag and what belongs to it; down is true for an inner node, whose children follow.
func (d *decoder) node() (n node, down bool, err error) {
	tag, err := d.take(1)
	if err != nil {
		return nil, false, err
	}
	depth := len(d.stack)
	switch tag[0] {
	case tagEmpty:
		return nil, false, nil
	case tagHash:
		b, err := d.take(len(Root{}))
		if err != nil {
			return nil, false, err
		}
		if Root(b) == emptyRoot {
			return nil, false, d.bad("an empty subtree written as a hash")
		}
		return d.newStub(b), false, nil
	case tagLeaf, tagBareLeaf:
		n, err := d.leaf(tag[0], depth)
		return n, false, err
	case tagInner:
		if depth >= MaxDepth {
			return nil, false, d.bad("node at depth %d", depth)
		}
		return nil, true, nil
	default:
		return nil, false, d.bad("unknown tag %d", tag[0])
	}
}

func (d *decoder) leaf(tag byte, depth int) (node, error) {
	b, err := d.take(len(Key{}))
	if err != nil {
		return nil, err
	}
	k := Key(b)
	if k.prefix(depth) != d.path {
		return nil, d.bad("leaf %v is not on its path at depth %d", k, depth)
	}
	if tag == tagBareLeaf {
		if b, err = d.take(len(Root{})); err != nil {
			return nil, err
		}
		return newBareLeaf(k, Root(b)), nil
	}
	if b, err = d.take(4); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(b)
	if size > MaxValueBytes {
		return nil, d.bad("value of %d bytes, at most %d are allowed", size, MaxValueBytes)
	}
	if b, err = d.take(int(size)); err != nil {
		return nil, err
	}
	return newLeaf(k, append([]byte{}, b...)), nil
}

func (d *decoder) take(n int) ([]byte, error) {
	if len(d.in)-d.off < n {
		return nil, d.bad("ends within a node")
	}
	b := d.in[d.off : d.off+n]
	d.off += n
	return b, nil
}

func (d *decoder) bad(format string, args ...any) error {
	return fmt.Errorf("%w: byte %d: %s", ErrBadWitness, d.off, fmt.Sprintf(format, args...))
}

// appendTree appends the encoding of a pruned tree. What the tree shows is written, and no more: it
// is the inverse of decoder.tree.
func appendTree(b []byte, n node) []byte {
	switch x := n.(type) {
	case nil:
		return append(b, tagEmpty)
	case *stub:
		return append(append(b, tagHash), x.h[:]...)
	case *inner:
		b = append(b, tagInner)
		return appendTree(appendTree(b, x.kids[0]), x.kids[1])
	case *leaf:
		if !x.has {
			b = append(append(b, tagBareLeaf), x.key[:]...)
			return append(b, x.vhash[:]...)
		}
		b = append(append(b, tagLeaf), x.key[:]...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(x.value)))
		return append(b, x.value...)
	default:
		panic("BUG: statetree: unknown node")
	}
}
