package statetree

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// DefaultCacheBytes is the memory of a store unless it is asked for more or less.
const DefaultCacheBytes = 256 << 20

// The first byte of a database key says what the record is.
const (
	spaceSchema  = 's' // schema
	spaceHead    = 'h' // the head record
	spaceValue   = 'v' // key -> value
	spacePage    = 'p' // depth, path -> page, which may be that of an older head
	spaceUndo    = 'u' // layer, big-endian -> what the layer changed
	spaceLog     = 'l' // number of a batch, big-endian -> the keys that it changed
	spaceRestore = 'r' // how far a restore is
	spaceGone    = 'g' // the newest layer whose reverse diff is too old to be kept
	spaceAux     = 'a' // space, key -> side data
)

// schema names the layout of the database.
const schema = "athena-state/3"

// Options of a store on Pebble. The zero value is usable.
type Options struct {
	// History is the number of layers that can be undone; zero means DefaultHistory.
	History int
	// CacheBytes bounds the memory of the store: six eighths are for the part of the tree at the head
	// that is in memory, one for what readers took from the disk beside it, one for Pebble's blocks.
	// What a layer changes comes on top, and Pebble's tables in memory: half as much again, but not
	// more than 128 MiB, nor less than 8. Zero means DefaultCacheBytes.
	CacheBytes int64
	// Log, if not nil, receives what Pebble reports as errors.
	Log func(message string)
	// FS is the file system; nil means the disk.
	FS vfs.FS
	// Rebuild makes the pages of the tree anew from the values before opening.
	Rebuild bool
}

// pebbleStore is the Store on Pebble.
type pebbleStore struct {
	db      *pebble.DB
	nodes   *nodeCache
	history uint64
	writing sync.Mutex     // held by Commit and Rewind as a whole
	upkeep  upkeep         // of who holds writing
	ranges  sync.WaitGroup // running AuxRange calls

	// mu is held for writing while a batch becomes the head, and for reading by everything that
	// reads the database for a version, so that no read mixes two versions.
	mu     sync.RWMutex
	head   Head
	has    bool
	root   node  // of the head
	bytes  int64 // that the nodes of the head take
	closed bool
	broken error  // a write failed, so that memory may be ahead of the disk
	seq    uint64 // counts heads, so that a tree knows whether it is stale
	gone   uint64 // newest layer whose reverse diff is too old to be kept
}

var _ Store = (*pebbleStore)(nil)

// OpenPebble opens the store in a directory, or makes an empty one. Nothing is loaded but the root
// page. One process at a time can have a directory open.
func OpenPebble(dir string, opt Options) (Store, error) {
	s, err := newPebbleStore(dir, opt)
	if err != nil {
		return nil, err
	}
	if err := s.open(opt.Rebuild); err != nil {
		return nil, errors.Join(fmt.Errorf("open state database %q: %w", dir, err), s.db.Close())
	}
	return s, nil
}

// newPebbleStore opens the database and looks at nothing in it.
func newPebbleStore(dir string, opt Options) (*pebbleStore, error) {
	if opt.CacheBytes <= 0 {
		opt.CacheBytes = DefaultCacheBytes
	}
	db, err := pebble.Open(dir, pebbleOptions(opt))
	if err != nil {
		return nil, fmt.Errorf("statetree: open state database %q: %w", dir, err)
	}
	return &pebbleStore{
		db: db, nodes: newNodeCache(opt.CacheBytes / 8), history: uint64(historyOf(opt.History)),
		upkeep: upkeep{seq: 1, keysMax: logKeysMax, bytesMax: opt.CacheBytes / 8 * 6},
	}, nil
}

