package rollup

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/athenarollup/athena/scale"
)

// MMR is the frontier of a Merkle mountain range: an append-only list of which only the peaks are
// kept. It is a plain value: a copy is independent. A leaf is H(0x00 ‖ bytes), a node
// H(0x01 ‖ left ‖ right), the root H(0x02 ‖ count u64 LE ‖ peaks bagged right to left): the two
// rightmost peaks are joined by a node hash, that with the peak left of it, and so on. The root of
// nothing has no peaks in it. See docs/spec/codec.md.
type MMR struct {
	count uint64
	peaks [64]Hash // peaks[i] is that of a mountain of 2^i leaves; zero unless bit i of count is set
}

// Count is the number of leaves.
func (m *MMR) Count() uint64 { return m.count }

// Append adds a leaf.
func (m *MMR) Append(leaf []byte) { m.appendHash(leafHash(leaf)) }

func (m *MMR) appendHash(h Hash) {
	i := 0
	for ; m.count>>i&1 == 1; i++ {
		h, m.peaks[i] = nodeHash(m.peaks[i], h), Hash{}
	}
	m.peaks[i] = h
	m.count++
}

// Root commits to all leaves, their order and their number.
func (m *MMR) Root() Hash {
	if m.count == 0 {
		return rootHash(0, nil)
	}
	bag := m.bag()
	return rootHash(m.count, bag[:])
}

// Encode returns count u64 ‖ the peaks from the largest mountain to the smallest.
func (m *MMR) Encode() []byte {
	var e scale.Encoder
	e.U64(m.count)
	for i := 63; i >= 0; i-- {
		if m.count>>i&1 == 1 {
			e.Raw(m.peaks[i][:])
		}
	}
	return e.B
}

// DecodeMMR reads what Encode wrote.
func DecodeMMR(b []byte) (*MMR, error) {
	d := scale.NewDecoder(b)
	m := &MMR{count: d.U64()}
	for i := 63; i >= 0; i-- {
		if m.count>>i&1 == 1 {
			d.Fill(m.peaks[i][:])
		}
	}
	if err := finish("accumulator", d); err != nil {
		return nil, err
	}
	return m, nil
}

// MMRRoot is the root of a list of leaves.
func MMRRoot(leaves [][]byte) Hash {
	var m MMR
	for _, leaf := range leaves {
		m.Append(leaf)
	}
	return m.Root()
}

// MMRProof shows that a leaf is at an index of a list. Path holds the siblings inside the leaf's
// mountain from the bottom up, then, if there are mountains to the right, their bag, then the peaks
// to the left from right to left. Its length follows from Index and Count, so a proof has one form.
type MMRProof struct {
	Index uint64
	Count uint64
	Path  []Hash
}

// ProveMMR makes the proof of leaves[index].
func ProveMMR(leaves [][]byte, index uint64) (MMRProof, error) {
	n := uint64(len(leaves))
	if index >= n {
		return MMRProof{}, fmt.Errorf("rollup: prove leaf %d of %d", index, n)
	}
	pr := MMRProof{Index: index, Count: n}
	var left []Hash
	var right *MMR
	for start := uint64(0); start < n; {
		size := uint64(1) << (63 - bits.LeadingZeros64(n-start))
		part := leaves[start : start+size]
		switch {
		case start+size <= index:
			left = append(left, perfectRoot(part))
		case start <= index:
			pr.Path = perfectPath(part, index-start)
			right = new(MMR)
		default:
			for _, leaf := range part {
				right.Append(leaf)
			}
		}
		start += size
	}
	if right.count > 0 {
		pr.Path = append(pr.Path, right.bag())
	}
	for i := len(left) - 1; i >= 0; i-- {
		pr.Path = append(pr.Path, left[i])
	}
	return pr, nil
}

// VerifyMMR reports whether the proof shows leaf under root.
func VerifyMMR(root Hash, leaf []byte, pr *MMRProof) bool {
	if pr.Index >= pr.Count {
		return false
	}
	start, height := uint64(0), 0
	for i := 63; i >= 0; i-- {
		if size := uint64(1) << i; pr.Count&size != 0 {
			if height = i; pr.Index-start < size {
				break
			}
			start += size
		}
	}
	lefts := bits.OnesCount64(start)
	rights := min(1, bits.OnesCount64(pr.Count&(1<<height-1)))
	if len(pr.Path) != height+rights+lefts {
		return false
	}
	h, local := leafHash(leaf), pr.Index-start
	for i := range height {
		if local>>i&1 == 1 {
			h = nodeHash(pr.Path[i], h)
		} else {
			h = nodeHash(h, pr.Path[i])
		}
	}
	rest := pr.Path[height:]
	if rights == 1 {
		h = nodeHash(h, rest[0])
	}
	for _, peak := range rest[rights:] {
		h = nodeHash(peak, h)
	}
	return root == rootHash(pr.Count, h[:])
}

// bag joins the peaks; there is at least one.
func (m *MMR) bag() Hash {
	low := bits.TrailingZeros64(m.count)
	bag := m.peaks[low]
	for i := low + 1; i < 64; i++ {
		if m.count>>i&1 == 1 {
			bag = nodeHash(m.peaks[i], bag)
		}
	}
	return bag
}

// perfectRoot is the peak over 2^n leaves.
func perfectRoot(leaves [][]byte) Hash {
	var m MMR
	for _, leaf := range leaves {
		m.Append(leaf)
	}
	return m.bag()
}

// perfectPath lists the siblings of leaf i in a mountain of 2^n leaves, from the bottom up.
func perfectPath(leaves [][]byte, i uint64) []Hash {
	half := uint64(len(leaves)) / 2
	switch {
	case half == 0:
		return nil
	case i < half:
		return append(perfectPath(leaves[:half], i), perfectRoot(leaves[half:]))
	default:
		return append(perfectPath(leaves[half:], i-half), perfectRoot(leaves[:half]))
	}
}

// mmrLeaf begins what is hashed to a leaf.
const mmrLeaf = 0

func leafHash(b []byte) Hash {
	var buf [512]byte
	return sha256.Sum256(append(append(buf[:0], mmrLeaf), b...))
}

func nodeHash(left, right Hash) Hash {
	var buf [65]byte
	buf[0] = 1
	copy(buf[1:33], left[:])
	copy(buf[33:], right[:])
	return sha256.Sum256(buf[:])
}

func rootHash(count uint64, bag []byte) Hash {
	var buf [41]byte
	buf[0] = 2
	binary.LittleEndian.PutUint64(buf[1:], count)
	n := copy(buf[9:], bag)
	return sha256.Sum256(buf[:9+n])
}
