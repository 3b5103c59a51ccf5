package statetree

import (
	"encoding/binary"
	"fmt"
	"sort"
)

// bucketMax is the largest number of leaves in a bucket. It has no influence on roots, proofs and
// witnesses. More would make the tree on disk smaller and an update's share of hashes larger.
const bucketMax = 8

// An entry is a leaf in the bytes of a bucket: key 32, hash of the leaf 32, length of the value u32
// little-endian, value; or bareSize in place of the length, and the hash of the value 32.
type entry []byte

const (
	entryHead = 32 + 32 + 4
	bareSize  = 1<<32 - 1
)

func newEntry(k *Key, value []byte) entry {
	e := make(entry, entryHead+len(value))
	copy(e, k[:])
	vh := HashValue(value)
	h := hashLeaf(k, &vh)
	copy(e[32:], h[:])
	binary.LittleEndian.PutUint32(e[64:], uint32(len(value)))
	copy(e[entryHead:], value)
	return e
}

func newBareEntry(k *Key, h, vhash *Root) entry {
	e := make(entry, 0, entryHead+len(vhash))
	e = append(append(e, k[:]...), h[:]...)
	e = binary.LittleEndian.AppendUint32(e, bareSize)
	return append(e, vhash[:]...)
}

func (e entry) key() *Key   { return (*Key)(e[:32]) }
func (e entry) hash() *Root { return (*Root)(e[32:64]) }

// has reports whether the value is there and not only its hash.
func (e entry) has() bool { return binary.LittleEndian.Uint32(e[64:]) != bareSize }

// value returns the value of an entry that has it. The slice is never nil.
func (e entry) value() []byte { return e[entryHead:len(e):len(e)] }

// valueHash returns the hash of the value.
func (e entry) valueHash() Root {
	if e.has() {
		return HashValue(e.value())
	}
	return Root(e[entryHead:])
}

// bare returns the entry without its value.
func (e entry) bare() entry {
	vh := e.valueHash()
	return newBareEntry(e.key(), e.hash(), &vh)
}

// leaf returns the entry as a node of its own.
func (e entry) leaf() *leaf {
	l := &leaf{h: *e.hash(), key: *e.key(), has: e.has()}
	if l.has {
		l.value = e.value()
	} else {
		l.vhash = e.valueHash()
	}
	return l
}

// A bucket is a whole subtree of 1 to bucketMax leaves in one piece of memory. Like every node it is
// never changed.
type bucket struct {
	h    Root
	n    int
	data []byte // the entries, in key order
}

func (b *bucket) hash() *Root { return &b.h }

// appendTo appends the entries.
func (b *bucket) appendTo(es []entry) []entry {
	for in := b.data; len(in) > 0; {
		size := entryHead + int(binary.LittleEndian.Uint32(in[64:]))
		if size == entryHead+bareSize {
			size = entryHead + len(Root{})
		}
		es = append(es, entry(in[:size:size]))
		in = in[size:]
	}
	return es
}

// find returns the entry of a key, nil if it is not there.
func (b *bucket) find(k *Key) entry {
	var buf [bucketMax]entry
	for _, e := range b.appendTo(buf[:0]) {
		if *e.key() == *k {
			return e
		}
	}
	return nil
}

// newBucket returns the bucket of 1 to bucketMax entries with a hash that is known.
func newBucket(es []entry, h *Root) *bucket {
	size := 0
	for _, e := range es {
		size += len(e)
	}
	b := &bucket{h: *h, n: len(es), data: make([]byte, 0, size)}
	for _, e := range es {
		b.data = append(b.data, e...)
	}
	return b
}

// hashEntries returns the hash of the subtree at depth that holds exactly the entries, which are
// sorted.
func hashEntries(es []entry, depth int) (h Root, err error) {
	switch len(es) {
	case 0:
		return emptyRoot, nil
	case 1:
		return *es[0].hash(), nil
	}
	if depth >= MaxDepth {
		a, z := es[0].key(), es[1].key()
		return h, fmt.Errorf("%w: %v and %v agree in %d bits", ErrTooDeep, a, z, a.common(z))
	}
	cut := splitEntries(es, depth)
	left, err := hashEntries(es[:cut], depth+1)
	if err != nil {
		return h, err
	}
	right, err := hashEntries(es[cut:], depth+1)
	if err != nil {
		return h, err
	}
	return hashInner(&left, &right), nil
}

// splitEntries returns the index of the first entry that belongs to the right child of a node at
// depth.
func splitEntries(es []entry, depth int) int {
	if len(es) > bucketMax {
		return sort.Search(len(es), func(i int) bool { return es[i].key().bit(depth) == 1 })
	}
	cut := 0
	for cut < len(es) && es[cut].key().bit(depth) == 0 {
		cut++
	}
	return cut
}

// build returns the subtree at depth that holds exactly the entries, which are sorted.
func build(es []entry, depth int) (node, error) {
	if len(es) == 0 {
		return nil, nil
	}
	if len(es) <= bucketMax {
		h, err := hashEntries(es, depth)
		if err != nil {
			return nil, err
		}
		return newBucket(es, &h), nil
	}
	if depth >= MaxDepth {
		_, err := hashEntries(es, depth)
		return nil, err
	}
	cut := splitEntries(es, depth)
	left, err := build(es[:cut], depth+1)
	if err != nil {
		return nil, err
	}
	right, err := build(es[cut:], depth+1)
	if err != nil {
		return nil, err
	}
	return newInner(left, right), nil
}

// expand returns the subtree of entries as nodes of their own, as a recording needs them. The
// entries are those of a bucket at depth, so they are no deeper than the limit.
func expand(es []entry, depth int) node {
	switch len(es) {
	case 0:
		return nil
	case 1:
		return es[0].leaf()
	}
	cut := splitEntries(es, depth)
	return newInner(expand(es[:cut], depth+1), expand(es[cut:], depth+1))
}

// expand returns the bucket, which lies at depth, as nodes of their own.
func (b *bucket) expand(depth int) node {
	var buf [bucketMax]entry
	return expand(b.appendTo(buf[:0]), depth)
}

// halves returns the two subtrees of a bucket of two leaves or more at depth.
func (b *bucket) halves(depth int) (kids [2]node, err error) {
	var buf [bucketMax]entry
	es := b.appendTo(buf[:0])
	cut := splitEntries(es, depth)
	if kids[0], err = build(es[:cut], depth+1); err == nil {
		kids[1], err = build(es[cut:], depth+1)
	}
	return kids, err
}

// entriesOf appends the leaves of a subtree that is nil, a leaf or a bucket.
func entriesOf(es []entry, n node) []entry {
	switch x := n.(type) {
	case *leaf:
		if !x.has {
			return append(es, newBareEntry(&x.key, &x.h, &x.vhash))
		}
		e := make(entry, 0, entryHead+len(x.value))
		e = append(append(e, x.key[:]...), x.h[:]...)
		e = binary.LittleEndian.AppendUint32(e, uint32(len(x.value)))
		return append(es, append(e, x.value...))
	case *bucket:
		return x.appendTo(es)
	}
	return es
}
