package statetree

import (
	"bytes"
	"fmt"

	"github.com/athenarollup/athena/scale"
)

// decoder reads a pruned tree. It keeps its own stack, so that the input cannot choose the depth of
// the Go stack.
type decoder struct {
	codes   []byte
	bits    int // read from codes
	payload scale.Decoder
	path    Key // the position being read; bits from the depth on are zero
	stack   []frame
	hint    node // of a tree that was decoded before: what lies at the position being read

	// Nodes are allocated by the slab: most of them live and die together.
	inners     []inner
	stubs      []stub
	innersLeft int // not allocated yet
	stubsLeft  int
}

// frame is an inner node of which the right child, or both children, are not read yet.
type frame struct {
	left node
	half bool // left is read
	hint *inner
}

// init finds where the codes end and the rest begins.
func (d *decoder) init(in []byte, limits WitnessLimits) error {
	d.codes = in
	nodes := 0
	for open := 1; open > 0; open-- {
		code, ok := d.code()
		if !ok {
			return d.bad("it ends within the codes")
		}
		if nodes++; nodes > nodesSpare+limits.Bytes/nodeBytes {
			return d.bad("more than %d nodes", nodes-1)
		}
		switch code {
		case codeInner:
			open += 2
			d.innersLeft++
		case codeHash:
			d.stubsLeft++
		}
	}
	end := (d.bits + 7) / 8
	if d.bits&7 != 0 && in[end-1]<<(d.bits&7) != 0 {
		return d.bad("codes are not filled up with zeroes")
	}
	d.codes, d.bits, d.payload = in[:end], 0, *scale.NewDecoder(in[end:])
	return nil
}

// code reads the next code; ok is false at the end of the input.
func (d *decoder) code() (code uint8, ok bool) {
	for n := 0; n < 4; n++ {
		i := d.bits >> 3
		if i >= len(d.codes) {
			return 0, false
		}
		bit := d.codes[i] >> (7 - d.bits&7) & 1
		d.bits++
		code = code<<1 | bit
		if bit == 0 {
			break
		}
	}
	return code, true
}

func (d *decoder) tree() (node, error) {
	for {
		n, down, err := d.node()
		if err != nil {
			return nil, err
		}
		if down {
			d.open()
			continue
		}
		n, done, err := d.fold(n)
		if err != nil {
			return nil, err
		}
		if !done {
			continue
		}
		if rest := d.payload.Remaining(); rest != 0 {
			return nil, d.bad("%d bytes after the tree", rest)
		}
		return n, nil
	}
}

// open begins an inner node.
func (d *decoder) open() {
	f := frame{}
	if x, ok := d.hint.(*inner); ok {
		f.hint, d.hint = x, x.kids[0]
	} else {
		d.hint = nil
	}
	d.stack = append(d.stack, f)
}

// fold hangs a finished subtree into the innermost open node, and closes all nodes that are
// finished by that. done is true when n is the whole tree.
func (d *decoder) fold(n node) (root node, done bool, err error) {
	for len(d.stack) > 0 {
		depth := len(d.stack) - 1
		top := &d.stack[depth]
		if !top.half {
			top.left, top.half = n, true
			if d.hint = nil; top.hint != nil {
				d.hint = top.hint.kids[1]
			}
			d.turn(depth)
			return nil, false, nil
		}
		if lonely(top.left, n) {
			return nil, false, d.bad("node with at most one leaf below at depth %d", depth)
		}
		n = d.newInner(top.left, n, top.hint)
		d.turn(depth)
		d.stack = d.stack[:depth]
	}
	return n, true, nil
}

// turn goes to the other side at depth.
func (d *decoder) turn(depth int) { d.path[depth>>3] ^= 0x80 >> (depth & 7) }

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

// node reads one code and what belongs to it; down is true for an inner node, whose children follow.
func (d *decoder) node() (n node, down bool, err error) {
	code, ok := d.code()
	if !ok {
		panic("BUG: statetree: the codes have an end and end before it")
	}
	switch depth := len(d.stack); code {
	case codeEmpty:
		return nil, false, nil
	case codeHash:
		n, err := d.hash()
		return n, false, err
	case codeInner:
		if depth >= MaxDepth {
			return nil, false, d.bad("node at depth %d", depth)
		}
		return nil, true, nil
	default:
		n, err := d.leaf(code, depth)
		return n, false, err
	}
}

func (d *decoder) hash() (node, error) {
	b := d.payload.Raw(len(Root{}))
	if err := d.payload.Err(); err != nil {
		return nil, d.bad("hash: %v", err)
	}
	if Root(b) == emptyRoot {
		return nil, d.bad("an empty subtree written as a hash")
	}
	return d.newStub(b), nil
}

func (d *decoder) leaf(code uint8, depth int) (node, error) {
	k := d.path
	d.payload.Fill(k[depth>>3:])
	var b []byte
	if code == codeBare {
		b = d.payload.Raw(len(Root{}))
	} else {
		b = d.payload.Bytes(MaxValueBytes)
	}
	if err := d.payload.Err(); err != nil {
		return nil, d.bad("leaf: %v", err)
	}
	if k.prefix(depth) != d.path {
		return nil, d.bad("leaf %v is not on its path at depth %d", k, depth)
	}
	if x, ok := d.hint.(*leaf); ok && x.key == k && x.has == (code != codeBare) {
		if x.has && bytes.Equal(x.value, b) || !x.has && x.vhash == Root(b) {
			return x, nil
		}
	}
	if code == codeBare {
		return newBareLeaf(k, Root(b)), nil
	}
	return newLeaf(k, append([]byte{}, b...)), nil
}

func (d *decoder) bad(format string, args ...any) error {
	return fmt.Errorf("%w: code bit %d, byte %d behind the codes: %s",
		ErrBadWitness, d.bits, d.payload.Offset(), fmt.Sprintf(format, args...))
}

// slabMax is the number of nodes in a slab.
const slabMax = 64

// newInner returns the node of two subtrees. The hint knows its hash if they have the same hashes as
// the hint's; what they show is their own.
func (d *decoder) newInner(left, right node, hint *inner) *inner {
	if len(d.inners) == 0 {
		d.inners = make([]inner, max(1, min(slabMax, d.innersLeft)))
		d.innersLeft -= len(d.inners)
	}
	n := &d.inners[0]
	d.inners = d.inners[1:]
	n.kids = [2]node{left, right}
	l, r := hashOf(left), hashOf(right)
	if hint != nil && *hashOf(hint.kids[0]) == *l && *hashOf(hint.kids[1]) == *r {
		n.h = hint.h
	} else {
		n.h = hashInner(l, r)
	}
	return n
}

func (d *decoder) newStub(h []byte) *stub {
	if len(d.stubs) == 0 {
		d.stubs = make([]stub, max(1, min(slabMax, d.stubsLeft)))
		d.stubsLeft -= len(d.stubs)
	}
	s := &d.stubs[0]
	d.stubs = d.stubs[1:]
	s.h = Root(h)
	return s
}