func pebbleOptions(opt Options) *pebble.Options {
	o := &pebble.Options{
		FS:                 opt.FS,
		CacheSize:          opt.CacheBytes / 8,
		FormatMajorVersion: pebble.FormatNewest,
		Logger:             logger{opt.Log},
		// Large tables in memory and one large level below mean that a value is written again less
		// often before it comes to the lowest level.
		MemTableSize:  uint64(min(max(opt.CacheBytes/4, 4<<20), 64<<20)),
		LBaseMaxBytes: 512 << 20,
		// Values come in any order, so whatever is compacted goes over all of the level below.
		L0CompactionThreshold: 8,
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// logger passes on errors only. Pebble calls Fatalf when it cannot go on without losing what it
// promised to keep, for instance when the log cannot be synced.
type logger struct{ log func(string) }

func (l logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	if l.log != nil {
		l.log(fmt.Sprintf(format, args...))
	}
}

func (l logger) Fatalf(format string, args ...any) {
	l.Errorf(format, args...)
	panic("statetree: pebble cannot go on: " + fmt.Sprintf(format, args...))
}

// get returns a copy of a database record.
func (s *pebbleStore) get(key []byte) (value []byte, ok bool, err error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("statetree: read state database: %w", err)
	}
	value = append([]byte{}, v...)
	if err := closer.Close(); err != nil {
		return nil, false, fmt.Errorf("statetree: read state database: %w", err)
	}
	return value, true, nil
}

// Head implements Store.
func (s *pebbleStore) Head() (Head, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return copyHead(s.head), s.has
}

// Tree implements Store.
func (s *pebbleStore) Tree() (*Tree, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, err
	}
	return s.treeAtHead(), nil
}

func (s *pebbleStore) treeAtHead() *Tree {
	return &Tree{root: s.root, src: pebbleView{s, s.seq}, diff: treeDiff{kept: true}}
}

// Close implements Store. It writes what is dirty, so that the next start has nothing to recover,
// and waits for running AuxRange calls.
func (s *pebbleStore) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed {
		return nil
	}
	var err error
	if len(s.upkeep.log) > 0 && s.broken == nil {
		err = s.flush()
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.ranges.Wait()
	if s.broken == nil {
		// Or else the next start would read all that is in tables in memory from Pebble's log.
		if e := s.db.Flush(); e != nil {
			err = errors.Join(err, fmt.Errorf("statetree: flush state database: %w", e))
		}
	}
	if e := s.db.Close(); e != nil {
		err = errors.Join(err, fmt.Errorf("statetree: close state database: %w", e))
	}
	return err
}

// flush writes all dirty pages.
func (s *pebbleStore) flush() error {
	st := s.newStage()
	defer st.close()
	st.flush = true
	return s.publish(st, s.head)
}

// Aux implements Store.
func (s *pebbleStore) Aux(space byte, key []byte) ([]byte, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, false, err
	}
	return s.get(auxKey(space, key))
}

func auxKey(space byte, key []byte) []byte {
	return append(append(make([]byte, 0, 2+len(key)), spaceAux, space), key...)
}

// AuxRange implements Store.
func (s *pebbleStore) AuxRange(
	space byte, lo, hi []byte, fn func(key, value []byte) error,
) (err error) {
	it, err := s.auxIter(space, lo, hi)
	if err != nil {
		return err
	}
	defer s.ranges.Done()
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("statetree: read state database: %w", err)
		}
		if err := fn(bytes.Clone(it.Key()[2:]), append([]byte{}, v...)); err != nil {
			return err
		}
	}
	return nil
}

// auxIter returns an iterator over a range; ranges.Done is due when it is closed.
func (s *pebbleStore) auxIter(space byte, lo, hi []byte) (*pebble.Iterator, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, err
	}
	o := pebble.IterOptions{LowerBound: auxKey(space, lo)}
	if hi != nil {
		o.UpperBound = auxKey(space, hi)
	} else if space < 0xff {
		o.UpperBound = auxKey(space+1, nil)
	} else {
		o.UpperBound = []byte{spaceAux + 1}
	}
	it, err := s.db.NewIter(&o)
	if err != nil {
		return nil, fmt.Errorf("statetree: read state database: %w", err)
	}
	s.ranges.Add(1)
	return it, nil
}
