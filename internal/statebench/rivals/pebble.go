package main

import (
	"bytes"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// floor is a database without a tree, with the options that Athena's tree gives it.
type floor struct{ db *pebble.DB }

func openPebble(dir string) (tree, error) {
	opt := &pebble.Options{
		CacheSize: 256 << 20, MemTableSize: 32 << 20, Logger: quiet{},
		FormatMajorVersion: pebble.FormatNewest,
	}
	for i := range opt.Levels {
		opt.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(dir, opt)
	return floor{db}, err
}

func (f floor) Commit(updates []update) error {
	b := f.db.NewBatch()
	for _, u := range updates {
		if err := b.Set(u.key[:], u.value, nil); err != nil {
			return err
		}
	}
	return b.Commit(pebble.Sync)
}

func (f floor) View() (view, error) { return f, nil }

func (f floor) Get(key []byte) ([]byte, error) {
	value, closer, err := f.db.Get(key)
	if err != nil {
		return nil, err
	}
	value = bytes.Clone(value)
	return value, closer.Close()
}

func (f floor) Prove([]update) (*proof, error) { return nil, errNoProofs }

func (f floor) Close() error { return f.db.Close() }

// quiet keeps Pebble from reporting its compactions.
type quiet struct{}

func (quiet) Infof(string, ...any) {}

func (quiet) Errorf(string, ...any) {}

func (quiet) Fatalf(format string, args ...any) { pebble.DefaultLogger.Fatalf(format, args...) }
