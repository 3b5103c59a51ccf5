package statetree

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/athenarollup/athena/scale"
)

// open reads the head record and checks that the tree and the reverse diffs belong to it.
func (s *pebbleStore) open(rebuild bool) error {
	if err := s.openSchema(); err != nil {
		return err
	}
	if _, ok, err := s.get([]byte{spaceRestore}); err != nil {
		return err
	} else if ok {
		return ErrRestoring
	}
	b, ok, err := s.get([]byte{spaceHead})
	if err != nil || !ok {
		return err
	}
	d := scale.NewDecoder(b)
	head := readHead(d)
	if err := d.Finish(); err != nil {
		return fmt.Errorf("%w: head record: %w; delete it and derive the state from L1",
			ErrCorrupt, err)
	}
	s.head, s.has = head, true
	if b, ok, err = s.get([]byte{spaceGone}); err != nil {
		return err
	}
	if ok && len(b) == 8 {
		s.gone = binary.BigEndian.Uint64(b)
	}
	if err := s.openTree(rebuild); err != nil {
		return err
	}
	if err := s.dropHistory(); err != nil || head.Layer == 0 {
		return err
	}
	return s.checkUndo()
}

// openTree brings the pages to the head and checks the one at the root.
func (s *pebbleStore) openTree(rebuild bool) error {
	var err error
	if rebuild {
		err = s.rebuild()
	} else {
		err = s.recover()
	}
	if err != nil || s.head.Root == emptyRoot {
		return err
	}
	root, err := s.diskRoot()
	if err != nil {
		return fmt.Errorf("layer %d: %w", s.head.Layer, err)
	}
	if got := *hashOf(root); got != s.head.Root {
		return fmt.Errorf("%w: layer %d: the page at the root has hash %v, the head %v; %s",
			ErrCorrupt, s.head.Layer, got, s.head.Root, advice)
	}
	s.root, s.bytes = root, bytesOf(root)
	return nil
}

// checkUndo checks that the head can be undone, unless a rewind led back to a layer whose reverse diff
// was too old to be kept.
func (s *pebbleStore) checkUndo() error {
	if s.head.Layer <= s.gone {
		return nil
	}
	_, ok, err := s.undoOf(s.head.Layer)
	if err == nil && !ok {
		err = errors.New("missing")
	}
	if err != nil {
		return fmt.Errorf("%w: reverse diff of layer %d: %w; delete it and derive the state from L1",
			ErrCorrupt, s.head.Layer, err)
	}
	return nil
}

// openSchema checks the layout of the database, or writes its name into an empty one.
func (s *pebbleStore) openSchema() error {
	b, ok, err := s.get([]byte{spaceSchema})
	if err != nil {
		return err
	}
	if ok && string(b) != schema {
		return fmt.Errorf("statetree: the state database has layout %q, this program needs %q; "+
			"use the program that made it, or delete it and derive the state from L1", b, schema)
	}
	if ok {
		return nil
	}
	if err := s.db.Set([]byte{spaceSchema}, []byte(schema), pebble.Sync); err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	return nil
}

// dropHistory removes reverse diffs that are older than the history. Commit removes one a layer;
// more are left when the history was longer in an earlier run.
func (s *pebbleStore) dropHistory() error {
	if s.head.Layer <= s.history {
		return nil
	}
	s.gone = max(s.gone, s.head.Layer-s.history)
	b := s.db.NewBatch()
	err := errors.Join(
		b.Set([]byte{spaceGone}, layerBytes(s.gone), nil),
		b.DeleteRange(undoKey(0), undoKey(s.head.Layer-s.history+1), nil),
		b.Commit(pebble.NoSync),
		b.Close())
	if err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	return nil
}

// rebuild makes all pages anew from the values, if these have the root of the head.
func (s *pebbleStore) rebuild() error {
	root, err := s.makePages()
	if err != nil {
		return err
	}
	if got := *hashOf(root); got != s.head.Root {
		return fmt.Errorf("%w: the values have root %v, the head of layer %d has %v; "+
			"delete it and derive the state from L1", ErrCorrupt, got, s.head.Layer, s.head.Root)
	}
	return nil
}

// makeBatchBytes is the size of the batches in which makePages writes.
const makeBatchBytes = 4 << 20

// makePages writes the pages of the tree that the values make, and no others, and returns its root.
// It uses more than one batch: until the last, nothing may rely on the pages.
func (s *pebbleStore) makePages() (root node, err error) {
	st := s.newStage()
	defer func() { st.close() }()
	err = errors.Join(
		st.batch.DeleteRange([]byte{spacePage}, []byte{spacePage + 1}, nil),
		st.batch.DeleteRange([]byte{spaceLog}, []byte{spaceLog + 1}, nil))
	if err != nil {
		return nil, fmt.Errorf("statetree: write state database: %w", err)
	}
	root, err = s.derive(func(id nodeID, p *inner) error {
		if err := st.set(id.dbKey(), appendPage(nil, p, 0, pageLevels), true); err != nil {
			return err
		}
		if st.batch.Len() < makeBatchBytes {
			return nil
		}
		if err := st.write(pebble.NoSync); err != nil {
			return err
		}
		st.close()
		st = s.newStage()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return root, st.write(pebble.Sync)
}

func (st *stage) write(how *pebble.WriteOptions) error {
	if err := st.batch.Commit(how); err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	return nil
}
