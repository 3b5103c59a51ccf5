package statetree

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// recovery makes the dirty pages of the head again, which were lost with the process that held
// them. Each page on the disk is a page of the head up to the changes in the log: so a page without
// a change below it is right, and whatever else changed is made of the pages above it and of the
// values, which are those of the head.
type recovery struct {
	s *pebbleStore
	t Tree // for join: the head as far as it is made
	// old are the pages on the disk, made those that came out of the values alone.
	old, made map[nodeID]*inner
	flat      *flatReader
}

// diskView is the source of the trees of a recovery: pages as the disk has them, unchecked, nil if it
// has not. The new tree (made is true) also has those that were made, and buckets as the values are;
// the old one has no buckets, of which nobody knows what was in them.
type diskView struct {
	r    *recovery
	made bool
}

func (v diskView) current() error { return nil }

func (v diskView) load(at Key, depth int, st *stub) (node, error) {
	id := idOf(at, depth)
	if st.leaves > 0 && !v.made {
		return nil, nil
	}
	if st.leaves > 0 {
		return v.r.s.read(id, st)
	}
	if p, ok := v.r.made[id]; ok && v.made {
		return p, nil
	}
	if p := v.r.old[id]; p != nil {
		return p, nil
	}
	p, ok, err := v.r.s.readPage(id)
	if err != nil || !ok {
		return nil, err
	}
	v.r.old[id] = p
	return p, nil
}

func (v diskView) lookup(k Key, _ int, _ *stub) ([]byte, bool, error) { return v.value(k) }

func (v diskView) value(k Key) ([]byte, bool, error) { return v.r.s.get(valueKey(k)) }

// recover makes the pages of the head again if the log says that some were not written, and writes
// them. Otherwise nothing is to be done.
func (s *pebbleStore) recover() (err error) {
	keys, err := s.readLog()
	if err != nil || len(s.dirty.log) == 0 {
		return err
	}
	r := &recovery{s: s, old: make(map[nodeID]*inner), made: make(map[nodeID]*inner)}
	r.t.src = diskView{r: r, made: true}
	if r.flat, err = s.readFlat(nodeID{}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.flat.close()) }()
	from, err := s.diskRoot()
	if err != nil {
		return err
	}
	now, err := r.fresh(from, Key{}, 0, keys)
	if err != nil {
		return err
	}
	if got := *hashOf(now); got != s.head.Root {
		return fmt.Errorf("%w: the pages and the log lead to root %v, the head of layer %d has %v; %s",
			ErrCorrupt, got, s.head.Layer, s.head.Root, advice)
	}
	st := s.newStage()
	defer st.close()
	st.flush = true
	if _, err := st.tree(&settler{
		from: &Tree{root: from, src: diskView{r: r}}, to: &Tree{root: now, src: r.t.src},
		same: func(old, now node) bool { return old == now },
	}); err != nil {
		return err
	}
	return s.publish(st, s.head)
}

// readLog returns the keys in the log, sorted and distinct, and notes what records there are.
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
	d := &s.dirty
	for it.First(); it.Valid(); it.Next() {
		b, err := it.ValueAndErr()
		if err != nil {
			return nil, fmt.Errorf("statetree: read state database: %w", err)
		}
		if len(it.Key()) != 9 || len(b)%len(Key{}) != 0 {
			return nil, fmt.Errorf("%w: log record %x of %d bytes; %s",
				ErrCorrupt, it.Key(), len(b), advice)
		}
		r := logRecord{seq: binary.BigEndian.Uint64(it.Key()[1:]), keys: int64(len(b) / len(Key{}))}
		d.log = append(d.log, r)
		d.keys += r.keys
		d.seq = r.seq + 1
		for ; len(b) > 0; b = b[len(Key{}):] {
			keys = append(keys, Key(b))
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
	es, err := s.entriesAt(nil, nodeID{}, bucketMax)
	if err != nil || len(es) == 0 || len(es) > bucketMax {
		return nil, err
	}
	h, err := hashEntries(es, 0)
	return &stub{h: h, leaves: uint8(len(es))}, err
}

// fresh returns the subtree of the head at depth where the disk has n, of which the keys may have
// changed; they are sorted and all below.
func (r *recovery) fresh(n node, at Key, depth int, keys []Key) (node, error) {
	if len(keys) == 0 {
		return n, nil
	}
	seen := n
	if st, ok := n.(*stub); ok && st.leaves == 0 {
		var err error
		if seen, err = (diskView{r: r}).load(at, depth, st); err != nil {
			return nil, err
		}
	}
	x, ok := seen.(*inner)
	if !ok {
		return r.flat.deriveAt(idOf(at, depth), func(id nodeID, p *inner) error {
			r.made[id] = p
			return nil
		})
	}
	cut, _ := slices.BinarySearchFunc(keys, at.flip(depth), Key.compare)
	left, err := r.fresh(x.kids[0], at, depth+1, keys[:cut])
	if err != nil {
		return nil, err
	}
	right, err := r.fresh(x.kids[1], at.flip(depth), depth+1, keys[cut:])
	if err != nil {
		return nil, err
	}
	return r.t.join(left, right, at, depth)
}
