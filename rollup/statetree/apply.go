package statetree

import (
	"fmt"
	"slices"
	"sort"
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
	ch := slices.Clone(changes)
	slices.SortStableFunc(ch, func(a, b Change) int { return a.Key.compare(b.Key) })
	kept := ch[:0]
	for i := range ch {
		if i+1 < len(ch) && ch[i+1].Key == ch[i].Key {
			continue
		}
		kept = append(kept, ch[i])
	}
	return kept, nil
}

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
		old, _ := seen.(*leaf)
		return build(merge(old, ch), depth)
	}
	cut := split(ch, depth)
	left, err := t.apply(x.kids[0], ch[:cut], depth+1)
	if err != nil {
		return nil, err
	}
	right, err := t.apply(x.kids[1], ch[cut:], depth+1)
	if err != nil {
		return nil, err
	}
	if left == x.kids[0] && right == x.kids[1] {
		return n, nil // still the stub, if it was one: a version does not pin what it only read
	}
	return t.join(left, right, ch[0].Key, depth)
}

// join returns the node of two subtrees, or the one leaf that is left of them: a lone leaf is
// lifted. at is any key below, depth the depth of the node.
func (t *Tree) join(left, right node, at Key, depth int) (node, error) {
	if left != nil && right != nil {
		return newInner(left, right), nil
	}
	lone, side := left, 0
	if left == nil {
		lone, side = right, 1
	}
	if lone == nil {
		return nil, nil
	}
	if at.bit(depth) != side {
		at = at.flip(depth)
	}
	// Whether the sibling of what was deleted is a leaf shows only in its content, so a witness
	// must have it.
	lone, err := t.visit(lone, at, depth+1)
	if err != nil {
		return nil, err
	}
	if _, ok := lone.(*leaf); ok {
		return lone, nil
	}
	return newInner(left, right), nil
}

// merge returns the leaves of a subtree that held old (or nothing, if nil) after the changes.
func merge(old *leaf, ch []Change) []*leaf {
	leaves := make([]*leaf, 0, len(ch)+1)
	for i := range ch {
		if old != nil {
			switch c := old.key.compare(ch[i].Key); {
			case c < 0:
				leaves = append(leaves, old)
				old = nil
			case c == 0:
				old = nil
			}
		}
		if !ch[i].Delete {
			leaves = append(leaves, newLeaf(ch[i].Key, append([]byte{}, ch[i].Value...)))
		}
	}
	if old != nil {
		leaves = append(leaves, old)
	}
	return leaves
}

// build returns the subtree at depth that holds exactly the leaves, which are sorted.
func build(leaves []*leaf, depth int) (node, error) {
	switch len(leaves) {
	case 0:
		return nil, nil
	case 1:
		return leaves[0], nil
	}
	if depth >= MaxDepth {
		return nil, fmt.Errorf("%w: %v and %v agree in %d bits",
			ErrTooDeep, leaves[0].key, leaves[1].key, leaves[0].key.common(&leaves[1].key))
	}
	cut := sort.Search(len(leaves), func(i int) bool { return leaves[i].key.bit(depth) == 1 })
	left, err := build(leaves[:cut], depth+1)
	if err != nil {
		return nil, err
	}
	right, err := build(leaves[cut:], depth+1)
	if err != nil {
		return nil, err
	}
	// Two leaves or more are below, so neither side can be lifted.
	return newInner(left, right), nil
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
