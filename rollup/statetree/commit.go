package statetree

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/athenarollup/athena/scale"
)

// stage collects what one batch changes besides the database: the cached pages.
type stage struct {
	s     *pebbleStore
	batch *pebble.Batch
	pages []stagedPage
	// costLeft bounds the pages that go into the cache, so that loading a large state does not
	// hold all of it.
	costLeft int64
}

type stagedPage struct {
	id   pageID
	root node // nil: the page is gone, or only no longer cached
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
	if s.closed {
		return ErrClosed
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
	u := undoRecord{head: s.head}
	view := pebbleView{s, s.seq}
	for _, c := range changes {
		if s.has {
			v, ok, err := view.value(c.key)
			if err != nil {
				return err
			}
			u.changes = append(u.changes, Change{Key: c.key, Value: v, Delete: !ok})
		}
	}
	if err := st.values(changes); err != nil {
		return err
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
	if s.has {
		if err := st.set(undoKey(head.Layer), u.encode(), true); err != nil {
			return err
		}
		if head.Layer > s.history {
			gone := head.Layer - s.history
			return errors.Join(
				st.set(undoKey(gone), nil, false),
				st.set([]byte{spaceGone}, layerBytes(max(gone, s.gone)), true))
		}
	}
	return nil
}

func (s *pebbleStore) newStage() *stage {
	return &stage{s: s, batch: s.db.NewBatch(), costLeft: s.pages.bytesMax}
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

// tree stages the pages in which t differs from the head and returns the values that differ.
func (st *stage) tree(t *Tree) ([]valueChange, error) {
	d := differ{from: st.s.treeAtHead(), to: t.Fork(), page: st.page}
	return d.run()
}

func (st *stage) page(id pageID, root node) error {
	if root == nil {
		st.pages = append(st.pages, stagedPage{id: id})
		return st.set(id.dbKey(), nil, false)
	}
	root, err := trim(root, int(id.depth), int(id.depth)+pageLevels)
	if err != nil {
		return err
	}
	p := stagedPage{id: id}
	if cost := int64(pageCost(root)) + cacheEntryBytes; cost <= st.costLeft {
		st.costLeft -= cost
		p.root = root
	}
	st.pages = append(st.pages, p)
	return st.set(id.dbKey(), appendTree(nil, root), true)
}

func (st *stage) values(changes []valueChange) error {
	for _, c := range changes {
		var value []byte
		if c.now != nil {
			value = c.now.value
		}
		if err := st.set(valueKey(c.key), value, c.now != nil); err != nil {
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
	if err := st.batch.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	for _, p := range st.pages {
		s.pages.put(p.id, p.root)
	}
	s.head, s.has = head, true
	if head.Layer > s.history {
		s.gone = max(s.gone, head.Layer-s.history)
	}
	s.seq++
	return nil
}

func undoKey(layer uint64) []byte { return append([]byte{spaceUndo}, layerBytes(layer)...) }

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
