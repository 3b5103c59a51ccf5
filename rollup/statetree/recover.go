package statetree

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// logKeyBytes is what a log record has of each key. No node lies deeper than MaxDepth, so it tells
// all the nodes on the key's way.
const logKeyBytes = MaxDepth / 8

// recovery makes the dirty pages of the head again, which were lost with the process that held
// them. Each page on the disk is a page of the head up to the changes in the log: so a page without
// a change below it is right, and whatever else changed is made of the pages above it and of the
// values, which are those of the head.
type recovery struct {
	s    *pebbleStore
	put  func(id nodeID, p *inner) error // writes a page
	join worker                          // the source of its tree is diskView
	flat *flatReader
	gone []nodeID // pages that are none any more
}

// diskView is the source of the tree of a recovery, of which only buckets are looked at.
type diskView struct{ s *pebbleStore }

func (v diskView) current() error { return nil }

func (v diskView) load(at Key, depth int, st *stub) (node, error) {
	return v.s.read(idOf(at, depth), st)
}

func (v diskView) lookup(k Key, _ int, _ *stub) ([]byte, bool, error) { return v.value(k) }

func (v diskView) value(k Key) ([]byte, bool, error) { return v.s.get(valueKey(k)) }

// recover makes the pages of the head again if the log says that some were not written, and writes
// them. Otherwise nothing is to be done.
func (s *pebbleStore) recover() (err error) {
	keys, err := s.readLog()
	if err != nil || len(s.upkeep.log) == 0 {
		return err
	}
	from, err := s.diskRoot()
	if err != nil {
		return err
	}
	st := s.newStage()
	defer st.close()
	var mu sync.Mutex
	r := s.newRecovery(func(id nodeID, p *inner) error {
		mu.Lock()
		defer mu.Unlock()
		return st.set(id.dbKey(), appendPage(nil, p, 0, pageLevels), true)
	})
	now, err := r.run(from, Key{}, 0, keys)
	if err != nil {
		return err
	}
	if got := *hashOf(now); got != s.head.Root {
		return fmt.Errorf("%w: the pages and the log lead to root %v, the head of layer %d has %v; %s",
			ErrCorrupt, got, s.head.Layer, s.head.Root, advice)
	}
	for _, id := range r.gone {
		if err := st.set(id.dbKey(), nil, false); err != nil {
			return err
		}
	}
	st.root, st.flush = now, true
	return s.publish(st, s.head)
}

func (s *pebbleStore) newRecovery(put func(nodeID, *inner) error) *recovery {
	return &recovery{s: s, put: put, join: worker{t: &Tree{src: diskView{s}}}}
}

// run is fresh with a reader for itself.
func (r *recovery) run(n node, at Key, depth int, keys []Key) (now node, err error) {
	if r.flat, err = r.s.readFlat(nodeID{}); err != nil {
		return nil, err
	}
	now, err = r.fresh(n, at, depth, keys)
	return now, errors.Join(err, r.flat.close())
}

// recoverFork is the number of changed keys below a node at the top from which its two sides are
// made side by side.
const recoverFork = 1 << 10

// sides is fresh of the two sides of a node at depth.
func (r *recovery) sides(
	x *inner, at Key, depth int, l, k []Key,
) (left, right node, err error) {
	if depth > 0 || len(l) < recoverFork || len(k) < recoverFork {
		if left, err = r.fresh(x.kids[0], at, depth+1, l); err == nil {
			right, err = r.fresh(x.kids[1], at.flip(depth), depth+1, k)
		}
		return left, right, err
	}
	var wg sync.WaitGroup
	var rightErr error
	other := r.s.newRecovery(r.put)
	wg.Go(func() { right, rightErr = other.run(x.kids[1], at.flip(depth), depth+1, k) })
	left, err = r.fresh(x.kids[0], at, depth+1, l)
	wg.Wait()
	r.gone = append(r.gone, other.gone...)
	return left, right, errors.Join(err, rightErr)
}

// readLog returns the beginnings of the keys in the log, sorted and distinct, and notes what records there are.
func (s *pebbleStore) readLog() (keys []Key, err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{spaceLog}, UpperBound: []byte{spaceLog + 1},
	})
	if err != nil {
		return nil, fmt.Errorf("statetree: read state database: %w", err)
	}
	defer func() {
		if e := it.Close(); e != nil {
			err = errors.Join(err, fmt.Errorf("statetree: read state database: %w", e))
		}
	}()
	u := &s.upkeep
	for it.First(); it.Valid(); it.Next() {
		b, err := it.ValueAndErr()
		if err != nil {
			return nil, fmt.Errorf("statetree: read state database: %w", err)
		}
		if len(it.Key()) != 9 || len(b)%logKeyBytes != 0 {
			return nil, fmt.Errorf("%w: log record %x of %d bytes; %s",
				ErrCorrupt, it.Key(), len(b), advice)
		}
		r := logRecord{seq: binary.BigEndian.Uint64(it.Key()[1:]), keys: len(b) / logKeyBytes}
		u.log = append(u.log, r)
		u.keys += r.keys
		u.seq = r.seq + 1
		for ; len(b) > 0; b = b[logKeyBytes:] {
			var k Key
			copy(k[:], b[:logKeyBytes])
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, Key.compare)
	return slices.Compact(keys), nil
}

// diskRoot returns a stub of the root as far as the disk tells without the log.
func (s *pebbleStore) diskRoot() (node, error) {
	p, ok, err := s.readPage(nodeID{})
	if err != nil {
		return nil, err
	}
	if ok {
		return &stub{h: p.h}, nil
	}
	items, err := s.itemsAt(nodeID{}, bucketMax)
	if err != nil || len(items) > bucketMax {
		return nil, err
	}
	n, err := build(items, nil, 0)
	return bare(n), err
}

// fresh returns the subtree of the head at depth where the disk has n, of which the keys may have
// changed; they are sorted and all below. Buckets are stubs in it, and so are pages that have been
// made of values alone, which are written already.
func (r *recovery) fresh(n node, at Key, depth int, keys []Key) (node, error) {
	if len(keys) == 0 {
		return n, nil
	}
	seen := n
	if st, ok := n.(*stub); ok && st.leaves == 0 {
		// What the page above tells of this one may be older than it.
		p, ok, err := r.s.readPage(idOf(at, depth))
		if err != nil {
			return nil, err
		}
		if seen = nil; ok {
			seen = p
		}
	}
	x, ok := seen.(*inner)
	if !ok {
		n, err := r.flat.deriveAt(idOf(at, depth), r.put)
		return bare(n), err
	}
	cut, _ := slices.BinarySearchFunc(keys, at.flip(depth), Key.compare)
	left, right, err := r.sides(x, at, depth, keys[:cut], keys[cut:])
	if err != nil {
		return nil, err
	}
	out, err := r.join.join(left, right, &at, depth)
	if _, still := out.(*inner); !still && err == nil && depth%pageLevels == 0 {
		r.gone = append(r.gone, idOf(at, depth))
	}
	return bare(out), err
}
