package statetree

import (
	"fmt"
)

// source is where a tree of a store finds what is not in memory. It answers for one version of the
// state and returns ErrStale once the store has moved on. A tree without a source is complete in
// memory or pruned for good.
type source interface {
	// current returns ErrStale unless the store is still at the version of this source.
	current() error
	// load returns the content of a stub at a depth on the path of at: a bucket or an inner node.
	load(at Key, depth int, s *stub) (node, error)
	// lookup returns the value of a key below a stub at a depth on its path; ok is false when the
	// state does not hold the key.
	lookup(k Key, depth int, s *stub) (value []byte, ok bool, err error)
	// value returns the value of a key that the state holds.
	value(k Key) (value []byte, ok bool, err error)
}

// Tree is one version of the state, readable and updatable in memory. The zero value is an empty
// tree. A Tree is not safe for concurrent use, but trees forked from each other may be used by
// different goroutines.
type Tree struct {
	root node
	src  source
	rec  *Recorder
	diff treeDiff
}

// New returns an empty tree that lives in memory.
func New() *Tree { return new(Tree) }

// Root returns the root hash.
func (t *Tree) Root() Root { return *hashOf(t.root) }

// Fork returns a second tree with the same content; whatever happens to one is not seen by the
// other. It costs one allocation. A recording stays with t.
func (t *Tree) Fork() *Tree { return &Tree{root: t.root, src: t.src, diff: t.diff} }

// Get returns the value of a key; ok is false when the tree does not hold the key. An empty value
// is present. The slice belongs to the tree and must not be modified. The error is ErrIncomplete
// when the tree is pruned and does not show whether the key is there, or what its value is.
func (t *Tree) Get(k Key) (value []byte, ok bool, err error) {
	if err := t.current(); err != nil {
		return nil, false, err
	}
	n, depth := t.toward(&k)
	for ; ; depth++ {
		if s, away := n.(*stub); away && t.src != nil && t.rec == nil {
			// Nothing below was changed since the head: its value is the answer, without a page of
			// the tree being read from the disk.
			return t.src.lookup(k, depth, s)
		}
		if n, err = t.pass(n, k, depth); err != nil {
			return nil, false, err
		}
		switch x := n.(type) {
		case nil:
			return nil, false, nil
		case *leaf:
			if x.key != k {
				return nil, false, nil
			}
			value, err = t.valueOf(x)
			return value, err == nil, err
		case *bucket:
			i, ok := x.find(&k)
			if !ok {
				return nil, false, nil
			}
			value, err = t.valueAt(x, i)
			return value, err == nil, err
		case *inner:
			n = x.kids[k.bit(depth)]
		}
	}
}

// InsertDepth returns the depth at which the leaf of a key lies, or would lie if the key were
// inserted now. A result above MaxDepth means that Apply would return ErrTooDeep.
func (t *Tree) InsertDepth(k Key) (int, error) {
	if err := t.current(); err != nil {
		return 0, err
	}
	n, depth := t.toward(&k)
	for ; ; depth++ {
		var err error
		if n, err = t.pass(n, k, depth); err != nil {
			return 0, err
		}
		switch x := n.(type) {
		case nil:
			return depth, nil
		case *leaf:
			if x.key == k {
				return depth, nil
			}
			return x.key.common(&k) + 1, nil
		case *bucket:
			for i := int(x.lo); i < int(x.hi); i++ {
				if n := x.key(i).common(&k); n < 8*len(k) {
					depth = max(depth, n+1)
				}
			}
			return depth, nil
		case *inner:
			n = x.kids[k.bit(depth)]
		}
	}
}

// toward returns the node from which the way to a key goes on, and its depth: what lies above is in
// the recording already. Without a recording it is the root.
func (t *Tree) toward(k *Key) (n node, depth int) {
	if t.rec == nil {
		return t.root, 0
	}
	return t.rec.nearest(t.root, k)
}

// pass is visit on the way to the key of toward.
func (t *Tree) pass(n node, at Key, depth int) (node, error) {
	n, err := t.visit(n, at, depth)
	if t.rec != nil && err == nil {
		t.rec.step(n, depth)
	}
	return n, err
}

// current returns ErrStale when the tree belongs to a store whose head has moved.
func (t *Tree) current() error {
	if t.src == nil {
		return nil
	}
	return t.src.current()
}

// visit returns the node with its content, which is noted in the recording. at is any key below the
// node, which lies at depth. A recording sees the nodes of a bucket one by one, so its size does
// not depend on what is a bucket; without a recording a bucket is returned as it is.
func (t *Tree) visit(n node, at Key, depth int) (node, error) {
	if s, ok := n.(*stub); ok {
		if t.src == nil {
			return nil, incomplete(at, depth)
		}
		if t.rec != nil {
			if m := t.rec.use(&s.h); m != nil {
				return m.n, nil
			}
		}
		var err error
		if n, err = t.src.load(at, depth, s); err != nil {
			return nil, err
		}
	}
	if t.rec != nil && n != nil {
		n = t.rec.touch(n, depth)
	}
	return n, nil
}

func incomplete(at Key, depth int) error {
	return fmt.Errorf("%w: only the hash is known at depth %d on the path of %v",
		ErrIncomplete, depth, at)
}

// valueOf returns the value of a leaf, which is noted in the recording.
func (t *Tree) valueOf(l *leaf) (value []byte, err error) {
	if t.rec != nil {
		return t.rec.touchValue(l, t.leafValue)
	}
	return t.leafValue(l)
}

// leafValue returns the value of a leaf, from the source if need be.
func (t *Tree) leafValue(l *leaf) ([]byte, error) {
	if l.has {
		return l.value, nil
	}
	return t.fetch(&l.key, &l.vhash)
}

// valueAt returns the value of a leaf of a bucket. Recordings do not come here.
func (t *Tree) valueAt(b *bucket, i int) ([]byte, error) {
	b.touch()
	if v, ok := b.value(i); ok {
		return v, nil
	}
	vh := b.valueHash(i)
	return t.fetch(b.key(i), &vh)
}

// fetch returns the value of a leaf from the source.
func (t *Tree) fetch(k *Key, vhash *Root) ([]byte, error) {
	if t.src == nil {
		return nil, fmt.Errorf("%w: only the hash of the value of %v is known", ErrIncomplete, k)
	}
	v, ok, err := t.src.value(*k)
	if err != nil {
		return nil, err
	}
	if !ok || HashValue(v) != *vhash {
		return nil, fmt.Errorf("%w: the value of %v is not the one the tree commits to",
			ErrCorrupt, k)
	}
	return v, nil
}
