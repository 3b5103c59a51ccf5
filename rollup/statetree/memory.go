package statetree

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// memoryStore is the Store without a disk. Its history is one of reverse diffs, as on a disk, since
// what a version does not share with the next takes many times more.
type memoryStore struct {
	mu      sync.RWMutex
	history int
	head    Head
	has     bool
	closed  bool
	seq     uint64 // counts heads, so that a tree knows whether it is stale
	root    node
	undo    []undoRecord // of the newest layers, oldest first
	aux     map[byte]map[string][]byte
}

var _ Store = (*memoryStore)(nil)

// NewMemory returns an empty store in memory that can undo history layers, DefaultHistory if it is
// not positive.
func NewMemory(history int) Store { return newMemoryStore(history) }

func newMemoryStore(history int) *memoryStore {
	return &memoryStore{history: historyOf(history), aux: make(map[byte]map[string][]byte)}
}

// memoryView is the source of a tree of a memoryStore. All nodes are in memory, so it only tells
// whether the tree is stale.
type memoryView struct {
	s   *memoryStore
	seq uint64
}

// heldMemory is a memoryView for a caller who holds the lock already.
type heldMemory struct{ memoryView }

func (v heldMemory) current() error { return nil }

func (v memoryView) current() error {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	switch {
	case v.s.closed:
		return ErrClosed
	case v.s.seq != v.seq:
		return ErrStale
	}
	return nil
}

func (v memoryView) load(at Key, depth int, _ *stub) (node, error) {
	panic(fmt.Sprintf("BUG: statetree: stub at depth %d of %v in memory", depth, at))
}

func (v memoryView) lookup(k Key, depth int, _ *stub) ([]byte, bool, error) {
	panic(fmt.Sprintf("BUG: statetree: stub at depth %d of %v in memory", depth, k))
}

func (v memoryView) value(k Key) ([]byte, bool, error) {
	panic(fmt.Sprintf("BUG: statetree: leaf %v without value in memory", k))
}

// Head implements Store.
func (s *memoryStore) Head() (Head, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return copyHead(s.head), s.has
}

// Tree implements Store.
func (s *memoryStore) Tree() (*Tree, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	return s.treeAtHead(), nil
}

func (s *memoryStore) treeAtHead() *Tree {
	return &Tree{root: s.root, src: memoryView{s, s.seq}, diff: treeDiff{kept: true}}
}

// At implements Store.
func (s *memoryStore) At(layer uint64) (*Tree, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	i, err := s.find(layer)
	if err != nil {
		return nil, err
	}
	return s.undone(i)
}

// undone returns the tree before the layer of an undo record and those after it.
func (s *memoryStore) undone(i int) (*Tree, error) {
	t := s.treeAtHead()
	var changes []Change
	for j := len(s.undo) - 1; j >= i; j-- {
		changes = s.undo[j].back(changes)
	}
	t.src = heldMemory{memoryView{s, s.seq}}
	if err := t.Apply(changes); err != nil {
		return nil, err
	}
	t.src = memoryView{s, s.seq}
	return t, nil
}

// find returns the index of the undo record that leads to the state after layer, or the number of
// records if that is the head.
func (s *memoryStore) find(layer uint64) (int, error) {
	back := s.head.Layer - layer
	if !s.has || layer > s.head.Layer || back > uint64(len(s.undo)) {
		return 0, outside(layer, s.head.Layer)
	}
	return len(s.undo) - int(back), nil
}

// CommitGenesis implements Store.
func (s *memoryStore) CommitGenesis(t *Tree, meta []byte, aux []Aux) error {
	return s.Commit(0, t, meta, aux)
}

// Commit implements Store.
func (s *memoryStore) Commit(layer uint64, t *Tree, meta []byte, aux []Aux) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := admit(s.head, s.has, layer, meta); err != nil {
		return err
	}
	if genesis := !s.has && t.src == nil; !genesis && t.src != (memoryView{s, s.seq}) {
		return ErrStale
	}
	if t.src == nil {
		if err := complete(t.root); err != nil {
			return fmt.Errorf("commit of layer %d: %w", layer, err)
		}
	}
	u := undoRecord{head: s.head}
	u.changes, _ = t.diff.all()
	for _, a := range aux {
		u.aux = append(u.aux, s.swapAux(a))
	}
	if s.has {
		s.undo = append(s.undo, u)
		if n := len(s.undo) - s.history; n > 0 {
			s.undo = slices.Delete(s.undo, 0, n)
		}
	}
	s.head = copyHead(Head{Layer: layer, Root: t.Root(), Meta: meta})
	s.has, s.root = true, t.root
	s.seq++
	*t = *s.treeAtHead()
	return nil
}

// complete returns ErrIncomplete if a tree shows less than everything.
func complete(n node) error {
	switch x := n.(type) {
	case nil:
		return nil
	case *inner:
		return errors.Join(complete(x.kids[0]), complete(x.kids[1]))
	case *leaf:
		if x.has {
			return nil
		}
	case *bucket:
		for i := int(x.lo); i < int(x.hi); i++ {
			if _, ok := x.value(i); !ok {
				return errPruned
			}
		}
		return nil
	}
	return errPruned
}

// swapAux makes one change of the side data and returns what was there.
func (s *memoryStore) swapAux(a Aux) auxOld {
	if s.aux[a.Space] == nil {
		s.aux[a.Space] = make(map[string][]byte)
	}
	m, k := s.aux[a.Space], string(a.Key)
	value, present := m[k]
	if a.Delete {
		delete(m, k)
	} else {
		m[k] = append([]byte{}, a.Value...)
	}
	return auxOld{space: a.Space, key: []byte(k), value: value, present: present}
}

// Rewind implements Store.
func (s *memoryStore) Rewind(layer uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	i, err := s.find(layer)
	if err != nil || i == len(s.undo) {
		return err
	}
	t, err := s.undone(i)
	if err != nil {
		return err
	}
	for _, u := range slices.Backward(s.undo[i:]) {
		for _, a := range slices.Backward(u.aux) {
			s.swapAux(Aux{Space: a.space, Key: a.key, Value: a.value, Delete: !a.present})
		}
		s.head = u.head
	}
	s.root = t.root
	s.undo = slices.Delete(s.undo, i, len(s.undo))
	s.seq++
	return nil
}

// Aux implements Store.
func (s *memoryStore) Aux(space byte, key []byte) ([]byte, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, false, ErrClosed
	}
	v, ok := s.aux[space][string(key)]
	if !ok {
		return nil, false, nil
	}
	return append([]byte{}, v...), true, nil
}

// AuxRange implements Store.
func (s *memoryStore) AuxRange(
	space byte, lo, hi []byte, fn func(key, value []byte) error,
) error {
	found, err := s.auxBetween(space, lo, hi)
	if err != nil {
		return err
	}
	for _, a := range found {
		if err := fn(a.Key, a.Value); err != nil {
			return err
		}
	}
	return nil
}

func (s *memoryStore) auxBetween(space byte, lo, hi []byte) ([]Aux, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	var found []Aux
	//lint:unordered the records are sorted below
	for k, v := range s.aux[space] {
		if k >= string(lo) && (hi == nil || k < string(hi)) {
			found = append(found, Aux{Key: []byte(k), Value: bytes.Clone(v)})
		}
	}
	slices.SortFunc(found, func(a, b Aux) int { return bytes.Compare(a.Key, b.Key) })
	return found, nil
}

// Close implements Store.
func (s *memoryStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.root, s.undo, s.aux = nil, nil, nil
	return nil
}

func copyHead(h Head) Head {
	h.Meta = bytes.Clone(h.Meta)
	return h
}
