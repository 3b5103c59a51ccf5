package statetree

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/athenarollup/athena/scale"
)

// stage collects what one batch changes besides the database: the pages and buckets in memory.
type stage struct {
	s     *pebbleStore
	batch *pebble.Batch
	kept  []keptNode
	root  node   // the new root, a stub
	keys  []byte // that changed
	flush bool   // write all dirty pages
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
	changes, err := st.tree(&settler{from: s.treeAtHead(), to: t.Fork()})
	if err != nil {
		return err
	}
	if err := st.values(changes); err != nil {
		return err
	}
	u := undoRecord{head: s.head}
	if s.has {
		if u.changes, err = s.oldValues(changes); err != nil {
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
	if err := st.set(undoKey(head.Layer), u.encode(), true); err != nil {
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

// oldValues returns the changes that take the changes back.
func (s *pebbleStore) oldValues(changes []valueChange) ([]Change, error) {
	old := make([]Change, len(changes))
	for i, c := range changes {
		old[i].Key = *c.key()
		switch {
		case c.old == nil:
			old[i].Delete = true
		case c.old.has():
			old[i].Value = c.old.value()
		default:
			v, ok, err := s.get(valueKey(old[i].Key))
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, fmt.Errorf("%w: no value of %v; %s", ErrCorrupt, old[i].Key, advice)
			}
			old[i].Value = v
		}
	}
	return old, nil
}

func (s *pebbleStore) newStage() *stage { return &stage{s: s, batch: s.db.NewBatch()} }

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

// tree notes the pages and buckets of the new version and returns the values that differ.
func (st *stage) tree(s *settler) (changes []valueChange, err error) {
	if st.root, err = s.run(); err != nil {
		return nil, err
	}
	st.kept = s.kept
	return s.changes, nil
}

// values writes the values that differ.
func (st *stage) values(changes []valueChange) error {
	st.keys = make([]byte, 0, len(changes)*len(Key{}))
	for _, c := range changes {
		var value []byte
		if c.now != nil {
			value = c.now.value()
		}
		k := c.key()
		st.keys = append(st.keys, k[:]...)
		if err := st.set(valueKey(*k), value, c.now != nil); err != nil {
			return err
		}
	}
	return nil
}

// publish writes the batch with the head record, synced, and makes it the head. This is the only
// place where the database is written after it was opened.
func (s *pebbleStore) publish(st *stage, head Head) error {
	if err := st.set([]byte{spaceHead}, encodeHead(head), true); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.keep(st)
	if err == nil {
		err = st.write(pebble.Sync)
	}
	if err != nil {
		// Memory is ahead of the disk. Whoever opens the database again has the one or the other.
		s.broken = fmt.Errorf("statetree: a write failed, open the state database again: %w", err)
		return err
	}
	s.head, s.has, s.root = head, true, st.root
	if head.Layer > s.history {
		s.gone = max(s.gone, head.Layer-s.history)
	}
	s.seq++
	return nil
}

// keep takes the pages and buckets of a stage into memory, and into its batch the pages that are to
// be written now, and the log of the keys that changed if others are not.
func (s *pebbleStore) keep(st *stage) error {
	d := &s.dirty
	seq := d.seq
	d.seq++
	for _, k := range st.kept {
		if p, ok := k.n.(*inner); ok {
			d.put(k.id, p, seq)
			s.nodes.put(k.id, nil)
			continue
		}
		s.nodes.put(k.id, k.n)
		if k.wasPage {
			// A page that is gone is deleted at once: what the disk has is part of the head.
			d.drop(k.id)
			if err := st.set(k.id.dbKey(), nil, false); err != nil {
				return err
			}
		}
	}
	keys := int64(len(st.keys) / len(Key{}))
	d.log = append(d.log, logRecord{seq: seq, keys: keys})
	d.keys += keys
	done, err := d.clean(st.flush, func(id nodeID, p *inner) error {
		s.nodes.put(id, p)
		return st.set(id.dbKey(), appendPage(make([]byte, 0, pageBytes), p), true)
	})
	if err != nil {
		return err
	}
	for _, r := range done {
		if r.seq == seq {
			return nil
		}
		if err := st.set(logKey(r.seq), nil, false); err != nil {
			return err
		}
	}
	return st.set(logKey(seq), st.keys, true)
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
