package statetree

// Recorder notes every node and value that a tree's operations use, from Record on.
type Recorder struct {
	root node // stub, leaf or nil: the tree at the start
	seen map[Root]*mark
}

// mark is one node in use, and its value if that was read.
type mark struct {
	n     node
	value []byte
	read  bool
}

// Record starts a recording on t: everything that Get, Next, InsertDepth and Apply touch from here
// on, relative to the root now. It ends an earlier recording, whose Recorder keeps what it has.
func (t *Tree) Record() *Recorder {
	t.rec = &Recorder{root: stubOf(t.root), seen: make(map[Root]*mark)}
	return t.rec
}

// Root returns the root at the start of the recording, against which the witness is parsed.
func (r *Recorder) Root() Root { return *hashOf(r.root) }

// Witness returns the recorded part of the tree at the start of the recording, with everything else
// reduced to hashes: enough to repeat the same operations on the tree that Parse makes of it.
// The error is always nil, as everything that was used is in memory: it leaves room for recordings
// that are not.
func (r *Recorder) Witness() ([]byte, error) {
	return encodeTree(r.prune(r.root)), nil
}

// touch notes the use of a node at depth and returns it, a bucket as nodes of their own. Nodes are
// known by their hashes, so a node that Apply made is noted too; it is not below the root at the
// start, and never found by prune.
func (r *Recorder) touch(n node, depth int) node {
	h := n.hash()
	if m := r.seen[*h]; m != nil {
		return m.n
	}
	if b, ok := n.(*bucket); ok {
		n = b.expand(depth)
	}
	r.seen[*h] = &mark{n: n}
	return n
}

func (r *Recorder) touchValue(l *leaf, value []byte) {
	m := r.seen[l.h]
	if m == nil {
		m = &mark{n: l}
		r.seen[l.h] = m
	}
	m.value, m.read = value, true
}

// prune returns the subtree with everything that was not used reduced to hashes.
func (r *Recorder) prune(n node) node {
	m := r.seen[*hashOf(n)]
	if n == nil || m == nil {
		return stubOf(n)
	}
	switch x := m.n.(type) {
	case *inner:
		return &inner{h: x.h, kids: [2]node{r.prune(x.kids[0]), r.prune(x.kids[1])}}
	case *leaf:
		if !m.read {
			return x.bare()
		}
		return &leaf{h: x.h, key: x.key, value: m.value, has: true}
	default:
		panic("BUG: statetree: a stub was recorded")
	}
}
