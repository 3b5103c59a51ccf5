package sim

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Keys of the store: blocks by height, big-endian; where a transaction is, and what waits, by id;
// and what identifies and continues the chain.
var (
	blockPrefix = []byte("l1/block/")
	txPrefix    = []byte("l1/tx/")
	poolPrefix  = []byte("l1/pool/")
	keyChain    = []byte("l1/chain")
	keyForks    = []byte("l1/forks")
)

func blockKey(height uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(nil), blockPrefix...), height)
}

func txKey(id rollup.Hash) []byte { return append(append([]byte(nil), txPrefix...), id[:]...) }

func poolKey(id rollup.Hash) []byte { return append(append([]byte(nil), poolPrefix...), id[:]...) }

// save makes a block durable, with where its transactions are; what it refused waits no longer.
func (c *Chain) save(l *rollup.Layer, events []l1.Event, refused []l1.Refusal) error {
	if c.opts.Store == nil {
		return nil
	}
	reasons := map[rollup.Hash]rollup.Reason{}
	for _, e := range events {
		if r, ok := e.(l1.Refused); ok {
			reasons[r.Tx] = r.Reason
		}
	}
	writes := []kv.Write{{Key: blockKey(l.Header.Height), Value: l.Encode()}}
	for i := range l.Txs {
		id := l.Txs[i].ID()
		at := inclusion{l.Header.Height, reasons[id]}
		writes = append(writes, kv.Write{Key: txKey(id), Value: at.encode()},
			kv.Write{Key: poolKey(id), Delete: true})
	}
	for _, r := range refused {
		writes = append(writes, kv.Write{Key: poolKey(r.ID), Delete: true})
	}
	if err := c.opts.Store.Apply(writes...); err != nil {
		return fmt.Errorf("sim: save block %d: %w", l.Header.Height, err)
	}
	return nil
}

// drop deletes the blocks of a branch that lost; their transactions wait again.
func (c *Chain) drop(from, to, forks uint64, orphans []rollup.L1Tx) error {
	if c.opts.Store == nil {
		return nil
	}
	writes := []kv.Write{{Key: keyForks, Value: binary.LittleEndian.AppendUint64(nil, forks)}}
	for h := from; h <= to; h++ {
		writes = append(writes, kv.Write{Key: blockKey(h), Delete: true})
	}
	for _, id := range c.pool.displaced(orphans) {
		writes = append(writes, kv.Write{Key: poolKey(id), Delete: true})
	}
	for i := range orphans {
		id := orphans[i].ID()
		writes = append(writes, kv.Write{Key: txKey(id), Delete: true},
			kv.Write{Key: poolKey(id), Value: orphans[i].Encode()})
	}
	if err := c.opts.Store.Apply(writes...); err != nil {
		return fmt.Errorf("sim: drop blocks from %d: %w", from, err)
	}
	return nil
}

// keep makes a waiting transaction durable, and forgets the one that it replaced.
func (c *Chain) keep(id rollup.Hash, raw []byte, replaced rollup.Hash) error {
	if c.opts.Store == nil {
		return nil
	}
	writes := []kv.Write{{Key: poolKey(id), Value: raw}}
	if !replaced.IsZero() {
		writes = append(writes, kv.Write{Key: poolKey(replaced), Delete: true})
	}
	if err := c.opts.Store.Apply(writes...); err != nil {
		return fmt.Errorf("sim: save transaction: %w", err)
	}
	return nil
}

func (in inclusion) encode() []byte {
	b := binary.LittleEndian.AppendUint64(nil, in.height)
	return binary.LittleEndian.AppendUint16(b, uint16(in.reason))
}

// find returns where a transaction is. The caller holds mu.
func (c *Chain) find(id rollup.Hash) (in inclusion, ok bool, err error) {
	if in, ok = c.included[id]; ok || c.opts.Store == nil {
		return in, ok, nil
	}
	b, ok, err := c.opts.Store.Get(txKey(id))
	if err != nil || !ok {
		return inclusion{}, false, err
	}
	if len(b) != 10 {
		return inclusion{}, false, fmt.Errorf("%w: index entry of %d bytes", ErrStore, len(b))
	}
	in = inclusion{
		height: binary.LittleEndian.Uint64(b),
		reason: rollup.Reason(binary.LittleEndian.Uint16(b[8:])),
	}
	// Blocks are saved before they are seen.
	return in, in.height <= c.state().Tip().Height, nil
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
	l, err := rollup.DecodeLayer(b, c.state().Widest())
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
			return c.loadPool()
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

// loadPool takes what waited.
func (c *Chain) loadPool() error {
	var bad error
	err := c.opts.Store.Range(poolPrefix, kv.PrefixEnd(poolPrefix), func(_, v []byte) bool {
		raw := bytes.Clone(v)
		tx, err := rollup.DecodeL1Tx(raw, c.state().Widest())
		if err != nil {
			bad = fmt.Errorf("%w: waiting transaction: %w", ErrStore, err)
			return false
		}
		if tx.Nonce >= c.state().Account(tx.From()).Nonce {
			c.pool.restore(tx, len(raw))
		}
		return true
	})
	if err = errors.Join(err, bad); err != nil {
		return fmt.Errorf("sim: load: %w", err)
	}
	return nil
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
