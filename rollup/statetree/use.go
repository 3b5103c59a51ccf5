package statetree

// shape is how much of a subtree there is, as far as it was looked at.
type shape int

const (
	shapeNone   shape = iota
	shapeLeaf         // one leaf
	shapeMany         // more
	shapeUnseen       // something
)

// use notes in the recording what the changes below a node at depth touch, without making them: the
// nodes on their ways and, where all on one side of a node goes, the other side, of which a lone
// leaf is lifted. It returns what will be there, and whether that may be something else than before.
func (t *Tree) use(n node, ch []Change, depth int) (s shape, changed bool, err error) {
	if n, err = t.visit(n, ch[0].Key, depth); err != nil {
		return s, false, err
	}
	x, ok := n.(*inner)
	if !ok {
		s, err = useLeaf(n, ch)
		return s, n != nil || s != shapeNone, err
	}
	cut := split(ch, depth)
	var sides [2]shape
	for side, part := range [2][]Change{ch[:cut], ch[cut:]} {
		if len(part) == 0 {
			if x.kids[side] != nil {
				sides[side] = shapeUnseen
			}
			continue
		}
		kid, is, err := t.use(x.kids[side], part, depth+1)
		if err != nil {
			return s, false, err
		}
		sides[side], changed = kid, changed || is
	}
	if !changed || sides[0] != shapeNone && sides[1] != shapeNone {
		return shapeMany, changed, nil
	}
	only := 0
	if sides[0] == shapeNone {
		only = 1
	}
	if sides[only] != shapeUnseen {
		return sides[only], true, nil
	}
	kid, err := t.visit(x.kids[only], ch[0].Key.to(depth, only), depth+1)
	if err != nil {
		return s, false, err
	}
	if _, lone := kid.(*leaf); lone {
		return shapeLeaf, true, nil
	}
	return shapeMany, true, nil
}

// useLeaf is use of nothing or a leaf.
func useLeaf(n node, ch []Change) (s shape, err error) {
	l, _ := n.(*leaf)
	var last *Key
	keep := func(k *Key) {
		if last != nil && err == nil {
			err = tooDeep(last, k)
		}
		if last = k; s < shapeMany {
			s++
		}
	}
	for i := range ch {
		k := &ch[i].Key
		if l != nil && l.key.compare(*k) <= 0 {
			if l.key != *k {
				keep(&l.key)
			}
			l = nil
		}
		if !ch[i].Delete {
			keep(k)
		}
	}
	if l != nil {
		keep(&l.key)
	}
	return s, err
}
