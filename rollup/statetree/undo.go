package statetree

import (
	"bytes"
	"fmt"
	"math"

	"github.com/athenarollup/athena/scale"
)

// undoRecord is the reverse diff of a layer: the head before it and what it overwrote.
type undoRecord struct {
	head    Head
	changes []Change
	aux     []auxOld
}

func (u *undoRecord) encode() []byte {
	size := 256 + len(u.head.Meta)
	for _, c := range u.changes {
		size += len(c.Key) + 5 + len(c.Value)
	}
	for _, a := range u.aux {
		size += len(a.key) + len(a.value) + 10
	}
	e := scale.Encoder{B: make([]byte, 0, size)}
	putHead(&e, u.head)
	e.U32(uint32(len(u.changes)))
	for _, c := range u.changes {
		e.Raw(c.Key[:])
		e.Bool(!c.Delete)
		e.Bytes(c.Value)
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

func decodeUndo(b []byte) (*undoRecord, error) {
	d := scale.NewDecoder(b)
	u := &undoRecord{head: readHead(d)}
	for n := d.U32(); n > 0 && d.Err() == nil; n-- {
		var c Change
		d.Fill(c.Key[:])
		c.Delete = !d.Bool()
		c.Value = bytes.Clone(d.Bytes(MaxValueBytes))
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
		changes = append(changes, u.changes...)
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
		changes = append(changes, u.changes...)
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
	values, err := st.tree(&settler{from: s.treeAtHead(), to: t.Fork()})
	if err != nil {
		return Head{}, err
	}
	return head, st.values(values)
}
