package statetree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync/atomic"
)

// bucketMax is the largest number of leaves in a bucket, 64 at most. It has no influence on roots,
// proofs and witnesses. More would make pages fewer, and the copy that an update makes larger.
const bucketMax = 16

// inlineMax is the largest value that lies in a bucket's own piece of memory.
const inlineMax = 256

// A bucket is a whole subtree of 1 to bucketMax leaves in one piece of memory without pointers. For
// n leaves, in key order, it has
//
//	n keys | n hashes of leaves | n-1 hashes of nodes | n ends u32 | values
//
// The i-th hash of a node is that of the node, with leaves on both sides, that parts leaf i from
// leaf i+1. An end is where a value ends among the values; its highest bit says that the hash of the
// value is there instead. Halves of a bucket share its memory.
type bucket struct {
	h     Root
	all   uint8 // leaves in data
	lo    uint8 // the leaves of this bucket are lo <= i < hi
	hi    uint8
	idle  atomic.Bool // not used since the store looked for something to drop
	data  []byte
	large [][]byte // by leaf, values above inlineMax that are in memory; nil if there are none
}

const (
	hashBytes = len(Root{})
	endBytes  = 4
	bareBit   = 1 << 31
)

func (b *bucket) hash() *Root { return &b.h }

func (b *bucket) leaves() int { return int(b.hi) - int(b.lo) }

func (b *bucket) key(i int) *Key { return (*Key)(b.data[i*hashBytes:]) }

func (b *bucket) leafHash(i int) *Root { return (*Root)(b.data[(int(b.all)+i)*hashBytes:]) }

// gap returns the hash of the node that parts leaf i from the next.
func (b *bucket) gap(i int) *Root { return (*Root)(b.data[(2*int(b.all)+i)*hashBytes:]) }

// ends returns where the ends begin.
func (b *bucket) ends() int { return (3*int(b.all) - 1) * hashBytes }

// stored returns what data holds for leaf i: the value, or its hash if bare is true.
func (b *bucket) stored(i int) (value []byte, bare bool) {
	at := b.ends()
	values := b.data[at+int(b.all)*endBytes:]
	end := binary.LittleEndian.Uint32(b.data[at+i*endBytes:])
	start := uint32(0)
	if i > 0 {
		start = binary.LittleEndian.Uint32(b.data[at+(i-1)*endBytes:]) &^ bareBit
	}
	bare = end&bareBit != 0
	end &^= bareBit
	return values[start:end:end], bare
}

// value returns the value of leaf i; ok is false if only its hash is there. It is never nil.
func (b *bucket) value(i int) (value []byte, ok bool) {
	v, bare := b.stored(i)
	if !bare {
		return v, true
	}
	if b.large == nil || b.large[i] == nil {
		return nil, false
	}
	return b.large[i], true
}

// valueHash returns the hash of the value of leaf i.
func (b *bucket) valueHash(i int) Root {
	v, bare := b.stored(i)
	if bare {
		return Root(v)
	}
	return HashValue(v)
}

// leaf returns leaf i as a node of its own.
func (b *bucket) leaf(i int) *leaf {
	l := &leaf{h: *b.leafHash(i), key: *b.key(i)}
	if l.value, l.has = b.value(i); !l.has {
		l.vhash = b.valueHash(i)
	}
	return l
}

// bytes returns about how much memory the bucket takes.
func (b *bucket) bytes() int64 {
	n := int64(bucketBytes + cap(b.data) + 24*len(b.large))
	for _, v := range b.large {
		n += int64(cap(v))
	}
	return n
}

// touch notes that the bucket is in use.
func (b *bucket) touch() {
	if b.idle.Load() {
		b.idle.Store(false)
	}
}

