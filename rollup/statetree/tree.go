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
	// load returns the subtree with hash h at a depth on the path of at.
	load(at Key, depth int, h *Root) (node, error)
	// value returns the value of a key; ok is false when the state does not hold the key.
	value(k Key) (value []byte, ok bool, err error)
}

// Tree is one version of the state, readable and updatable in memory. The zero value is an empty
// tree. A Tree is not safe for concurrent use, but trees forked from each other may be used by
// different goroutines.
type Tree struct {
	root node
	src  source
	rec  *Recorder
}

// New returns an empty tree that lives in memory.
func New() *Tree { return new(Tree) }

// Root returns the root hash.
func (t *Tree) Root() Root { return *hashOf(t.root) }

// Fork returns a second tree with the same content; whatever happens to one is not seen by the
// other. It costs one allocation. A recording stays with t.
func (t *Tree) Fork() *Tree { return &Tree{root: t.root, src: t.src} }

// Get returns the value of a key; ok is false when the tree does not hold the key. An empty value
// is present. The slice belongs to the tree and must not be modified. The error is ErrIncomplete
// when the tree is pruned and does not show whether the key is there, or what its value is.
func (t *Tree) Get(k Key) (value []byte, ok bool, err error) {
	if err := t.current(); err != nil {
		return nil, false, err
	}
	n := t.root
	for depth := 0; ; depth++ {
		if _, away := n.(*stub); away && t.src != nil && t.rec == nil {
			// Nothing below was changed since the head: the flat value is the answer, without a
			// page of the tree being read.
			return t.src.value(k)
		}
		if n, err = t.visit(n, k, depth); err != nil {
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
	n := t.root
	for depth := 0; ; depth++ {
		var err error
		if n, err = t.visit(n, k, depth); err != nil {
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
		case *inner:
			n = x.kids[k.bit(depth)]
		}
	}
}

// current returns ErrStale when the tree belongs to a store whose head has moved.
func (t *Tree) current() error {
	if t.src == nil {
		return nil
	}
	return t.src.current()
}

// visit returns the node with its content, which is noted in the recording. at is any key below the
// node, which lies at depth.
func (t *Tree) visit(n node, at Key, depth int) (node, error) {
	if s, ok := n.(*stub); ok {
		if t.src == nil {
			return nil, fmt.Errorf("%w: only the hash is known at depth %d on the path of %v",
				ErrIncomplete, depth, at)
		}
		var err error
		if n, err = t.src.load(at, depth, &s.h); err != nil {
			return nil, err
		}
	}
	if t.rec != nil && n != nil {
		t.rec.touch(n)
	}
	return n, nil
}

// valueOf returns the value of a leaf, which is noted in the recording.
func (t *Tree) valueOf(l *leaf) ([]byte, error) {
	value := l.value
	if !l.has {
		if t.src == nil {
			return nil, fmt.Errorf("%w: only the hash of the value of %v is known",
				ErrIncomplete, l.key)
		}
		v, ok, err := t.src.value(l.key)
		if err != nil {
			return nil, err
		}
		if !ok || HashValue(v) != l.vhash {
			return nil, fmt.Errorf("%w: the value of %v is not the one the tree commits to",
				ErrCorrupt, l.key)
		}
		value = v
	}
	if t.rec != nil {
		t.rec.touchValue(l, value)
	}
	return value, nil
}
