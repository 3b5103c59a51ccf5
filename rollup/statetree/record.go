package statetree

// Recorder notes every node and value that a tree's operations use, from Record on.
type Recorder struct {
	root node           // stub, leaf or nil: the tree at the start
	seen map[Root]*mark // what was used in this recording, by the nodes' hashes
	old  map[Root]*mark // what was used in the one before: its content is known
	now  uint32         // the number of the recording
	free []mark
	out  encoder

	// The nodes on the way to the key that was looked up last, in the tree with the root top: keys
	// that are looked up one after the other often are neighbours.
	path []node
	last Key
	top  node
}

// mark is one node in use, and its value if that was read; read is the last recording in which it
// was.
type mark struct {
	n     node
	value []byte
	read  uint32
}

// keptMarks is the size up to which a map is emptied rather than replaced: emptying costs by what a
// map ever held.
const keptMarks = 1 << 12

// Record starts a recording on t: everything that Get, Next, InsertDepth and Apply touch from here
// on, relative to the root now. It ends an earlier recording, whose Recorder keeps what it has.
func (t *Tree) Record() *Recorder {
	t.rec = &Recorder{seen: make(map[Root]*mark), old: make(map[Root]*mark)}
	t.rec.Restart(t)
	return t.rec
}

// Restart begins another recording, on the same tree as it is now, and forgets what the last one
// has. The two do not show in each other's witnesses; but what both touch is not fetched again.
func (r *Recorder) Restart(t *Tree) {
	unused := r.old
	if len(unused) > keptMarks {
		unused = make(map[Root]*mark)
	}
	clear(unused)
	r.seen, r.old = unused, r.seen
	r.root = stubOf(t.root)
	r.path = r.path[:0]
	r.now++
	t.rec = r
}

// Root returns the root at the start of the recording, against which the witness is parsed.
func (r *Recorder) Root() Root { return *hashOf(r.root) }

// Witness returns the recorded part of the tree at the start of the recording, with everything else
// reduced to hashes: enough to repeat the same operations on the tree that Parse makes of it.
// The error is always nil, as everything that was used is in memory: it leaves room for recordings
// that are not.
func (r *Recorder) Witness() ([]byte, error) {
	e := &r.out
	e.rec, e.codes, e.bits, e.nodes, e.payload.B = r, e.codes[:0], 0, 0, e.payload.B[:0]
	e.tree(r.root, 0)
	return e.bytes(), nil
}

// nearest returns the deepest node, and its depth, on the way to k in the tree with the given root
// that is on the way to the key before too.
func (r *Recorder) nearest(root node, k *Key) (n node, depth int) {
	if r.top != root {
		r.path, r.top = r.path[:0], root
	}
	if len(r.path) == 0 {
		r.last = *k
		return root, 0
	}
	depth = min(k.common(&r.last), len(r.path)-1)
	r.path, r.last = r.path[:depth+1], *k
	return r.path[depth], depth
}

// step notes a node on the way to the key of nearest.
func (r *Recorder) step(n node, depth int) { r.path = append(r.path[:depth], n) }

// use notes the use of the node with a hash, if its content is known, and returns its mark or nil.
func (r *Recorder) use(h *Root) *mark {
	m := r.seen[*h]
	if m == nil {
		if m = r.old[*h]; m != nil {
			r.seen[*h] = m
		}
	}
	return m
}

// marksSlab is the number of marks that are allocated at once.
const marksSlab = 64

// add notes the use of a node that is not known.
func (r *Recorder) add(n node) *mark {
	if len(r.free) == 0 {
		r.free = make([]mark, marksSlab)
	}
	m := &r.free[0]
	r.free = r.free[1:]
	m.n = n
	r.seen[*n.hash()] = m
	return m
}

// touch notes the use of a node at depth and returns it, a bucket as nodes of their own. Nodes are
// known by their hashes, so a node that Apply made is noted too; it is not below the root at the
// start, and never found by the encoder.
func (r *Recorder) touch(n node, depth int) node {
	if m := r.use(n.hash()); m != nil {
		return m.n
	}
	if b, ok := n.(*bucket); ok {
		b.touch()
		n = b.open(depth)
	}
	return r.add(n).n
}

// touchValue notes that the value of a leaf is read. If it is not known, fetch returns it.
func (r *Recorder) touchValue(l *leaf, fetch func(*leaf) ([]byte, error)) ([]byte, error) {
	m := r.use(&l.h)
	if m == nil {
		m = r.add(l)
	}
	if m.read == 0 {
		value, err := fetch(l)
		if err != nil {
			return nil, err
		}
		m.value = value
	}
	m.read = r.now
	return m.value, nil
}
