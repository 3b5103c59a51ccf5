package statetree

// Next returns the first leaf whose key is greater than k, in key order; past the last key it goes
// on with the first, so it may return k itself when nothing else is there. ok is false when the
// tree is empty. A pruned tree returns ErrIncomplete if it does not show everything between k and
// the answer. A walk over the whole state begins with k = ff..ff.
func (t *Tree) Next(k Key) (key Key, value []byte, ok bool, err error) {
	if err := t.current(); err != nil {
		return Key{}, nil, false, err
	}
	key, value, ok, err = t.after(t.root, k, 0)
	if err == nil && !ok {
		key, value, ok, err = t.first(t.root, Key{}, 0)
	}
	if err != nil {
		return Key{}, nil, false, err
	}
	return key, value, ok, nil
}

// leafOf returns a leaf with its value.
func (t *Tree) leafOf(l *leaf) (Key, []byte, bool, error) {
	value, err := t.valueOf(l)
	return l.key, value, err == nil, err
}

// leafAt returns a leaf of a bucket with its value; ok is false if i is behind the last.
func (t *Tree) leafAt(b *bucket, i int) (key Key, value []byte, ok bool, err error) {
	if i >= int(b.hi) {
		return Key{}, nil, false, nil
	}
	value, err = t.valueAt(b, i)
	return *b.key(i), value, err == nil, err
}

// after returns the first leaf above k in the subtree n, which lies on the path of k.
func (t *Tree) after(n node, k Key, depth int) (key Key, value []byte, ok bool, err error) {
	if n, err = t.visit(n, k, depth); err != nil {
		return key, nil, false, err
	}
	switch x := n.(type) {
	case *leaf:
		if x.key.compare(k) > 0 {
			return t.leafOf(x)
		}
	case *bucket:
		i, ok := x.find(&k)
		if ok {
			i++
		}
		return t.leafAt(x, i)
	case *inner:
		if k.bit(depth) == 1 {
			return t.after(x.kids[1], k, depth+1)
		}
		if key, value, ok, err = t.after(x.kids[0], k, depth+1); ok || err != nil {
			return key, value, ok, err
		}
		return t.first(x.kids[1], k.flip(depth), depth+1)
	}
	return key, nil, false, nil
}

// first returns the leftmost leaf of the subtree n, which lies on the path of at.
func (t *Tree) first(n node, at Key, depth int) (key Key, value []byte, ok bool, err error) {
	for n != nil {
		if n, err = t.visit(n, at, depth); err != nil {
			return key, nil, false, err
		}
		switch x := n.(type) {
		case *leaf:
			return t.leafOf(x)
		case *bucket:
			return t.leafAt(x, int(x.lo))
		case *inner:
			side := 0
			if x.kids[0] == nil {
				side = 1
			}
			at = at.to(depth, side)
			n = x.kids[side]
			depth++
		}
	}
	return key, nil, false, nil
}
