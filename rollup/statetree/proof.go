package statetree

import "sync"

// MaxProofBytes is the largest proof that VerifyProof looks at: one value and two full-depth paths.
const MaxProofBytes = MaxValueBytes + 2*(MaxDepth*34+98)

// Prove returns a proof of the values of the keys, or of their absence: the witness of reading
// exactly these keys. A recording on t is not affected.
func (t *Tree) Prove(keys ...Key) ([]byte, error) {
	f := t.Fork()
	r := f.Record()
	for _, k := range keys {
		if _, _, err := f.Get(k); err != nil {
			return nil, err
		}
	}
	return r.Witness()
}

// VerifyProof returns what a proof shows of one key in the state with the given root; ok is false
// when it shows that the key is absent. The error is ErrBadWitness or ErrIncomplete when it shows
// nothing. A proof of many keys that exceeds MaxProofBytes is read with Parse instead.
func VerifyProof(root Root, proof []byte, key Key) (value []byte, ok bool, err error) {
	m := proofMemories.Get().(*proofMemory)
	defer m.free()
	m.d = decoder{stack: m.stack[:0], inners: m.inners[:], stubs: m.stubs[:]}
	n, err := m.d.parse(proof, root, WitnessLimits{Bytes: MaxProofBytes})
	if err != nil {
		return nil, false, err
	}
	t := Tree{root: n}
	return t.Get(key)
}

// proofMemory is the memory for a proof of usual length. Of what is read into it only the value,
// which is a copy, is there for longer than one call.
type proofMemory struct {
	d      decoder
	stack  [32]frame
	inners [32]inner
	stubs  [32]stub
}

var proofMemories = sync.Pool{New: func() any { return new(proofMemory) }}

// free gives the memory back without a way to what was read.
func (m *proofMemory) free() {
	m.d = decoder{}
	clear(m.stack[:])
	clear(m.inners[:])
	proofMemories.Put(m)
}
