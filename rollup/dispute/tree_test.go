package dispute_test

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/athenarollup/athena/rollup"
)

// shape is a witness taken apart by an independent reader, so that tests can damage it.
type shape struct {
	tag   byte // 0 empty, 1 hash, 2 leaf, 3 node, 4 leaf without its value
	hash  [32]byte
	key   [32]byte
	value []byte
	vhash [32]byte
	kids  [2]*shape
}

// readShape parses a canonical witness.
func readShape(b []byte) (s *shape, rest []byte) {
	s = &shape{tag: b[0]}
	b = b[1:]
	switch s.tag {
	case 1:
		s.hash, b = [32]byte(b), b[32:]
	case 2:
		s.key, b = [32]byte(b), b[32:]
		n := binary.LittleEndian.Uint32(b)
		s.value, b = b[4:4+n], b[4+n:]
		s.rehash()
	case 3:
		s.kids[0], b = readShape(b)
		s.kids[1], b = readShape(b)
		s.rehash()
	case 4:
		s.key, b = [32]byte(b), b[32:]
		s.vhash, b = [32]byte(b), b[32:]
		s.rehash()
	}
	return s, b
}

// rehash computes the hashes of a node from what is below it.
func (s *shape) rehash() {
	switch s.tag {
	case 2:
		s.vhash = sha256.Sum256(s.value)
		fallthrough
	case 4:
		s.hash = sha256.Sum256(append(append([]byte{0}, s.key[:]...), s.vhash[:]...))
	case 3:
		left, right := s.kids[0].hash, s.kids[1].hash
		s.hash = sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

// rehashAll computes the hashes of a whole tree.
func (s *shape) rehashAll() rollup.Hash {
	if s.tag == 3 {
		s.kids[0].rehashAll()
		s.kids[1].rehashAll()
	}
	s.rehash()
	return s.hash
}

// encode is the inverse of readShape.
func (s *shape) encode(b []byte) []byte {
	b = append(b, s.tag)
	switch s.tag {
	case 1:
		b = append(b, s.hash[:]...)
	case 2:
		b = append(b, s.key[:]...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s.value)))
		b = append(b, s.value...)
	case 3:
		b = s.kids[1].encode(s.kids[0].encode(b))
	case 4:
		b = append(append(b, s.key[:]...), s.vhash[:]...)
	}
	return b
}

// nodes returns every node of the tree, the root first.
func (s *shape) nodes() []*shape {
	all := []*shape{s}
	if s.tag == 3 {
		all = append(append(all, s.kids[0].nodes()...), s.kids[1].nodes()...)
	}
	return all
}

// cuts returns the ways to show less of a node.
func (s *shape) cuts() []shape {
	switch s.tag {
	case 0:
		return nil
	case 1:
		return []shape{{tag: 0}}
	case 2:
		bare := *s
		bare.tag = 4
		return []shape{{tag: 0}, {tag: 1, hash: s.hash}, bare}
	default:
		return []shape{{tag: 0}, {tag: 1, hash: s.hash}}
	}
}
