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
	if rebuild {
		if err := s.rebuild(); err != nil {
			return err
		}
	}
	if head.Root != emptyRoot {
		if _, err := s.page(Key{}, 0, &head.Root); err != nil {
			return fmt.Errorf("layer %d: %w", head.Layer, err)
		}
	}
	if err := s.dropHistory(); err != nil || head.Layer == 0 {
		return err
	}
	return s.checkUndo()
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
	leaves, err := s.leaves()
	if err != nil {
		return err
	}
	root, err := build(leaves, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if got := *hashOf(root); got != s.head.Root {
		return fmt.Errorf("%w: the values have root %v, the head of layer %d has %v; "+
			"delete it and derive the state from L1", ErrCorrupt, got, s.head.Layer, s.head.Root)
	}
	st := s.newStage()
	defer st.close()
	if err := st.batch.DeleteRange([]byte{spacePage}, []byte{spacePage + 1}, nil); err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	d := differ{from: New(), to: &Tree{root: root}, page: st.page}
	if err := d.walk(nil, root, Key{}, 0); err != nil {
		return err
	}
	return s.publish(st, s.head)
}

// leaves returns the leaves of all values, in key order.
func (s *pebbleStore) leaves() (leaves []*leaf, err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{spaceValue}, UpperBound: []byte{spaceValue + 1},
	})
	if err != nil {
		return nil, fmt.Errorf("statetree: read state database: %w", err)
	}
	defer func() {
		if e := it.Close(); err == nil && e != nil {
			err = fmt.Errorf("statetree: read state database: %w", e)
		}
	}()
	for it.First(); it.Valid(); it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return nil, fmt.Errorf("statetree: read state database: %w", err)
		}
		k := it.Key()[1:]
		if len(k) != len(Key{}) {
			return nil, fmt.Errorf("%w: a value with a key of %d bytes", ErrCorrupt, len(k))
		}
		leaves = append(leaves, newBareLeaf(Key(k), HashValue(v)))
	}
	return leaves, nil
}
