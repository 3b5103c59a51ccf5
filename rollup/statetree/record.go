package statetree

// Recorder notes every node and value that a tree's operations use, from Record on.
type Recorder struct {
	root node // stub, leaf or nil: the tree at the start
	seen map[Root]*mark
	now  uint32 // the number of the recording
	size int    // bytes that the witness has at most, but for its codes
	kept int    // bytes of the values in seen
}

// mark is one node that was used, and its value if that was read. The numbers are those of the last
// recordings in which they were: the content is kept for the ones to come.
type mark struct {
	n          node
	value      []byte
	used, read uint32
}

// What a recorder keeps of earlier recordings at most.
const (
	keptMarks = 1 << 14
	keptBytes = 4 << 20
)

// Record starts a recording on t: everything that Get, Next, InsertDepth and Apply touch from here
// on, relative to the root now. It ends an earlier recording, whose Recorder keeps what it has.
func (t *Tree) Record() *Recorder {
	t.rec = &Recorder{seen: make(map[Root]*mark)}
	t.rec.Restart(t)
	return t.rec
}

// Restart begins another recording, on the same tree as it is now, and forgets what the last one
// has. The two do not show in each other's witnesses; but what both touch is not fetched again.
func (r *Recorder) Restart(t *Tree) {
	if len(r.seen) > keptMarks || r.kept > keptBytes {
		r.seen, r.kept = make(map[Root]*mark), 0
	}
	r.root = stubOf(t.root)
	r.now++
	r.size = 0
	t.rec = r
}

// Root returns the root at the start of the recording, against which the witness is parsed.
func (r *Recorder) Root() Root { return *hashOf(r.root) }

// Witness returns the recorded part of the tree at the start of the recording, with everything else
// reduced to hashes: enough to repeat the same operations on the tree that Parse makes of it.
// The error is always nil, as everything that was used is in memory: it leaves room for recordings
// that are not.
func (r *Recorder) Witness() ([]byte, error) {
	e := encoder{rec: r}
	e.payload.B = make([]byte, 0, len(Root{})+r.size)
	e.tree(r.root, 0)
	return e.bytes(), nil
}

// touch notes the use of a node at depth and returns it, a bucket as nodes of their own. Nodes are
// known by their hashes, so a node that Apply made is noted too; it is not below the root at the
// start, and never found by the encoder.
func (r *Recorder) touch(n node, depth int) node {
	h := n.hash()
	if m := r.seen[*h]; m != nil {
		r.use(m)
		return m.n
	}
	if b, ok := n.(*bucket); ok {
		n = b.expand(depth)
	}
	m := &mark{n: n}
	r.seen[*h] = m
	r.use(m)
	return n
}

// use notes that a node is used: as an inner node, whose hash turns into two, or as a leaf.
func (r *Recorder) use(m *mark) {
	if m.used == r.now {
		return
	}
	m.used = r.now
	r.size += len(Root{})
	if _, ok := m.n.(*leaf); ok {
		r.size += len(Key{})
	}
}

// known returns the value of a leaf if it was read in this recording or an earlier one.
func (r *Recorder) known(l *leaf) (value []byte, ok bool) {
	if m := r.seen[l.h]; m != nil && m.read > 0 {
		return m.value, true
	}
	return nil, false
}

func (r *Recorder) touchValue(l *leaf, value []byte) {
	m := r.seen[l.h]
	if m == nil {
		m = &mark{n: l}
		r.seen[l.h] = m
	}
	r.use(m)
	if m.read == 0 {
		m.value = value
		r.kept += len(value)
	}
	if m.read != r.now {
		m.read = r.now
		r.size += len(value) + maxLenBytes
	}
}

// mark returns what was noted of a node in this recording, nil if it was not used.
func (r *Recorder) mark(n node) *mark {
	if m := r.seen[*n.hash()]; m != nil && m.used == r.now {
		return m
	}
	return nil
}
