package main

import (
	"bytes"
	"context"
	"errors"

	"github.com/ava-labs/avalanchego/database"
	"github.com/cockroachdb/pebble/v2"

	"github.com/athenarollup/athena/internal/kv"
)

// avalancheDB is the database.Database of avalanchego on the Pebble that Athena uses, with the
// options of avalanchego's pebbledb, which needs an older Pebble than the other trees. All writes
// are synced, as there.
type avalancheDB struct{ db *pebble.DB }

func openAvalancheDB(dir string) (*avalancheDB, error) {
	opt := &pebble.Options{
		CacheSize:                   512 << 20,
		BytesPerSync:                512 << 10,
		MemTableStopWritesThreshold: 8,
		MemTableSize:                128 << 20,
		MaxOpenFiles:                4096,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 1 },
		FormatMajorVersion:          pebble.FormatNewest,
		Logger:                      quiet{},
	}
	opt.Experimental.ReadSamplingMultiplier = -1
	db, err := pebble.Open(dir, opt)
	return &avalancheDB{db}, err
}

func (d *avalancheDB) Has(key []byte) (bool, error) {
	_, err := d.Get(key)
	if errors.Is(err, database.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (d *avalancheDB) Get(key []byte) ([]byte, error) {
	value, closer, err := d.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, database.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	value = bytes.Clone(value)
	return value, closer.Close()
}

func (d *avalancheDB) Put(key, value []byte) error { return d.db.Set(key, value, pebble.Sync) }

func (d *avalancheDB) Delete(key []byte) error { return d.db.Delete(key, pebble.Sync) }

func (d *avalancheDB) NewBatch() database.Batch {
	return &avalancheBatch{db: d.db, batch: d.db.NewBatch()}
}

func (d *avalancheDB) Compact(start, limit []byte) error {
	if limit == nil {
		limit = bytes.Repeat([]byte{0xff}, 64)
	}
	return d.db.Compact(context.Background(), start, limit, true)
}

func (d *avalancheDB) HealthCheck(context.Context) (any, error) { return nil, nil }

func (d *avalancheDB) Close() error { return d.db.Close() }

func (d *avalancheDB) NewIterator() database.Iterator { return d.iterate(nil, nil) }

func (d *avalancheDB) NewIteratorWithStart(start []byte) database.Iterator {
	return d.iterate(start, nil)
}

func (d *avalancheDB) NewIteratorWithPrefix(prefix []byte) database.Iterator {
	return d.iterate(nil, prefix)
}

func (d *avalancheDB) NewIteratorWithStartAndPrefix(start, prefix []byte) database.Iterator {
	return d.iterate(start, prefix)
}

func (d *avalancheDB) iterate(start, prefix []byte) database.Iterator {
	opt := &pebble.IterOptions{LowerBound: prefix}
	if bytes.Compare(start, prefix) > 0 {
		opt.LowerBound = start
	}
	if len(prefix) > 0 {
		opt.UpperBound = kv.PrefixEnd(prefix)
	}
	it, err := d.db.NewIter(opt)
	return &avalancheIterator{it: it, err: err}
}

// avalancheIterator is an iterator that stands before the first key.
type avalancheIterator struct {
	it      *pebble.Iterator
	started bool
	err     error
}

func (i *avalancheIterator) Next() bool {
	if i.err != nil {
		return false
	}
	if !i.started {
		i.started = true
		return i.it.First()
	}
	return i.it.Next()
}

func (i *avalancheIterator) Error() error {
	if i.err != nil {
		return i.err
	}
	return i.it.Error()
}

func (i *avalancheIterator) Key() []byte { return bytes.Clone(i.it.Key()) }

func (i *avalancheIterator) Value() []byte { return bytes.Clone(i.it.Value()) }

func (i *avalancheIterator) Release() {
	if i.err == nil {
		i.err = errors.Join(i.it.Close(), database.ErrClosed)
	}
}

// avalancheBatch collects writes and makes them at once.
type avalancheBatch struct {
	db    *pebble.DB
	batch *pebble.Batch
	// written says that the batch cannot be written again, as its interface asks, but a copy can.
	written bool
}

func (b *avalancheBatch) Put(key, value []byte) error { return b.batch.Set(key, value, nil) }

func (b *avalancheBatch) Delete(key []byte) error { return b.batch.Delete(key, nil) }

func (b *avalancheBatch) Size() int { return b.batch.Len() }

func (b *avalancheBatch) Write() error {
	if b.written {
		again := b.db.NewBatch()
		if err := again.Apply(b.batch, nil); err != nil {
			return err
		}
		b.batch = again
	}
	b.written = true
	return b.batch.Commit(pebble.Sync)
}

func (b *avalancheBatch) Reset() {
	b.batch.Reset()
	b.written = false
}

func (b *avalancheBatch) Replay(w database.KeyValueWriterDeleter) error {
	for r := b.batch.Reader(); ; {
		kind, key, value, ok, err := r.Next()
		if err != nil || !ok {
			return err
		}
		if kind == pebble.InternalKeyKindDelete {
			err = w.Delete(key)
		} else {
			err = w.Put(key, value)
		}
		if err != nil {
			return err
		}
	}
}

func (b *avalancheBatch) Inner() database.Batch { return b }
