package stf

import (
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup/statetree"
)

// Backend lets a state read a tree: a full one, or one parsed from a witness.
func Backend(t *statetree.Tree) state.Walker { return backend{t} }

type backend struct{ t *statetree.Tree }

// Get returns the value of a key. An absent key for which the tree has no room is ErrTooDeep.
func (b backend) Get(k state.Key) ([]byte, bool, error) {
	value, ok, err := b.t.Get(statetree.Key(k))
	if ok || err != nil {
		return value, ok, err
	}
	depth, err := b.t.InsertDepth(statetree.Key(k))
	if err == nil && depth > statetree.MaxDepth {
		err = state.ErrTooDeep
	}
	return nil, false, err
}

// Next returns the first leaf after a key, in key order and round the end.
func (b backend) Next(k state.Key) (state.Key, []byte, bool, error) {
	key, value, ok, err := b.t.Next(statetree.Key(k))
	return state.Key(key), value, ok, err
}

// Commit makes the changes of a step, or of the genesis, in a tree.
func Commit(t *statetree.Tree, changes []state.Change) error {
	out := make([]statetree.Change, len(changes))
	for i, c := range changes {
		out[i] = statetree.Change{Key: statetree.Key(c.Key), Value: c.Value, Delete: c.Delete}
	}
	return t.Apply(out)
}
