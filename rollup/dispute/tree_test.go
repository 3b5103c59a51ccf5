package dispute_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// shape is a witness taken apart by an independent reader, so that tests can damage it.
type shape struct {
	depth int
	tag   byte // 0 empty, 1 hash, 2 leaf, 3 node, 4 leaf without its value
	hash  [32]byte
	key   [32]byte
	value []byte
	vhash [32]byte
	kids  [2]*shape
}

// codes are what a witness begins with: a code for each node, by its tag.
var codes = [...]string{"110", "10", "1110", "0", "1111"}

// readShape parses a canonical witness.
func readShape(b []byte) (s *shape, rest []byte) {
	var bits strings.Builder
	for _, x := range b {
		fmt.Fprintf(&bits, "%08b", x)
	}
	var tags []byte
	used := 0
	for open := 1; open > 0; open-- {
		tag := slices.IndexFunc(codes[:], func(c string) bool {
			return strings.HasPrefix(bits.String()[used:], c)
		})
		used += len(codes[tag])
		tags = append(tags, byte(tag))
		if tag == 3 {
			open += 2
		}
	}
	r := reader{tags: tags, rest: b[(used+7)/8:]}
	return r.shape([32]byte{}, 0), r.rest
}

// reader reads the nodes of a witness in pre-order.
type reader struct{ tags, rest []byte }

func (r *reader) take(n int) []byte {
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// shape reads a subtree at a depth on a path.
func (r *reader) shape(path [32]byte, depth int) *shape {
	s := &shape{tag: r.tags[0], depth: depth}
	r.tags = r.tags[1:]
	switch s.tag {
	case 1:
		s.hash = [32]byte(r.take(32))
	case 2, 4:
		s.key = path
		copy(s.key[depth/8:], r.take(32-depth/8))
		if s.tag == 2 {
			d := scale.NewDecoder(r.rest)
			s.value = d.Bytes(1 << 20)
			r.take(d.Offset())
		} else {
			s.vhash = [32]byte(r.take(32))
		}
	case 3:
		s.kids[0] = r.shape(path, depth+1)
		path[depth/8] |= 0x80 >> (depth % 8)
		s.kids[1] = r.shape(path, depth+1)
	}
	s.rehash()
	return s
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

// encode appends what readShape reads.
func (s *shape) encode(b []byte) []byte {
	var bits string
	var rest scale.Encoder
	for _, n := range s.nodes() {
		bits += codes[n.tag]
		switch n.tag {
		case 1:
			rest.Raw(n.hash[:])
		case 2:
			rest.Raw(n.key[n.depth/8:])
			rest.Bytes(n.value)
		case 4:
			rest.Raw(n.key[n.depth/8:])
			rest.Raw(n.vhash[:])
		}
	}
	packed := make([]byte, (len(bits)+7)/8)
	for i, c := range bits {
		packed[i/8] |= byte(c-'0') << (7 - i%8)
	}
	return append(append(b, packed...), rest.B...)
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
