package precompile

import (
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
)

// ElementBytes is the length of an element of BN254's scalar field.
const ElementBytes = fr.Bytes

// Poseidon2Permute applies the permutation of width 2 or 3 to as many elements of BN254's scalar
// field. It refuses elements that are not canonical, and any other width.
func Poseidon2Permute(state []byte) (out []byte, ok bool) {
	width := len(state) / ElementBytes
	if len(state)%ElementBytes != 0 || width < 2 || width > 3 {
		return nil, false
	}
	s, ok := elements(state)
	if !ok {
		return nil, false
	}
	poseidon2Instances()[width].permute(s)
	for i := range s {
		b := s[i].Bytes()
		out = append(out, b[:]...)
	}
	return out, true
}

// Poseidon2Compress is the 2-to-1 compression of a Merkle tree: the second element of the
// permutation of (left, right), plus right.
func Poseidon2Compress(left, right *[32]byte) (out [32]byte, ok bool) {
	var l, r fr.Element
	if l.SetBytesCanonical(left[:]) != nil || r.SetBytesCanonical(right[:]) != nil {
		return out, false
	}
	h := compress(&l, &r)
	return h.Bytes(), true
}

// Poseidon2Hash is the Merkle-Damgård hash of elements: h = 0, then h = compress(h, e) for each. It
// does not bind their number: a prefix of what another hashes is a state on the way to it.
func Poseidon2Hash(in []byte) (out [32]byte, ok bool) {
	if len(in)%ElementBytes != 0 || len(in) > MaxPoseidonElements*ElementBytes {
		return out, false
	}
	es, ok := elements(in)
	if !ok {
		return out, false
	}
	var h fr.Element
	for i := range es {
		h = compress(&h, &es[i])
	}
	return h.Bytes(), true
}

func compress(left, right *fr.Element) fr.Element {
	s := [2]fr.Element{*left, *right}
	poseidon2Instances()[2].permute(s[:])
	s[1].Add(&s[1], right)
	return s[1]
}

// elements decodes whole canonical elements.
func elements(b []byte) ([]fr.Element, bool) {
	es := make([]fr.Element, len(b)/ElementBytes)
	for i := range es {
		if es[i].SetBytesCanonical(b[i*ElementBytes:(i+1)*ElementBytes]) != nil {
			return nil, false
		}
	}
	return es, true
}

// permute is the permutation of eprint.iacr.org/2023/323, §6, for widths 2 and 3.
func (p *poseidonRounds) permute(s []fr.Element) {
	mixFull(s)
	for round, keys := range p.keys {
		for i := range keys {
			s[i].Add(&s[i], &keys[i])
			power5(&s[i])
		}
		if round < p.full/2 || round >= p.full/2+p.partial {
			mixFull(s)
		} else {
			mixPartial(s)
		}
	}
}

func power5(x *fr.Element) {
	var y fr.Element
	y.Square(x).Square(&y)
	x.Mul(x, &y)
}

// mixFull multiplies by circ(2, 1) or circ(2, 1, 1).
func mixFull(s []fr.Element) {
	sum := sumOf(s)
	for i := range s {
		s[i].Add(&s[i], &sum)
	}
}

// mixPartial multiplies by [[2, 1], [1, 3]] or [[2, 1, 1], [1, 2, 1], [1, 1, 3]].
func mixPartial(s []fr.Element) {
	sum := sumOf(s)
	last := len(s) - 1
	for i := range s[:last] {
		s[i].Add(&s[i], &sum)
	}
	s[last].Double(&s[last]).Add(&s[last], &sum)
}

func sumOf(s []fr.Element) (sum fr.Element) {
	sum.Add(&s[0], &s[1])
	for i := 2; i < len(s); i++ {
		sum.Add(&sum, &s[i])
	}
	return sum
}
