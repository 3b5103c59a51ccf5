package statetree

import "fmt"

// differ finds what differs between two versions of the state. It goes down only where hashes
// differ, so it costs as much as the changes.
type differ struct {
	from, to *Tree
	// gone and made are the leaves of one version that the other has not, or has elsewhere, in key
	// order.
	gone, made []*leaf
	// page is called, if not nil, for each page that the new version has and the old one has not in
	// the same form, and with a nil root for each page that is no longer there.
	page func(id pageID, root node) error
}

// valueChange is a key with its new leaf, nil if the key was removed.
type valueChange struct {
	key Key
	now *leaf
}

// run returns the keys whose values differ, in order.
func (d *differ) run() ([]valueChange, error) {
	if err := d.walk(d.from.root, d.to.root, Key{}, 0); err != nil {
		return nil, err
	}
	changes := make([]valueChange, 0, len(d.made))
	gone, made := d.gone, d.made
	for len(gone) > 0 || len(made) > 0 {
		order := 0
		switch {
		case len(gone) == 0:
			order = 1
		case len(made) == 0:
			order = -1
		default:
			order = gone[0].key.compare(made[0].key)
		}
		switch {
		case order < 0:
			changes = append(changes, valueChange{key: gone[0].key})
		case order > 0 || gone[0].vhash != made[0].vhash:
			if !made[0].has {
				return nil, fmt.Errorf("%w: the new value of %v is not known",
					ErrIncomplete, made[0].key)
			}
			changes = append(changes, valueChange{key: made[0].key, now: made[0]})
		}
		if order <= 0 {
			gone = gone[1:]
		}
		if order >= 0 {
			made = made[1:]
		}
	}
	return changes, nil
}

// walk compares two subtrees at a depth on the path of at.
func (d *differ) walk(old, now node, at Key, depth int) error {
	if *hashOf(old) == *hashOf(now) {
		return nil
	}
	old, err := d.from.visit(old, at, depth)
	if err != nil {
		return err
	}
	if now, err = d.to.visit(now, at, depth); err != nil {
		return err
	}
	if d.page != nil && depth%pageLevels == 0 {
		if err := d.pageAt(old, now, at, depth); err != nil {
			return err
		}
	}
	was, is := d.open(old, &d.gone), d.open(now, &d.made)
	for side := range 2 {
		if was[side] == nil && is[side] == nil {
			continue
		}
		if at.bit(depth) != side {
			at = at.flip(depth)
		}
		if err := d.walk(was[side], is[side], at, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// open returns the children of a node. A leaf has none and is noted.
func (d *differ) open(n node, leaves *[]*leaf) (kids [2]node) {
	switch x := n.(type) {
	case *leaf:
		*leaves = append(*leaves, x)
	case *inner:
		kids = x.kids
	}
	return kids
}

func (d *differ) pageAt(old, now node, at Key, depth int) error {
	id := pageID{depth: uint8(depth), path: at.prefix(depth)}
	if isPage(now, depth) {
		return d.page(id, now)
	}
	if isPage(old, depth) {
		return d.page(id, nil)
	}
	return nil
}
