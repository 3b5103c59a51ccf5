package statetree

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"sync"
)

// Change sets the value of a key or, with Delete, removes the key. Value may be empty: the key is
// then present with an empty value. Deleting an absent key changes nothing.
type Change struct {
	Key    Key
	Value  []byte
	Delete bool
}

// Apply makes all the changes, in any order, or returns an error and makes none. Of several changes
// of one key the last one counts. The values are copied. Each touched subtree is hashed once.
func (t *Tree) Apply(changes []Change) error {
	if err := t.current(); err != nil {
		return err
	}
	ch, err := normalize(changes)
	if err != nil {
		return err
	}
	if t.rec != nil && len(ch) > 0 {
		if _, _, err := t.use(t.root, ch, 0); err != nil {
			return err
		}
	}
	w := t.newWorker(len(ch))
	root, err := w.apply(t.root, ch, 0)
	if err != nil {
		return err
	}
	t.root = root
	t.diff.add(w)
	return nil
}

// normalize returns a sorted copy of the changes with one change a key.
func normalize(changes []Change) ([]Change, error) {
	for i := range changes {
		if n := len(changes[i].Value); n > MaxValueBytes {
			return nil, fmt.Errorf("%w: %d bytes for %v, at most %d are allowed",
				ErrValueTooLarge, n, changes[i].Key, MaxValueBytes)
		}
	}
	order := make([]place, len(changes))
	for i := range changes {
		order[i] = place{binary.BigEndian.Uint64(changes[i].Key[:]), int32(i)}
	}
	slices.SortFunc(order, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		c := changes[a.i].Key.compare(changes[b.i].Key)
		return cmp.Or(c, cmp.Compare(a.i, b.i))
	})
	ch := make([]Change, 0, len(changes))
	for j, p := range order {
		if j+1 == len(order) || changes[order[j+1].i].Key != changes[p.i].Key {
			ch = append(ch, changes[p.i])
		}
	}
	return ch, nil
}

// place is an index into changes with the first bytes of the key there.
type place struct {
	head uint64
	i    int32
}

// worker makes changes in one goroutine.
type worker struct {
	t       *Tree
	changes []valueChange // in key order
	gone    []nodeID      // pages that are none any more
	bytes   int64         // by which the tree takes more memory
	changed bool          // a merge changed something
	items   []item        // scratch
	merged  []item
	spare   []byte // for copies of small values
}

func (t *Tree) newWorker(changes int) *worker {
	w := &worker{t: t}
	if t.diff.kept {
		w.changes = make([]valueChange, 0, changes)
	}
	return w
}

// forkMin is the number of changes below a node from which its two sides are hashed side by side.
const forkMin = 256

// apply returns the subtree n, which lies at depth, with the changes made. They are sorted,
// distinct and all below n.
func (w *worker) apply(n node, ch []Change, depth int) (node, error) {
	if len(ch) == 0 {
		return n, nil
	}
	at := &ch[0].Key
	seen, err := w.load(n, at, depth)
	if err != nil {
		return nil, err
	}
	x, ok := seen.(*inner)
	if !ok {
		return w.fill(n, seen, ch, depth)
	}
	cut := split(ch, depth)
	left, right, err := w.sides(x, ch[:cut], ch[cut:], depth+1)
	if err != nil {
		return nil, err
	}
	if left == x.kids[0] && right == x.kids[1] {
		return n, nil // still the stub, if it was one: a version does not pin what it only read
	}
	out, err := w.join(left, right, at, depth)
	if err != nil {
		return nil, err
	}
	if n != seen {
		w.bytes += bytesOf(seen) - stubBytes
	}
	if _, still := out.(*inner); !still {
		w.bytes -= innerBytes
		if depth%pageLevels == 0 {
			w.gone = append(w.gone, idOf(*at, depth))
		}
	}
	return out, nil
}

// load returns a node with its content, which no recording sees.
func (w *worker) load(n node, at *Key, depth int) (node, error) {
	s, ok := n.(*stub)
	if !ok {
		return n, nil
	}
	if w.t.src == nil {
		return nil, incomplete(*at, depth)
	}
	return w.t.src.load(*at, depth, s)
}

