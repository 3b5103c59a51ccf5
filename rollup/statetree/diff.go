package statetree

import (
	"bytes"
	"slices"
)

// valueChange is a key of which the value changed, with what it was and is. A value that is not nil
// is there; of the others the flags say what they are.
type valueChange struct {
	key      Key
	old, now []byte
	onDisk   bool // the old value is, as old is nil
}

// treeDiff is how a tree of a store on disk differs from the head that it was taken from. Forks
// share what they have in common.
type treeDiff struct {
	kept  bool // or else nobody wants to know
	last  *diffPart
	bytes int64 // by which the tree takes more memory than the head
}

// diffPart is what one Apply changed.
type diffPart struct {
	before  *diffPart
	changes []valueChange
	gone    []nodeID // pages of the tree before that are none any more
}

// add notes what a worker did.
func (d *treeDiff) add(w *worker) {
	if !d.kept || len(w.changes) == 0 {
		return
	}
	d.last = &diffPart{before: d.last, changes: w.changes, gone: w.gone}
	d.bytes += w.bytes
}

// all returns all changes since the head, in key order and one a key, and the pages that went. A
// value that is on the disk may turn out to be the new one.
func (d *treeDiff) all() (changes []valueChange, gone []nodeID) {
	var parts []*diffPart
	for p := d.last; p != nil; p = p.before {
		parts = append(parts, p)
	}
	if len(parts) == 1 {
		return parts[0].changes, parts[0].gone
	}
	for _, p := range slices.Backward(parts) {
		changes, gone = append(changes, p.changes...), append(gone, p.gone...)
	}
	slices.SortStableFunc(changes, func(a, b valueChange) int { return a.key.compare(b.key) })
	out := changes[:0]
	for i := 0; i < len(changes); {
		c := changes[i]
		for i++; i < len(changes) && changes[i].key == c.key; i++ {
			c.now = changes[i].now
		}
		if !c.onDisk && bytes.Equal(c.old, c.now) && (c.old == nil) == (c.now == nil) {
			continue
		}
		out = append(out, c)
	}
	return out, gone
}

// spareBytes is the size of the pieces in which small values are copied.
const spareBytes = 16 << 10

// keep returns a copy of a value, never nil.
func (w *worker) keep(value []byte) []byte {
	if len(value) > inlineMax {
		return bytes.Clone(value)
	}
	if len(value) > cap(w.spare)-len(w.spare) || w.spare == nil {
		w.spare = make([]byte, 0, max(spareBytes, len(value)))
	}
	i := len(w.spare)
	w.spare = append(w.spare, value...)
	return w.spare[i:len(w.spare):len(w.spare)]
}

// note writes down a change of what was there, nil if nothing was, and returns a copy of the new
// value if there is one.
func (w *worker) note(c *Change, was *item) (now []byte) {
	if !w.t.diff.kept {
		if !c.Delete && len(c.Value) > inlineMax {
			return bytes.Clone(c.Value)
		}
		return c.Value // which a bucket copies
	}
	v := valueChange{key: c.Key}
	switch {
	case was == nil:
	case !was.bare:
		v.old = w.keep(was.value)
	case was.large != nil:
		v.old = was.large
	default:
		v.onDisk = true
	}
	if !c.Delete {
		v.now = w.keep(c.Value)
	}
	w.changes = append(w.changes, v)
	return v.now
}
