package statetree

import "fmt"

// MaxRangeBytes is the largest proof of a Chunk that VerifyRange looks at: what ProveRange may be
// asked for, and one leaf more.
const MaxRangeBytes = 1<<20 + MaxProofBytes

// Chunk is everything that a state holds between two keys, both included, with its proof: a witness
// that shows each leaf between them, and that there are no others (docs/spec/witness.md, "Ranges").
type Chunk struct {
	From, To Key
	Proof    []byte
}

// Next returns the key at which the chunk after c begins; ok is false when c reaches the last key.
func (c *Chunk) Next() (from Key, ok bool) {
	from = c.To
	for i := len(from) - 1; i >= 0; i-- {
		if from[i]++; from[i] != 0 {
			return from, true
		}
	}
	return Key{}, false
}

// Leaf is a key with its value.
type Leaf struct {
	Key   Key
	Value []byte
}

// lastKey is the largest key.
var lastKey = Key{}.last(0)

// last returns the largest key that has the first n bits of k.
func (k Key) last(n int) Key {
	for i := n; i < 8*len(k); i++ {
		k[i>>3] |= 0x80 >> (i & 7)
	}
	return k
}

// before returns the key before k, which is not the first.
func (k Key) before() Key {
	for i := len(k) - 1; i >= 0; i-- {
		k[i]--
		if k[i] != 0xff {
			break
		}
	}
	return k
}

// ProveRange returns the chunk that begins at a key and has as many leaves as fit into maxBytes, but
// one at least, if there is one. Chunks of one tree that begin where the one before ends, the first
// at the zero key, hold all of it. A recording on t is not affected.
func (t *Tree) ProveRange(from Key, maxBytes int) (Chunk, error) {
	if err := t.current(); err != nil {
		return Chunk{}, err
	}
	p := ranger{t: t.Fork(), from: from, to: lastKey, bytesMax: min(maxBytes, 1<<20)}
	if err := p.walk(t.root, Key{}, 0); err != nil {
		return Chunk{}, err
	}
	return Chunk{From: from, To: p.to, Proof: p.out.bytes()}, nil
}

// ranger writes the proof of a range.
type ranger struct {
	t        *Tree
	from, to Key
	bytesMax int
	leaves   int
	full     bool
	out      encoder
}

// walk writes a subtree at depth; at is its first key.
func (p *ranger) walk(n node, at Key, depth int) error {
	if n == nil || p.full || at.last(depth).compare(p.from) < 0 {
		p.out.tree(stubOf(n), depth)
		return nil
	}
	n, err := p.t.visit(n, at, depth)
	if err != nil {
		return err
	}
	if b, ok := n.(*bucket); ok {
		n = b.open(depth)
	}
	if l, ok := n.(*leaf); ok {
		return p.leaf(l, depth)
	}
	x, ok := n.(*inner)
	if !ok {
		return fmt.Errorf("%w: nothing is left of the subtree at %v", ErrCorrupt, idOf(at, depth))
	}
	p.out.code(codeInner, 1)
	if err := p.walk(x.kids[0], at, depth+1); err != nil {
		return err
	}
	return p.walk(x.kids[1], at.flip(depth), depth+1)
}

// leaf writes a leaf: with its value in the range, and otherwise bare, which shows where it lies.
func (p *ranger) leaf(l *leaf, depth int) error {
	if l.key.compare(p.from) < 0 {
		p.out.tree(l.bare(), depth)
		return nil
	}
	value, err := p.t.valueOf(l)
	if err != nil {
		return err
	}
	if p.leaves > 0 && max(p.out.size()+len(value), p.out.nodes*nodeBytes) > p.bytesMax {
		p.full, p.to = true, l.key.before()
		p.out.tree(l.bare(), depth)
		return nil
	}
	p.leaves++
	p.out.tree(&leaf{h: l.h, key: l.key, value: value, has: true}, depth)
	return nil
}

// VerifyRange returns the leaves of a chunk, in key order: all that the state with the given root
// holds between its bounds. The error is ErrBadWitness or ErrIncomplete when the chunk does not show
// that. The values belong to the caller.
func VerifyRange(root Root, c Chunk) ([]Leaf, error) {
	if c.From.compare(c.To) > 0 {
		return nil, fmt.Errorf("%w: a range from %v to %v", ErrBadWitness, c.From, c.To)
	}
	t, err := Parse(c.Proof, root, WitnessLimits{Bytes: MaxRangeBytes})
	if err != nil {
		return nil, err
	}
	return c.collect(nil, t.root, Key{}, 0)
}

// collect appends the leaves of the range in the subtree at depth; at is its first key.
func (c *Chunk) collect(out []Leaf, n node, at Key, depth int) ([]Leaf, error) {
	if at.compare(c.To) > 0 || at.last(depth).compare(c.From) < 0 {
		return out, nil
	}
	switch x := n.(type) {
	case *stub:
		return nil, fmt.Errorf("%w: only the hash of the subtree at %v is known",
			ErrIncomplete, idOf(at, depth))
	case *leaf:
		if x.key.compare(c.From) < 0 || x.key.compare(c.To) > 0 {
			return out, nil
		}
		if !x.has {
			return nil, fmt.Errorf("%w: only the hash of the value of %v is known",
				ErrIncomplete, x.key)
		}
		return append(out, Leaf{Key: x.key, Value: x.value}), nil
	case *inner:
		out, err := c.collect(out, x.kids[0], at, depth+1)
		if err != nil {
			return nil, err
		}
		return c.collect(out, x.kids[1], at.flip(depth), depth+1)
	}
	return out, nil
}
