package executor

import (
	"encoding/binary"
	"errors"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
)

// pruneLayers is the number of layers whose records one commit removes at most: more than one, so
// that a shorter setting takes effect in time.
const pruneLayers = 4

// keyOldest is the key within spaceGuard of the oldest layer whose records are kept.
var keyOldest = []byte("oldest")

// keyBase is the key within spaceGuard of the layer of the snapshot that the executor started from.
var keyBase = []byte("base")

// base returns the oldest layer that the state can be rewound to at all; 0 without a snapshot.
func (l *ledger) base() (uint64, error) {
	b, ok, err := l.store.Aux(spaceGuard, keyBase)
	if err != nil || !ok || len(b) != 8 {
		return 0, err
	}
	return binary.BigEndian.Uint64(b), nil
}

// oldest returns the oldest layer whose records are kept; 1 when nothing was pruned.
func (l *ledger) oldest() (uint64, error) {
	b, ok, err := l.store.Aux(spaceGuard, keyOldest)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 1, nil
	case len(b) != 8:
		return 0, damaged("oldest layer", errRecord)
	}
	return binary.BigEndian.Uint64(b), nil
}

// prune returns the removals that go with the commit of layer h: of layers that are older than asked
// for, and so far below the newest final one that no claim is about them any more.
func (l *ledger) prune(h uint64) ([]statetree.Aux, error) {
	from, err := l.oldest()
	if err != nil {
		return nil, err
	}
	end := min(below(h, l.records), below(l.final.Load(), l.history), from+pruneLayers)
	if end <= from {
		return nil, nil
	}
	out := []statetree.Aux{{Space: spaceGuard, Key: keyOldest, Value: heightKey(end)}}
	for layer := from; layer < end; layer++ {
		if out, err = l.pruneLayer(out, layer); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// below is a - b, or 0.
func below(a, b uint64) uint64 { return a - min(a, b) }

// pruneLayer appends the removals of the records of one layer.
func (l *ledger) pruneLayer(out []statetree.Aux, layer uint64) ([]statetree.Aux, error) {
	rec, err := l.record(layer)
	if err != nil || rec == nil {
		return out, err
	}
	var all error
	err = l.store.AuxRange(spaceItem, heightKey(layer), heightKey(layer+1), func(k, v []byte) error {
		item, err := decodeItem(layer, v)
		if err != nil {
			return err
		}
		out = append(out, statetree.Aux{Space: spaceItem, Key: k, Delete: true})
		for _, id := range [...]rollup.Hash{item.Receipt.TxHash, item.TxID} {
			out = l.pruneID(out, spaceID, id, layer, &all)
		}
		return nil
	})
	for i := range rec.Drops {
		for _, id := range [...]rollup.Hash{rec.Drops[i].ID, rec.Drops[i].TxID} {
			out = l.pruneID(out, spaceDropped, id, layer, &all)
		}
	}
	out = append(out, statetree.Aux{Space: spaceLayer, Key: heightKey(layer), Delete: true})
	return out, errors.Join(err, all)
}

// pruneID appends the removal of where an id is found, if it is not found in a newer layer too.
func (l *ledger) pruneID(
	out []statetree.Aux, space byte, id rollup.Hash, layer uint64, all *error,
) []statetree.Aux {
	if id == (rollup.Hash{}) {
		return out
	}
	b, ok, err := l.store.Aux(space, id[:])
	if err != nil || !ok {
		*all = errors.Join(*all, err)
		return out
	}
	if len(b) < 8 || binary.LittleEndian.Uint64(b) != layer { // both records begin with the layer
		return out
	}
	return append(out, statetree.Aux{Space: space, Key: append([]byte{}, id[:]...), Delete: true})
}

// merge puts removals before the writes of a layer, without those of keys that are written.
func merge(removals, writes []statetree.Aux) []statetree.Aux {
	if len(removals) == 0 {
		return writes
	}
	type place struct {
		space byte
		key   string
	}
	written := make(map[place]bool, len(writes))
	for i := range writes {
		written[place{writes[i].Space, string(writes[i].Key)}] = true
	}
	for _, r := range removals {
		at := place{r.Space, string(r.Key)}
		if !written[at] {
			written[at] = true // an id may be removed for two reasons
			writes = append(writes, r)
		}
	}
	return writes
}
