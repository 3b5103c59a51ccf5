package l1

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// pmap is a persistent map: a copy of the value is an independent map, made in no time, and a change
// costs the copies of the few nodes on its path. So a block costs what it changes, however much the
// blocks before it left behind. It is a hash trie of 32 ways; the zero value is empty.
type pmap[K pkey, V any] struct {
	root *pnode[K, V]
	size int
}

// pkey is a key that says where in the trie it is.
type pkey interface {
	comparable
	hash() uint64
}

// accountKey, hashKey and heightKey are the keys of the state's maps. Addresses and commitments are
// chosen by whoever pays, so their place is by a digest.
type (
	accountKey address.Address
	hashKey    rollup.Hash
	heightKey  uint64
)

func (k accountKey) hash() uint64 {
	h := sha256.Sum256(k[:])
	return binary.LittleEndian.Uint64(h[:])
}

func (k hashKey) hash() uint64 {
	h := sha256.Sum256(k[:])
	return binary.LittleEndian.Uint64(h[:])
}

func (k heightKey) hash() uint64 { return uint64(k) }

// pnode never changes once a map refers to it. Below the last bits of the hash, where bits is 0, its
// slots are those of keys with one hash.
type pnode[K pkey, V any] struct {
	bits  uint32 // which of the 32 slots there are
	slots []pslot[K, V]
}

// pslot is a child, or a key with its value.
type pslot[K pkey, V any] struct {
	child *pnode[K, V]
	key   K
	value V
}

const (
	pbits = 5
	pmask = 1<<pbits - 1
	// pdepth is the number of levels that the 64 bits of a hash tell apart.
	pdepth = (64 + pbits - 1) / pbits
)

// slot returns the place of a hash in the node, and whether there is something.
func (n *pnode[K, V]) slot(h uint64) (at int, there bool) {
	bit := uint32(1) << (h & pmask)
	return bits.OnesCount32(n.bits & (bit - 1)), n.bits&bit != 0
}

// index returns the place of a key among those with one hash.
func (n *pnode[K, V]) index(k K) int {
	return slices.IndexFunc(n.slots, func(s pslot[K, V]) bool { return s.key == k })
}

func (m *pmap[K, V]) get(k K) (v V, ok bool) {
	h, n := k.hash(), m.root
	for depth := 0; n != nil; depth++ {
		var at int
		if depth == pdepth {
			at = n.index(k)
			ok = at >= 0
		} else {
			at, ok = n.slot(h)
		}
		if !ok {
			return v, false
		}
		s := &n.slots[at]
		if s.child == nil {
			if s.key != k {
				return v, false
			}
			return s.value, true
		}
		n, h = s.child, h>>pbits
	}
	return v, false
}

func (m *pmap[K, V]) set(k K, v V) {
	var added bool
	m.root, added = m.put(m.root, pslot[K, V]{key: k, value: v}, k.hash(), 0)
	if added {
		m.size++
	}
}

// put returns a copy of n with the entry.
func (m *pmap[K, V]) put(
	n *pnode[K, V], e pslot[K, V], h uint64, depth int,
) (next *pnode[K, V], added bool) {
	if n == nil {
		n = &pnode[K, V]{}
	}
	if depth == pdepth {
		next = &pnode[K, V]{slots: slices.Clone(n.slots)}
		if at := n.index(e.key); at >= 0 {
			next.slots[at] = e
			return next, false
		}
		next.slots = append(next.slots, e)
		return next, true
	}
	at, there := n.slot(h)
	if !there {
		next = &pnode[K, V]{bits: n.bits | 1<<(h&pmask), slots: make([]pslot[K, V], len(n.slots)+1)}
		copy(next.slots, n.slots[:at])
		next.slots[at] = e
		copy(next.slots[at+1:], n.slots[at:])
		return next, true
	}
	next = &pnode[K, V]{bits: n.bits, slots: slices.Clone(n.slots)}
	s := &next.slots[at]
	switch {
	case s.child != nil:
		s.child, added = m.put(s.child, e, h>>pbits, depth+1)
		return next, added
	case s.key == e.key:
		*s = e
		return next, false
	}
	old := *s
	child, _ := m.put(nil, old, old.key.hash()>>(pbits*(depth+1)), depth+1)
	child, _ = m.put(child, e, h>>pbits, depth+1)
	*s = pslot[K, V]{child: child}
	return next, true
}

func (m *pmap[K, V]) delete(k K) {
	if _, ok := m.get(k); ok {
		m.root = m.remove(m.root, k, k.hash(), 0)
		m.size--
	}
}

// remove returns a copy of n without the key, which is there; nil when nothing is left.
func (m *pmap[K, V]) remove(n *pnode[K, V], k K, h uint64, depth int) *pnode[K, V] {
	var at int
	if depth == pdepth {
		at = n.index(k)
	} else {
		at, _ = n.slot(h)
	}
	next := &pnode[K, V]{bits: n.bits, slots: slices.Clone(n.slots)}
	if s := &next.slots[at]; s.child != nil {
		s.child = m.remove(s.child, k, h>>pbits, depth+1)
		if s.child != nil {
			if left := s.child.slots; len(left) == 1 && left[0].child == nil {
				*s = left[0] // a lone entry moves up: the shape is that of the content
			}
			return next
		}
	}
	if len(next.slots) == 1 {
		return nil
	}
	next.slots = slices.Delete(next.slots, at, at+1)
	if depth < pdepth {
		next.bits &^= 1 << (h & pmask)
	}
	return next
}

// each calls fn for every entry, in an order that depends on the content alone.
func (m *pmap[K, V]) each(fn func(K, V)) { eachOf(m.root, fn) }

func eachOf[K pkey, V any](n *pnode[K, V], fn func(K, V)) {
	if n == nil {
		return
	}
	for i := range n.slots {
		if s := &n.slots[i]; s.child != nil {
			eachOf(s.child, fn)
		} else {
			fn(s.key, s.value)
		}
	}
}