// find returns the index of a key, or of the first key above it.
func (b *bucket) find(k *Key) (i int, ok bool) {
	lo, hi := int(b.lo), int(b.hi)
	head := binary.BigEndian.Uint64(k[:])
	for lo < hi {
		mid := (lo + hi) / 2
		m := b.key(mid)
		at := binary.BigEndian.Uint64(m[:])
		if at < head || at == head && bytes.Compare(m[8:], k[8:]) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < int(b.hi) && *b.key(lo) == *k
}

// cut returns the depth at which leaves lo to hi, of which there are two at least, part, and the
// first of them on the right.
func (b *bucket) cut(lo, hi int) (depth, at int) {
	depth = b.key(lo).common(b.key(hi - 1))
	right := hi - 1
	for left := lo; right-left > 1; {
		if mid := (left + right) / 2; b.key(mid).bit(depth) == 0 {
			left = mid
		} else {
			right = mid
		}
	}
	return depth, right
}

// lift returns the hash at a depth of the subtree of which h is the hash at depth from, when nothing
// else lies below on the path of k.
func lift(h Root, k *Key, from, to int) Root {
	for from > to {
		from--
		if k.bit(from) == 0 {
			h = hashInner(&h, &emptyRoot)
		} else {
			h = hashInner(&emptyRoot, &h)
		}
	}
	return h
}

// span returns the hash at depth of leaves lo to hi, which are all below one node there.
func (b *bucket) span(lo, hi, depth int) Root {
	switch hi - lo {
	case 0:
		return emptyRoot
	case 1:
		return *b.leafHash(lo)
	}
	from, at := b.cut(lo, hi)
	return lift(*b.gap(at - 1), b.key(lo), from, depth)
}

// seal is span after some leaves changed, which are the bits of fresh: it computes the hashes above
// them anew. Where leaves went, the neighbours count as changed.
func (b *bucket) seal(lo, hi, depth int, fresh uint64) Root {
	if hi-lo <= 1 {
		return b.span(lo, hi, depth)
	}
	from, at := b.cut(lo, hi)
	h := b.gap(at - 1)
	if fresh>>lo&(1<<(hi-lo)-1) != 0 {
		left, right := b.seal(lo, at, from+1, fresh), b.seal(at, hi, from+1, fresh)
		*h = hashInner(&left, &right)
	}
	return lift(*h, b.key(lo), from, depth)
}

// part returns leaves lo to hi, all below one node at depth, as a node.
func (b *bucket) part(lo, hi, depth int) node {
	switch hi - lo {
	case 0:
		return nil
	case 1:
		return b.leaf(lo)
	}
	return &bucket{
		h: b.span(lo, hi, depth), data: b.data, large: b.large, all: b.all,
		lo: uint8(lo), hi: uint8(hi),
	}
}

// open returns a bucket that lies at depth as one node of its own: a leaf, or an inner node over its
// halves.
func (b *bucket) open(depth int) node {
	lo, hi := int(b.lo), int(b.hi)
	if hi-lo == 1 {
		return b.leaf(lo)
	}
	from, at := b.cut(lo, hi)
	if from > depth {
		at = lo
		if b.key(lo).bit(depth) == 0 {
			at = hi
		}
	}
	return &inner{h: b.h, kids: [2]node{b.part(lo, at, depth+1), b.part(at, hi, depth+1)}}
}

// at returns a bucket, which is a node's only child at depth below, in the node's place at depth.
func (b *bucket) at(below, depth int) *bucket {
	c := &bucket{data: b.data, large: b.large, all: b.all, lo: b.lo, hi: b.hi, h: b.h}
	if b.leaves() > 1 {
		c.h = lift(b.h, b.key(int(b.lo)), below, depth)
	}
	return c
}

func (b *bucket) stub() *stub { return &stub{h: b.h, leaves: uint8(b.leaves())} }

// tooDeep returns an error if two neighbours among the keys need leaves below MaxDepth.
func tooDeep(a, z *Key) error {
	if n := a.common(z); n >= MaxDepth {
		return fmt.Errorf("%w: %v and %v agree in %d bits", ErrTooDeep, a, z, n)
	}
	return nil
}

// common returns the number of leading bits in which two keys agree.
func (k *Key) common(o *Key) int {
	for i := 0; i < len(k); i += 8 {
		x := binary.BigEndian.Uint64(k[i:]) ^ binary.BigEndian.Uint64(o[i:])
		if x != 0 {
			return i*8 + bits.LeadingZeros64(x)
		}
	}
	return 8 * len(k)
}
