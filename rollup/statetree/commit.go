package statetree

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/athenarollup/athena/scale"
)

// stage collects what one batch changes: the records, and the tree in memory.
type stage struct {
	s     *pebbleStore
	batch *pebble.Batch
	root  node  // the new tree
	bytes int64 // that it takes
	log   []byte
	flush bool // write all that is dirty
}

// CommitGenesis implements Store.
func (s *pebbleStore) CommitGenesis(t *Tree, meta []byte, aux []Aux) error {
	return s.Commit(0, t, meta, aux)
}

// Commit implements Store.
func (s *pebbleStore) Commit(layer uint64, t *Tree, meta []byte, aux []Aux) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	// Only a holder of writing changes these, so they can be read without mu.
	if err := s.usable(); err != nil {
		return err
	}
	if err := admit(s.head, s.has, layer, meta); err != nil {
		return err
	}
	if genesis := !s.has && t.src == nil; !genesis && t.src != (pebbleView{s, s.seq}) {
		return ErrStale
	}
	head := copyHead(Head{Layer: layer, Root: t.Root(), Meta: meta})
	st := s.newStage()
	defer st.close()
	if err := s.stageCommit(st, head, t, aux); err != nil {
		return fmt.Errorf("commit of layer %d: %w", layer, err)
	}
	if err := s.publish(st, head); err != nil {
		return fmt.Errorf("commit of layer %d: %w", layer, err)
	}
	*t = *s.treeAtHead()
	return nil
}

func (s *pebbleStore) stageCommit(st *stage, head Head, t *Tree, aux []Aux) error {
	changes, err := st.tree(t)
	if err != nil {
		return err
	}
	u := undoRecord{head: s.head, changes: changes}
	if s.has {
		if err := s.oldValues(changes); err != nil {
			return err
		}
	}
	for _, a := range aux {
		k := auxKey(a.Space, a.Key)
		if s.has {
			v, ok, err := s.get(k)
			if err != nil {
				return err
			}
			u.aux = append(u.aux, auxOld{space: a.Space, key: a.Key, value: v, present: ok})
		}
		if err := st.set(k, a.Value, !a.Delete); err != nil {
			return err
		}
	}
	if !s.has {
		return nil
	}
	return s.stageUndo(st, head, &u)
}

// stageUndo writes the reverse diff of a layer and drops the one that is too old by it.
func (s *pebbleStore) stageUndo(st *stage, head Head, u *undoRecord) error {
	if err := st.fill(undoKey(head.Layer), u.size(), u.appendTo); err != nil {
		return err
	}
	if head.Layer <= s.history {
		return nil
	}
	gone := head.Layer - s.history
	return errors.Join(
		st.set(undoKey(gone), nil, false),
		st.set([]byte{spaceGone}, layerBytes(max(gone, s.gone)), true))
}

// oldValues reads the old values that are on the disk only.
func (s *pebbleStore) oldValues(changes []valueChange) error {
	for i := range changes {
		c := &changes[i]
		if !c.onDisk {
			continue
		}
		v, ok, err := s.get(valueKey(c.key))
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: no value of %v; %s", ErrCorrupt, c.key, advice)
		}
		c.old, c.onDisk = v, false
	}
	return nil
}

func (s *pebbleStore) newStage() *stage {
	return &stage{s: s, batch: s.db.NewBatch(), root: s.root, bytes: s.bytes}
}

func (st *stage) close() {
	// A batch has nothing to lose when it is closed: it was committed, or it is to be dropped.
	_ = st.batch.Close()
}

func (st *stage) set(key, value []byte, present bool) error {
	var err error
	if present {
		err = st.batch.Set(key, value, nil)
	} else {
		err = st.batch.Delete(key, nil)
	}
	if err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	return nil
}

// fill is set with a value of a known size that fn appends to an empty slice.
func (st *stage) fill(key []byte, size int, fn func([]byte) []byte) error {
	op := st.batch.SetDeferred(len(key), size)
	copy(op.Key, key)
	if n := len(fn(op.Value[:0:size])); n != size {
		panic(fmt.Sprintf("BUG: statetree: a record of %d bytes where %d were announced", n, size))
	}
	if err := op.Finish(); err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	return nil
}

