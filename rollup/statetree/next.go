package statetree

// Next returns the first leaf whose key is greater than k, in key order; past the last key it goes
// on with the first, so it may return k itself when nothing else is there. ok is false when the
// tree is empty. A pruned tree returns ErrIncomplete if it does not show everything between k and
// the answer. A walk over the whole state begins with k = ff..ff.
func (t *Tree) Next(k Key) (key Key, value []byte, ok bool, err error) {
	if err := t.current(); err != nil {
		return Key{}, nil, false, err
	}
	l, err := t.after(t.root, k, 0)
	if err == nil && l == nil {
		l, err = t.first(t.root, Key{}, 0)
	}
	if err != nil || l == nil {
		return Key{}, nil, false, err
	}
	value, err = t.valueOf(l)
	if err != nil {
		return Key{}, nil, false, err
	}
	return l.key, value, true, nil
}

// after returns the first leaf above k in the subtree n, which lies on the path of k.
func (t *Tree) after(n node, k Key, depth int) (*leaf, error) {
	n, err := t.visit(n, k, depth)
	if err != nil {
		return nil, err
	}
	switch x := n.(type) {
	case *leaf:
		if x.key.compare(k) > 0 {
			return x, nil
		}
	case *inner:
		if k.bit(depth) == 1 {
			return t.after(x.kids[1], k, depth+1)
		}
		if l, err := t.after(x.kids[0], k, depth+1); l != nil || err != nil {
			return l, err
		}
		return t.first(x.kids[1], k.flip(depth), depth+1)
	}
	return nil, nil
}

// first returns the leftmost leaf of the subtree n, which lies on the path of at.
func (t *Tree) first(n node, at Key, depth int) (*leaf, error) {
	for n != nil {
		var err error
		if n, err = t.visit(n, at, depth); err != nil {
			return nil, err
		}
		switch x := n.(type) {
		case *leaf:
			return x, nil
		case *inner:
			side := 0
			if x.kids[0] == nil {
				side = 1
			}
			if at.bit(depth) != side {
				at = at.flip(depth)
			}
			n = x.kids[side]
			depth++
		}
	}
	return nil, nil
}
