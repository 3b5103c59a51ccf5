// Package kv is the small ordered key-value store that the daemons keep their own records in: a thin
// layer over Pebble with one synced write path. Consensus state lives in rollup/statetree, not here.
package kv

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Store is an ordered map from byte strings to byte strings. It is safe for concurrent use.
type Store struct{ db *pebble.DB }

// Write is one change of a batch.
type Write struct {
	Key    []byte
	Value  []byte
	Delete bool
}

// quiet drops Pebble's chatter; errors come back from the calls. What Pebble cannot survive, such as a
// write to its log that failed, ends the process: what is not durable must not be answered for.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic("kv: storage failed: " + fmt.Sprintf(format, args...))
}

// FS is a file system, as Pebble sees it.
type FS = vfs.FS

// Open opens or creates the store in dir. An empty dir means memory only.
func Open(dir string) (*Store, error) {
	if dir == "" {
		return OpenOn(vfs.NewMem(), dir)
	}
	return OpenOn(nil, dir)
}

// OpenOn is Open on a file system of the caller; nil is the disk.
func OpenOn(fs FS, dir string) (*Store, error) {
	opts := &pebble.Options{Logger: quiet{}, FS: fs}
	db, err := pebble.Open(dir, opts)
	if err != nil {
		return nil, fmt.Errorf("kv: open %q: %w", dir, err)
	}
	return &Store{db: db}, nil
}

// Get returns a copy of the value of key.
func (s *Store) Get(key []byte) (value []byte, ok bool, err error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("kv: get: %w", err)
	}
	value = append([]byte{}, v...)
	return value, true, closer.Close()
}

// Apply makes all writes durable, or none.
func (s *Store) Apply(writes ...Write) error {
	b := s.db.NewBatch()
	for _, w := range writes {
		var err error
		if w.Delete {
			err = b.Delete(w.Key, nil)
		} else {
			err = b.Set(w.Key, w.Value, nil)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("kv: batch: %w", err), b.Close())
		}
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return errors.Join(fmt.Errorf("kv: commit: %w", err), b.Close())
	}
	return b.Close()
}

// Range calls fn for every key in [lo, hi) in order, until fn returns false. The slices are valid only
// during the call. A nil hi means to the end.
func (s *Store) Range(lo, hi []byte, fn func(key, value []byte) bool) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return fmt.Errorf("kv: iterate: %w", err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		if !fn(it.Key(), it.Value()) {
			break
		}
	}
	if err := it.Close(); err != nil {
		return fmt.Errorf("kv: iterate: %w", err)
	}
	return nil
}

// Close releases the store.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("kv: close: %w", err)
	}
	return nil
}

// PrefixEnd is the smallest key above every key that starts with prefix; nil when there is none.
func PrefixEnd(prefix []byte) []byte {
	end := append([]byte{}, prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}
