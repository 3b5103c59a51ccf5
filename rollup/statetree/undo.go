package statetree

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/athenarollup/athena/scale"
)

// undoRecord is the reverse diff of a layer: the head before it and what it overwrote.
type undoRecord struct {
	head    Head
	changes []valueChange // of which the old values count
	aux     []auxOld
}

// size returns the length of the encoding.
func (u *undoRecord) size() int {
	n := 8 + len(Root{}) + lenBytes(len(u.head.Meta)) + len(u.head.Meta) + 4 + 4
	for i := range u.changes {
		old := u.changes[i].old
		n += len(Key{}) + 1 + lenBytes(len(old)) + len(old)
	}
	for i := range u.aux {
		a := &u.aux[i]
		n += 1 + lenBytes(len(a.key)) + len(a.key) + 1 + lenBytes(len(a.value)) + len(a.value)
	}
	return n
}

// lenBytes returns the length of a length in SCALE.
func lenBytes(n int) int {
	switch {
	case n < 1<<6:
		return 1
	case n < 1<<14:
		return 2
	}
	return 4
}

// appendTo appends the encoding.
func (u *undoRecord) appendTo(b []byte) []byte {
	e := scale.Encoder{B: b}
	putHead(&e, u.head)
	e.U32(uint32(len(u.changes)))
	for i := range u.changes {
		c := &u.changes[i]
		e.Raw(c.key[:])
		e.Bool(c.old != nil)
		e.Bytes(c.old)
	}
	e.U32(uint32(len(u.aux)))
	for _, a := range u.aux {
		e.U8(a.space)
		e.Bytes(a.key)
		e.Bool(a.present)
		e.Bytes(a.value)
	}
	return e.B
}

// decodeUndo returns a record that shares the bytes.
func decodeUndo(b []byte) (*undoRecord, error) {
	d := scale.NewDecoder(b)
	u := &undoRecord{head: readHead(d)}
	for n := d.U32(); n > 0 && d.Err() == nil; n-- {
		var c valueChange
		d.Fill(c.key[:])
		present := d.Bool()
		c.old = d.Bytes(MaxValueBytes)
		switch {
		case present && c.old == nil:
			c.old = []byte{}
		case !present && len(c.old) > 0:
			d.Fail(errors.New("a value that was not there"))
		case !present:
			c.old = nil
		}
		u.changes = append(u.changes, c)
	}
	for n := d.U32(); n > 0 && d.Err() == nil; n-- {
		a := auxOld{space: d.U8(), key: bytes.Clone(d.Bytes(math.MaxInt32))}
		a.present = d.Bool()
		a.value = bytes.Clone(d.Bytes(math.MaxInt32))
		u.aux = append(u.aux, a)
	}
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("%w: reverse diff: %w", ErrCorrupt, err)
	}
	return u, nil
}

// back appends the changes that take a layer back.
func (u *undoRecord) back(ch []Change) []Change {
	ch = slices.Grow(ch, len(u.changes))
	for i := range u.changes {
		c := &u.changes[i]
		ch = append(ch, Change{Key: c.key, Value: c.old, Delete: c.old == nil})
	}
	return ch
}

// undoOf returns the reverse diff of a layer; ok is false when it is not kept.
func (s *pebbleStore) undoOf(layer uint64) (u *undoRecord, ok bool, err error) {
	b, ok, err := s.get(undoKey(layer))
	if err != nil || !ok {
		return nil, false, err
	}
	if u, err = decodeUndo(b); err != nil {
		return nil, false, fmt.Errorf("layer %d: %w", layer, err)
	}
	if u.head.Layer != layer-1 {
		return nil, false, fmt.Errorf("%w: reverse diff of layer %d leads to layer %d",
			ErrCorrupt, layer, u.head.Layer)
	}
	return u, true, nil
}

// back calls fn with the reverse diffs that lead from the head to the state after layer, newest
// first, and returns the head at that layer.
func (s *pebbleStore) back(from Head, layer uint64, fn func(*undoRecord) error) (Head, error) {
	head := from
	if !s.has || layer > head.Layer || head.Layer-layer > s.history {
		return Head{}, outside(layer, head.Layer)
	}
	for head.Layer > layer {
		u, ok, err := s.undoOf(head.Layer)
		if err != nil {
			return Head{}, err
		}
		if !ok {
			return Head{}, outside(layer, from.Layer)
		}
		if err := fn(u); err != nil {
			return Head{}, err
		}
		head = u.head
	}
	return head, nil
}

// At implements Store.
func (s *pebbleStore) At(layer uint64) (*Tree, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, err
	}
	var changes []Change
	head, err := s.back(s.head, layer, func(u *undoRecord) error {
		changes = u.back(changes)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.undone(head, changes)
}

// undone returns the tree at the head after older changes, which must have the root of an older
// head. Of the changes of one key the last, that is the oldest, counts.
func (s *pebbleStore) undone(older Head, changes []Change) (*Tree, error) {
	t := s.treeAtHead()
	t.src = heldView{pebbleView{s, s.seq}}
	if err := t.Apply(changes); err != nil {
		return nil, err
	}
	if t.Root() != older.Root {
		return nil, fmt.Errorf("%w: the reverse diffs to layer %d lead to root %v, not %v; %s",
			ErrCorrupt, older.Layer, t.Root(), older.Root, advice)
	}
	t.src = pebbleView{s, s.seq}
	return t, nil
}

// Rewind implements Store.
func (s *pebbleStore) Rewind(layer uint64) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if s.has && layer == s.head.Layer {
		return nil
	}
	st := s.newStage()
	defer st.close()
	head, err := s.stageRewind(st, layer)
	if err == nil {
		err = s.publish(st, head)
	}
	if err != nil {
		return fmt.Errorf("rewind to layer %d: %w", layer, err)
	}
	return nil
}

func (s *pebbleStore) stageRewind(st *stage, layer uint64) (Head, error) {
	var changes []Change
	head, err := s.back(s.head, layer, func(u *undoRecord) error {
		changes = u.back(changes)
		for i := len(u.aux) - 1; i >= 0; i-- {
			a := &u.aux[i]
			if err := st.set(auxKey(a.space, a.key), a.value, a.present); err != nil {
				return err
			}
		}
		return st.set(undoKey(u.head.Layer+1), nil, false)
	})
	if err != nil {
		return Head{}, err
	}
	t, err := s.undone(head, changes)
	if err != nil {
		return Head{}, err
	}
	_, err = st.tree(t)
	return head, err
}