// sides makes the changes in both children of a node; side by side if they are many. Only trees of a
// store do so: what a verdict runs on stays in its goroutine.
func (w *worker) sides(x *inner, l, r []Change, depth int) (left, right node, err error) {
	if w.t.src != nil && len(l) >= forkMin/2 && len(r) >= forkMin/2 {
		return w.fork(x, l, r, depth)
	}
	if left, err = w.apply(x.kids[0], l, depth); err == nil {
		right, err = w.apply(x.kids[1], r, depth)
	}
	return left, right, err
}

// fork is apart from sides because what a goroutine shares is allocated.
func (w *worker) fork(x *inner, l, r []Change, depth int) (left, right node, err error) {
	var wg sync.WaitGroup
	var rightErr error
	other := w.t.newWorker(len(r))
	wg.Go(func() { right, rightErr = other.apply(x.kids[1], r, depth) })
	left, err = w.apply(x.kids[0], l, depth)
	wg.Wait()
	if err == nil {
		err = rightErr
	}
	w.changes = append(w.changes, other.changes...)
	w.gone = append(w.gone, other.gone...)
	w.bytes += other.bytes
	return left, right, err
}

// fill returns the subtree that held what seen holds, which is nothing, a leaf or a bucket, with the
// changes made. n is what stood for it.
func (w *worker) fill(n, seen node, ch []Change, depth int) (node, error) {
	from, _ := seen.(*bucket)
	if from != nil {
		from.touch()
		if b := w.patch(from, ch, depth); b == from {
			return n, nil
		} else if b != nil {
			w.bytes += b.bytes() - bytesOf(n)
			return b, nil
		}
	}
	w.changed = false
	w.items = appendItems(w.items[:0], seen)
	w.merged = w.merge(w.merged[:0], w.items, ch)
	if !w.changed {
		return n, nil
	}
	out, err := build(w.merged, from, depth)
	if err != nil {
		return nil, err
	}
	w.bytes += bytesOf(out) - bytesOf(n)
	return out, nil
}

// join returns the node of two subtrees, or what they are together: a bucket, or the one leaf that
// is left of them. at is any key below, depth the depth of the node.
func (w *worker) join(left, right node, at *Key, depth int) (node, error) {
	l, r := leavesOf(left), leavesOf(right)
	switch {
	case l+r == 0:
		return nil, nil
	case l+r <= bucketMax:
		return w.melt(left, right, at, depth)
	case l == 0 || r == 0:
		only := left
		if l == 0 {
			only = right
		}
		// Whether the sibling of what was deleted is a leaf shows only in its content, so a witness
		// must have it. In a store more than bucketMax leaves are there.
		if _, away := only.(*stub); away && w.t.src == nil {
			return nil, incomplete(*at, depth+1)
		}
	}
	return newInner(left, right), nil
}

// melt returns the bucket of two subtrees that are small together.
func (w *worker) melt(left, right node, at *Key, depth int) (node, error) {
	items := make([]item, 0, bucketMax)
	for side, kid := range [2]node{left, right} {
		below := at.to(depth, side)
		seen, err := w.load(kid, &below, depth+1)
		if err != nil {
			return nil, err
		}
		w.bytes -= bytesOf(kid)
		if l, ok := seen.(*leaf); ok && len(items) == 0 && left == nil != (right == nil) {
			return l, nil
		}
		if b, ok := seen.(*bucket); ok && (left == nil || right == nil) {
			b = b.at(depth+1, depth)
			w.bytes += b.bytes()
			return b, nil
		}
		items = appendItems(items, seen)
	}
	for i := range items {
		items[i].old = -1
	}
	b, err := newBucket(items, nil, depth)
	if err != nil {
		return nil, err
	}
	w.bytes += b.bytes()
	return b, nil
}

// split returns the index of the first change that belongs to the right child of a node at depth.
func split(ch []Change, depth int) int {
	if ch[0].Key.bit(depth) == 1 {
		return 0
	}
	if ch[len(ch)-1].Key.bit(depth) == 0 {
		return len(ch)
	}
	return sort.Search(len(ch), func(i int) bool { return ch[i].Key.bit(depth) == 1 })
}
