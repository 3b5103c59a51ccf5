package statetree

import (
	"slices"

	"github.com/athenarollup/athena/scale"
)

// A witness is a pruned tree in pre-order, in two parts (docs/spec/witness.md, "Format"): the codes
// of its nodes, bit by bit, and then what is said of them. These are the codes, the first bit being
// the highest of the lowest four.
const (
	codeInner = 0b0    // left subtree, right subtree
	codeHash  = 0b10   // the hash of a subtree whose content is left out
	codeEmpty = 0b110  // nothing
	codeLeaf  = 0b1110 // end of key, length, value: a leaf whose value is read
	codeBare  = 0b1111 // end of key, hash of the value: a leaf that only has to be known to be there
)

// encoder writes a pruned tree.
type encoder struct {
	rec     *Recorder // if not nil, what it did not record is left out
	codes   []byte
	bits    int // written into codes
	nodes   int
	payload scale.Encoder
}

// code writes the lowest n bits of a code.
func (e *encoder) code(code uint8, n int) {
	e.nodes++
	for n--; n >= 0; n-- {
		if e.bits&7 == 0 {
			e.codes = append(e.codes, 0)
		}
		e.codes[e.bits>>3] |= code >> n & 1 << (7 - e.bits&7)
		e.bits++
	}
}

// tree writes a subtree at depth: what it shows, and no more. It is the inverse of decoder.tree.
func (e *encoder) tree(n node, depth int) {
	if n == nil {
		e.code(codeEmpty, 3)
		return
	}
	var m *mark
	if e.rec != nil {
		if m = e.rec.seen[*n.hash()]; m == nil {
			e.hash(n.hash())
			return
		}
		n = m.n
	}
	switch x := n.(type) {
	case *stub:
		e.hash(&x.h)
	case *inner:
		e.code(codeInner, 1)
		e.tree(x.kids[0], depth+1)
		e.tree(x.kids[1], depth+1)
	case *leaf:
		switch {
		case m == nil:
			e.leaf(x, depth, x.value, x.has)
		case m.read == e.rec.now:
			e.leaf(x, depth, m.value, true)
		default:
			e.leaf(x, depth, nil, false)
		}
	default:
		panic("BUG: statetree: unknown node")
	}
}

func (e *encoder) hash(h *Root) {
	e.code(codeHash, 2)
	e.payload.Raw(h[:])
}

// leaf writes a leaf with its value if that is shown, or else with the value's hash.
func (e *encoder) leaf(l *leaf, depth int, value []byte, shown bool) {
	if shown {
		e.code(codeLeaf, 4)
		e.payload.Raw(l.key[depth>>3:])
		e.payload.Bytes(value)
		return
	}
	e.code(codeBare, 4)
	e.payload.Raw(l.key[depth>>3:])
	vh := l.vhash
	if l.has {
		vh = HashValue(l.value)
	}
	e.payload.Raw(vh[:])
}

// size returns the bytes so far.
func (e *encoder) size() int { return len(e.codes) + len(e.payload.B) }

func (e *encoder) bytes() []byte { return slices.Concat(e.codes, e.payload.B) }