// tree takes a new version of the state, writes its values, deletes the pages that it has no more,
// and returns what changed.
func (st *stage) tree(t *Tree) (changes []valueChange, err error) {
	var gone []nodeID
	if t.diff.kept {
		changes, gone = t.diff.all()
		st.root, st.bytes = t.root, st.bytes+t.diff.bytes
	} else if changes, err = st.genesis(t); err != nil {
		return nil, err
	}
	for _, id := range gone {
		// At once: what the disk has is part of the head.
		if err := st.set(id.dbKey(), nil, false); err != nil {
			return nil, err
		}
	}
	st.log = make([]byte, 0, len(changes)*logKeyBytes)
	var buf [1 + len(Key{})]byte
	buf[0] = spaceValue
	for i := range changes {
		c := &changes[i]
		copy(buf[1:], c.key[:])
		if err := st.set(buf[:], c.now, c.now != nil); err != nil {
			return nil, err
		}
		st.log = append(st.log, c.key[:logKeyBytes]...)
	}
	return changes, nil
}

// genesis takes a tree that was made without a store. Its nodes may be others' too, so those that
// tell what is dirty are copied.
func (st *stage) genesis(t *Tree) (changes []valueChange, err error) {
	w := &worker{t: &Tree{diff: treeDiff{kept: true}}}
	if st.root, err = w.adopt(t.root, Key{}, 0); err != nil {
		return nil, err
	}
	st.bytes = bytesOf(st.root)
	return w.changes, nil
}

// adopt returns a subtree as a store has it, and notes all that it holds.
func (w *worker) adopt(n node, at Key, depth int) (node, error) {
	switch x := n.(type) {
	case nil:
		return nil, nil
	case *stub:
		return nil, errPruned
	case *inner:
		left, err := w.adopt(x.kids[0], at, depth+1)
		if err != nil {
			return nil, err
		}
		right, err := w.adopt(x.kids[1], at.flip(depth), depth+1)
		if err != nil {
			return nil, err
		}
		return w.join(left, right, &at, depth)
	}
	b, ok := n.(*bucket)
	if !ok {
		var err error
		if b, err = newBucket(appendItems(nil, n), nil, depth); err != nil {
			return nil, err
		}
	}
	for i := int(b.lo); i < int(b.hi); i++ {
		v, ok := b.value(i)
		if !ok {
			return nil, errPruned
		}
		w.changes = append(w.changes, valueChange{key: *b.key(i), now: v})
	}
	return b, nil
}

// publish writes the batch with the head record, synced, and makes it the head. This is the only
// place where the database is written after it was opened.
func (s *pebbleStore) publish(st *stage, head Head) error {
	if err := st.set([]byte{spaceHead}, encodeHead(head), true); err != nil {
		return err
	}
	err := st.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		err = st.write(pebble.Sync)
	}
	if err != nil {
		// Memory is ahead of the disk. Whoever opens the database again has the one or the other.
		s.broken = fmt.Errorf("statetree: a write failed, open the state database again: %w", err)
		return err
	}
	s.head, s.has, s.root, s.bytes = head, true, st.root, st.bytes
	if head.Layer > s.history {
		s.gone = max(s.gone, head.Layer-s.history)
	}
	s.seq++
	return nil
}

// settle takes the pages that are to be written now into the batch, and the log of the keys that
// changed if others are not, and brings the tree within its memory.
func (st *stage) settle() error {
	u := &st.s.upkeep
	seq := u.seq
	c := &cleaner{root: st.root, bytes: st.bytes, write: func(id nodeID, page []byte) error {
		return st.set(id.dbKey(), page, true)
	}}
	done, err := u.settle(c, len(st.log)/logKeyBytes, st.flush)
	if err != nil {
		return err
	}
	st.root, st.bytes = c.root, c.bytes
	for _, r := range done {
		if r.seq == seq {
			return nil
		}
		if err := st.set(logKey(r.seq), nil, false); err != nil {
			return err
		}
	}
	return st.set(logKey(seq), st.log, true)
}

func undoKey(layer uint64) []byte { return append([]byte{spaceUndo}, layerBytes(layer)...) }

func logKey(seq uint64) []byte { return append([]byte{spaceLog}, layerBytes(seq)...) }

func layerBytes(layer uint64) []byte { return binary.BigEndian.AppendUint64(nil, layer) }

func encodeHead(h Head) []byte {
	var e scale.Encoder
	putHead(&e, h)
	return e.B
}

func putHead(e *scale.Encoder, h Head) {
	e.U64(h.Layer)
	e.Raw(h.Root[:])
	e.Bytes(h.Meta)
}

func readHead(d *scale.Decoder) (h Head) {
	h.Layer = d.U64()
	d.Fill(h.Root[:])
	h.Meta = append([]byte(nil), d.Bytes(MaxMetaBytes)...)
	return h
}
