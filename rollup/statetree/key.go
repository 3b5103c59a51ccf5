package statetree

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// MaxDepth is the largest depth of a leaf: the number of nodes above it. Keys are hashes, at least in
// part (docs/spec/state.md), so two of them agree in 128 bits only if somebody searched for them.
const MaxDepth = 128

// MaxValueBytes is the largest value of a leaf. It bounds what one read can cost; the state's own
// values (docs/spec/state.md) are 4 KiB and some at most.
const MaxValueBytes = 1 << 20

// Key is the position of a leaf: its bits, most significant first, are the path from the root.
type Key [32]byte

// Root is the hash of a tree or of one of its subtrees. The zero Root is the empty tree's.
type Root [32]byte

// String returns the key in hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// String returns the root in hexadecimal.
func (r Root) String() string { return hex.EncodeToString(r[:]) }

// compare orders keys as byte strings, which is the order of leaves from left to right.
func (k Key) compare(o Key) int { return bytes.Compare(k[:], o[:]) }

// bit returns bit i of the key, 0 being the first step from the root.
func (k *Key) bit(i int) int { return int(k[i>>3]>>(7-i&7)) & 1 }

// flip returns the key with bit i inverted: the same path with the other child at depth i.
func (k Key) flip(i int) Key {
	k[i>>3] ^= 0x80 >> (i & 7)
	return k
}

// to returns the key with bit i set to a side.
func (k Key) to(i, side int) Key {
	if k.bit(i) != side {
		return k.flip(i)
	}
	return k
}

// prefix returns the key's first n bits, the rest being zero.
func (k Key) prefix(n int) Key {
	var p Key
	copy(p[:], k[:n>>3])
	if n&7 != 0 {
		p[n>>3] = k[n>>3] & ^byte(0xff>>(n&7))
	}
	return p
}

// HashValue returns the hash by which a leaf commits to its value.
func HashValue(value []byte) Root { return sha256.Sum256(value) }

func hashLeaf(k *Key, value *Root) Root {
	var b [65]byte
	copy(b[1:], k[:])
	copy(b[33:], value[:])
	return sha256.Sum256(b[:])
}

func hashInner(left, right *Root) Root {
	var b [65]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return sha256.Sum256(b[:])
}
