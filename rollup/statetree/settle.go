package statetree

import (
	"fmt"
	"sync"
)

// settler finds what differs between the head and a new version of the state, and brings the new
// one into the form in which a store keeps it. It goes down only where hashes differ, so it costs
// as much as the changes.
type settler struct {
	from, to *Tree
	// same reports that nothing differs below two nodes at one place. If nil, equal hashes do. It
	// is for recoveries, which want pages and no values.
	same func(old, now node) bool

	kept    []keptNode
	changes []valueChange // in key order
}

// keptNode is a page or bucket that the new version has and the old one has not in the same form,
// with what lies below reduced to stubs. If n is nil, there is none at that place any more; a later
// entry may put one there.
type keptNode struct {
	id      nodeID
	n       node
	wasPage bool // a page was there
}

// valueChange is a key whose value differs, with the entries before and after: nil where the key is
// absent.
type valueChange struct {
	old, now entry
}

func (c valueChange) key() *Key {
	if c.now != nil {
		return c.now.key()
	}
	return c.old.key()
}

// run compares the trees and returns the new root as a stub, or nil.
func (s *settler) run() (node, error) {
	n, _, err := s.walk(s.from.root, s.to.root, Key{}, 0)
	if err != nil {
		return nil, err
	}
	return s.keep(n, Key{}, 0), nil
}

// keep hands out a new bucket below a page, or at the root, and returns its stub.
func (s *settler) keep(n node, at Key, depth int) node {
	b, ok := n.(*bucket)
	if !ok {
		return n
	}
	s.note(at, depth, stripped(b), false)
	return b.stub()
}

func (s *settler) note(at Key, depth int, n node, wasPage bool) {
	s.kept = append(s.kept, keptNode{id: idOf(at, depth), n: n, wasPage: wasPage})
}

// walk compares two subtrees at a depth on the path of at, and returns the new one with the number
// of its leaves, at most many: nil; a stub; a bucket that is not handed out yet; or an inner node,
// with many leaves, in the middle of a page.
func (s *settler) walk(old, now node, at Key, depth int) (node, int, error) {
	if s.unchanged(old, now) {
		return s.settled(old)
	}
	if st, ok := old.(*stub); ok && st.leaves > 0 {
		s.note(at, depth, nil, false)
	}
	old, err := s.from.visit(old, at, depth)
	if err != nil {
		return nil, 0, err
	}
	if now, err = s.to.visit(now, at, depth); err != nil {
		return nil, 0, err
	}
	_, oldInner := old.(*inner)
	_, nowInner := now.(*inner)
	if !oldInner && !nowInner {
		return s.small(old, now)
	}
	was, is, err := sides(old, now, depth)
	if err != nil {
		return nil, 0, err
	}
	kids, leaves, err := s.both(was, is, at, depth)
	if err != nil {
		return nil, 0, err
	}
	return s.join(kids, leaves, now, oldInner, at, depth)
}

// settleForks is the number of levels from the root on whose two sides are compared side by side.
const settleForks = 2

// both compares the children of a node at depth.
func (s *settler) both(
	was, is [2]node, at Key, depth int,
) (kids [2]node, leaves [2]int, err error) {
	if depth < settleForks && s.same == nil {
		return s.fork(was, is, at, depth)
	}
	kids[0], leaves[0], err = s.walk(was[0], is[0], at.to(depth, 0), depth+1)
	if err == nil {
		kids[1], leaves[1], err = s.walk(was[1], is[1], at.to(depth, 1), depth+1)
	}
	return kids, leaves, err
}

// fork is apart from both because what a goroutine shares is allocated.
func (s *settler) fork(
	was, is [2]node, at Key, depth int,
) (kids [2]node, leaves [2]int, err error) {
	var wg sync.WaitGroup
	var rightErr error
	other := &settler{from: s.from, to: s.to}
	wg.Go(func() {
		kids[1], leaves[1], rightErr = other.walk(was[1], is[1], at.to(depth, 1), depth+1)
	})
	kids[0], leaves[0], err = s.walk(was[0], is[0], at.to(depth, 0), depth+1)
	wg.Wait()
	if err == nil {
		err = rightErr
	}
	s.kept = append(s.kept, other.kept...)
	s.changes = append(s.changes, other.changes...)
	return kids, leaves, err
}

