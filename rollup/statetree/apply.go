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
	root, err := t.apply(t.root, ch, 0)
	if err != nil {
		return err
	}
	t.root = root
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

// forkMin is the number of changes below a node from which its two sides are hashed side by side.
const forkMin = 256

// apply returns the subtree n, which lies at depth, with the changes made. They are sorted,
// distinct and all below n.
func (t *Tree) apply(n node, ch []Change, depth int) (node, error) {
	if len(ch) == 0 {
		return n, nil
	}
	seen, err := t.visit(n, ch[0].Key, depth)
	if err != nil {
		return nil, err
	}
	x, ok := seen.(*inner)
	if !ok {
		return t.fill(seen, ch, depth)
	}
	cut := split(ch, depth)
	left, right, err := t.applySides(x, ch[:cut], ch[cut:], depth+1)
	if err != nil {
		return nil, err
	}
	if left == x.kids[0] && right == x.kids[1] {
		return n, nil // still the stub, if it was one: a version does not pin what it only read
	}
	return t.join(left, right, ch[0].Key, depth)
}

// applySides makes the changes in both children of a node; side by side if they are many. Only
// trees of a store do so: what a verdict runs on stays in its goroutine.
func (t *Tree) applySides(x *inner, l, r []Change, depth int) (left, right node, err error) {
	if t.src != nil && t.rec == nil && len(l) >= forkMin/2 && len(r) >= forkMin/2 {
		return t.applyFork(x, l, r, depth)
	}
	if left, err = t.apply(x.kids[0], l, depth); err == nil {
		right, err = t.apply(x.kids[1], r, depth)
	}
	return left, right, err
}

// applyFork is apart from applySides because what a goroutine shares is allocated.
func (t *Tree) applyFork(x *inner, l, r []Change, depth int) (left, right node, err error) {
	var wg sync.WaitGroup
	var rightErr error
	wg.Go(func() { right, rightErr = t.apply(x.kids[1], r, depth) })
	left, err = t.apply(x.kids[0], l, depth)
	wg.Wait()
	if err == nil {
		err = rightErr
	}
	return left, right, err
}

// fill returns the subtree that held what n holds, which is nothing, a leaf or a bucket, with the
// changes made.
func (t *Tree) fill(n node, ch []Change, depth int) (node, error) {
	var buf [bucketMax]entry
	var out [2 * bucketMax]entry
	return build(merge(out[:0], entriesOf(buf[:0], n), ch), depth)
}

// join returns the node of two subtrees, or the one leaf that is left of them: a lone leaf is
// lifted. at is any key below, depth the depth of the node.
func (t *Tree) join(left, right node, at Key, depth int) (node, error) {
	if left != nil && right != nil {
		return newInner(left, right), nil
	}
	only, side := left, 0
	if left == nil {
		only, side = right, 1
	}
	if only == nil {
		return nil, nil
	}
	at = at.to(depth, side)
	// Whether the sibling of what was deleted is a leaf shows only in its content, so a witness
	// must have it.
	only, err := t.visit(only, at, depth+1)
	if err != nil {
		return nil, err
	}
	if lone(only) {
		return only, nil
	}
	return newInner(left, right), nil
}

// merge appends the entries after the changes.
func merge(out, old []entry, ch []Change) []entry {
	for i := range ch {
		for len(old) > 0 {
			c := old[0].key().compare(ch[i].Key)
			if c > 0 {
				break
			}
			if c < 0 {
				out = append(out, old[0])
			}
			old = old[1:]
		}
		if !ch[i].Delete {
			out = append(out, newEntry(&ch[i].Key, ch[i].Value))
		}
	}
	return append(out, old...)
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
