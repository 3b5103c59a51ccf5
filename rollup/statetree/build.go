package statetree

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
)

// An item is a leaf that is to lie in a bucket.
type item struct {
	key   *Key
	h     Root   // of the leaf
	value []byte // what the bucket's data hold: the value, or its hash if bare
	bare  bool
	large []byte // the value if it is above inlineMax and in memory
	old   int    // where it was in the bucket before, or -1
}

// newItem returns the item of a new value, which must not change any more.
func newItem(k *Key, value []byte) item {
	vh := HashValue(value)
	it := item{key: k, h: hashLeaf(k, &vh), value: value, old: -1}
	if len(value) > inlineMax {
		it.value, it.bare, it.large = vh[:], true, value
	}
	return it
}

// appendItems appends the leaves of a subtree that is nil, a leaf or a bucket.
func appendItems(out []item, n node) []item {
	switch x := n.(type) {
	case *leaf:
		it := item{key: &x.key, h: x.h, value: x.value, old: -1}
		if !x.has || len(x.value) > inlineMax {
			vh := x.vhash
			if x.has {
				vh, it.large = HashValue(x.value), x.value
			}
			it.value, it.bare = vh[:], true
		}
		out = append(out, it)
	case *bucket:
		for i := int(x.lo); i < int(x.hi); i++ {
			it := item{key: x.key(i), h: *x.leafHash(i), old: i}
			it.value, it.bare = x.stored(i)
			if x.large != nil {
				it.large = x.large[i]
			}
			out = append(out, it)
		}
	}
	return out
}

// build returns the subtree at depth that holds exactly the items, which are sorted. from is the
// bucket of which they have their old indices, if they have any.
func build(items []item, from *bucket, depth int) (node, error) {
	switch {
	case len(items) == 0:
		return nil, nil
	case len(items) <= bucketMax:
		b, err := newBucket(items, from, depth)
		if err != nil {
			return nil, err
		}
		return b, nil
	case depth >= MaxDepth:
		return nil, tooDeep(items[0].key, items[1].key)
	}
	cut := sort.Search(len(items), func(i int) bool { return items[i].key.bit(depth) == 1 })
	left, err := build(items[:cut], from, depth+1)
	if err != nil {
		return nil, err
	}
	right, err := build(items[cut:], from, depth+1)
	if err != nil {
		return nil, err
	}
	return newInner(left, right), nil
}

// newBucket returns the bucket at depth of 1 to bucketMax items.
func newBucket(items []item, from *bucket, depth int) (*bucket, error) {
	n := len(items)
	size := (3*n-1)*hashBytes + n*endBytes
	for i := range items {
		size += len(items[i].value)
	}
	b := &bucket{data: slices.Grow([]byte(nil), size)[:size], all: uint8(n), hi: uint8(n)}
	var fresh uint64
	values := b.data[b.ends()+n*endBytes:]
	end := 0
	for i := range items {
		it := &items[i]
		*b.key(i), *b.leafHash(i) = *it.key, it.h
		end += copy(values[end:], it.value)
		mark := uint32(end)
		if it.bare {
			mark |= bareBit
		}
		binary.LittleEndian.PutUint32(b.data[b.ends()+i*endBytes:], mark)
		if it.large != nil {
			if b.large == nil {
				b.large = make([][]byte, n)
			}
			b.large[i] = it.large
		}
		if it.old < 0 {
			fresh |= 1 << i
		}
		if i == 0 {
			continue
		}
		prev := items[i-1].old
		switch {
		case prev >= 0 && it.old == prev+1:
			*b.gap(i - 1) = *from.gap(prev)
		default:
			// Something came or went between the two, so no hash above both is known.
			fresh |= 3 << (i - 1)
			if err := tooDeep(items[i-1].key, it.key); err != nil {
				return nil, err
			}
		}
	}
	if from != nil && (items[0].old != int(from.lo) || items[n-1].old != int(from.hi)-1) {
		fresh |= 1 | 1<<(n-1)
	}
	b.h = b.seal(0, n, depth, fresh)
	return b, nil
}

// merge appends what is left of the items, and what comes, after sorted changes.
func (w *worker) merge(out, old []item, ch []Change) []item {
	for i := range ch {
		c := &ch[i]
		for len(old) > 0 && old[0].key.compare(c.Key) < 0 {
			out, old = append(out, old[0]), old[1:]
		}
		var was *item
		if len(old) > 0 && *old[0].key == c.Key {
			was, old = &old[0], old[1:]
		}
		if same(was, c) {
			if was != nil {
				out = append(out, *was)
			}
			continue
		}
		w.changed = true
		value := w.note(c, was)
		if !c.Delete {
			out = append(out, newItem(&c.Key, value))
		}
	}
	return append(out, old...)
}

// same reports that a change of what was there changes nothing, as far as that shows in memory.
func same(was *item, c *Change) bool {
	switch {
	case was == nil:
		return c.Delete
	case c.Delete:
		return false
	case was.bare:
		return was.large != nil && bytes.Equal(was.large, c.Value)
	}
	return bytes.Equal(was.value, c.Value)
}

// patch returns the bucket at depth after changes that only put values of the same length in the
// place of others, or nil if some do more.
func (w *worker) patch(b *bucket, ch []Change, depth int) *bucket {
	var at [bucketMax]uint8
	if len(ch) > len(at) || b.large != nil {
		return nil
	}
	for j := range ch {
		i, ok := b.find(&ch[j].Key)
		if !ok || ch[j].Delete {
			return nil
		}
		v, bare := b.stored(i)
		if bare || len(v) != len(ch[j].Value) {
			return nil
		}
		at[j] = uint8(i)
	}
	c := &bucket{data: append([]byte(nil), b.data...), all: b.all, lo: b.lo, hi: b.hi}
	var fresh uint64
	for j := range ch {
		i := int(at[j])
		v, _ := c.stored(i)
		if bytes.Equal(v, ch[j].Value) {
			continue
		}
		fresh |= 1 << i
		w.note(&ch[j], &item{value: v})
		copy(v, ch[j].Value)
		vh := HashValue(v)
		*c.leafHash(i) = hashLeaf(&ch[j].Key, &vh)
	}
	if fresh == 0 {
		return b
	}
	c.h = c.seal(int(c.lo), int(c.hi), depth, fresh)
	return c
}