func sides(old, now node, depth int) (was, is [2]node, err error) {
	if was, err = kidsOf(old, depth); err == nil {
		is, err = kidsOf(now, depth)
	}
	return was, is, err
}

func (s *settler) unchanged(old, now node) bool {
	if s.same != nil {
		return s.same(old, now)
	}
	return old == now || *hashOf(old) == *hashOf(now)
}

// settled returns a subtree of the head as it is.
func (s *settler) settled(old node) (node, int, error) {
	switch x := old.(type) {
	case nil:
		return nil, 0, nil
	case *bucket: // half of a bucket of the head that was split
		return x, x.n, nil
	case *stub:
		if x.leaves > 0 {
			return x, int(x.leaves), nil
		}
	}
	return old, many, nil
}

// kidsOf returns the children of a node at depth.
func kidsOf(n node, depth int) (kids [2]node, err error) {
	switch x := n.(type) {
	case *inner:
		kids = x.kids
	case *leaf:
		kids[x.key.bit(depth)] = x
	case *bucket:
		return x.halves(depth)
	}
	return kids, nil
}

// small compares two subtrees that are nothing, a leaf or a bucket.
func (s *settler) small(old, now node) (node, int, error) {
	var oldBuf, nowBuf [bucketMax]entry
	was, is := entriesOf(oldBuf[:0], old), entriesOf(nowBuf[:0], now)
	count := len(is)
	replaced := false
	for i := 0; len(was) > 0 || i < len(is); {
		var order int
		switch {
		case len(was) == 0:
			order = 1
		case i == len(is):
			order = -1
		default:
			order = was[0].key().compare(*is[i].key())
		}
		switch {
		case order < 0:
			s.changes = append(s.changes, valueChange{old: was[0]})
		case order == 0 && *was[0].hash() == *is[i].hash():
			if !is[i].has() && was[0].has() {
				is[i], replaced = was[0], true
			}
		case !is[i].has() && s.same == nil:
			return nil, 0, fmt.Errorf("%w: the new value of %v is not known",
				ErrIncomplete, is[i].key())
		default:
			c := valueChange{now: is[i]}
			if order == 0 {
				c.old = was[0]
			}
			s.changes = append(s.changes, c)
		}
		if order <= 0 {
			was = was[1:]
		}
		if order >= 0 {
			i++
		}
	}
	if b, ok := now.(*bucket); ok && !replaced || count == 0 {
		if count == 0 {
			return nil, 0, nil
		}
		return b, count, nil
	}
	return newBucket(is, now.hash()), count, nil
}

// join returns the node at depth with two settled children.
func (s *settler) join(
	kids [2]node, leaves [2]int, now node, wasInner bool, at Key, depth int,
) (node, int, error) {
	total := min(leaves[0]+leaves[1], many)
	wasPage := wasInner && depth%pageLevels == 0
	if total <= bucketMax {
		if wasPage {
			s.note(at, depth, nil, true)
		}
		if total == 0 {
			return nil, 0, nil
		}
		b, err := s.melt(kids, now.hash(), at, depth)
		return b, total, err
	}
	for side := range 2 {
		kids[side] = s.keep(kids[side], at.to(depth, side), depth+1)
	}
	n := &inner{h: *now.hash(), kids: kids}
	if depth%pageLevels != 0 {
		return n, many, nil
	}
	s.note(at, depth, n, wasPage)
	return &stub{h: n.h}, many, nil
}

// melt returns the bucket of two subtrees that are small together.
func (s *settler) melt(kids [2]node, h *Root, at Key, depth int) (node, error) {
	var buf [bucketMax]entry
	es := buf[:0]
	for side, kid := range kids {
		if st, ok := kid.(*stub); ok {
			below := at.to(depth, side)
			s.note(below, depth+1, nil, false)
			var err error
			if kid, err = s.to.src.load(below, depth+1, st); err != nil {
				return nil, err
			}
		}
		es = entriesOf(es, kid)
	}
	return newBucket(es, h), nil
}
