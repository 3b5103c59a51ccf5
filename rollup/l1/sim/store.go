package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// Keys of the store: blocks by height, big-endian, and what identifies and continues the chain.
var (
	blockPrefix = []byte("l1/block/")
	keyChain    = []byte("l1/chain")
	keyForks    = []byte("l1/forks")
)

func blockKey(height uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(nil), blockPrefix...), height)
}

// save makes a block durable.
func (c *Chain) save(l *rollup.Layer) error {
	if c.opts.Store == nil {
		return nil
	}
	err := c.opts.Store.Apply(kv.Write{Key: blockKey(l.Header.Height), Value: l.Encode()})
	if err != nil {
		return fmt.Errorf("sim: save block %d: %w", l.Header.Height, err)
	}
	return nil
}

// drop deletes the blocks of a branch that lost.
func (c *Chain) drop(from, to, forks uint64) error {
	if c.opts.Store == nil {
		return nil
	}
	writes := []kv.Write{{Key: keyForks, Value: binary.LittleEndian.AppendUint64(nil, forks)}}
	for h := from; h <= to; h++ {
		writes = append(writes, kv.Write{Key: blockKey(h), Delete: true})
	}
	if err := c.opts.Store.Apply(writes...); err != nil {
		return fmt.Errorf("sim: drop blocks from %d: %w", from, err)
	}
	return nil
}

// read returns a stored block.
func (c *Chain) read(height uint64) (*rollup.Layer, error) {
	b, ok, err := c.opts.Store.Get(blockKey(height))
	if err != nil {
		return nil, fmt.Errorf("sim: read block %d: %w", height, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: block %d is missing", ErrStore, height)
	}
	l, err := rollup.DecodeLayer(b, c.state().Params())
	if err != nil {
		return nil, fmt.Errorf("%w: block %d: %w", ErrStore, height, err)
	}
	return l, nil
}

// load applies the stored blocks, as they were when they were made: the judge runs again.
func (c *Chain) load() error {
	if c.opts.Store == nil {
		return nil
	}
	if err := c.identify(); err != nil {
		return err
	}
	for {
		height := c.state().Tip().Height + 1
		_, ok, err := c.opts.Store.Get(blockKey(height))
		if err != nil {
			return fmt.Errorf("sim: load: %w", err)
		}
		if !ok {
			return nil
		}
		l, err := c.read(height)
		if err != nil {
			return err
		}
		next := c.state().Clone()
		events, err := next.Apply(l)
		if err != nil {
			return fmt.Errorf("%w: block %d: %w", ErrStore, height, err)
		}
		c.push(next, l, events)
	}
}

// identify checks that the store is empty or of this network.
func (c *Chain) identify() error {
	id := c.state().ChainID()
	have, ok, err := c.opts.Store.Get(keyChain)
	switch {
	case err != nil:
		return fmt.Errorf("sim: load: %w", err)
	case !ok:
		if err := c.opts.Store.Apply(kv.Write{Key: keyChain, Value: id[:]}); err != nil {
			return fmt.Errorf("sim: load: %w", err)
		}
	case string(have) != string(id[:]):
		return fmt.Errorf("%w: it is of network %x; use another folder", ErrStore, have)
	}
	forks, ok, err := c.opts.Store.Get(keyForks)
	switch {
	case err != nil:
		return fmt.Errorf("sim: load: %w", err)
	case ok && len(forks) == 8:
		c.forks = binary.LittleEndian.Uint64(forks)
	}
	return nil
}
