package state

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// ChunkSize is the length of all chunks of a template's code but the last.
const ChunkSize = 4096

// TemplateRecord describes code that was deployed.
type TemplateRecord struct {
	CodeHash [32]byte // BLAKE3 of the code
	Size     uint32
}

// Chunks is the number of chunks that hold the code.
func (t TemplateRecord) Chunks() int { return int((uint64(t.Size) + ChunkSize - 1) / ChunkSize) }

// Template returns the record of the template at a.
func (s *State) Template(a address.Address) (TemplateRecord, bool) {
	r := s.memo.recordOf(KindTemplate, a, nil)
	payload, ok := s.read(&r)
	if !ok {
		return TemplateRecord{}, false
	}
	var t TemplateRecord
	d := scale.NewDecoder(payload)
	d.Fill(t.CodeHash[:])
	t.Size = d.U32()
	if d.Finish() != nil {
		s.collide()
		return TemplateRecord{}, false
	}
	return t, true
}

// TemplateWarm reports whether the transaction touched the record of the template at a before.
func (s *State) TemplateWarm(a address.Address) bool {
	r := s.memo.recordOf(KindTemplate, a, nil)
	return s.warm(&r)
}

// CodeWarm reports whether the transaction entered the code of the template at a before.
func (s *State) CodeWarm(a address.Address) bool {
	r := s.memo.recordOf(KindCode, a, chunkSlot(0))
	return s.warm(&r)
}

// Code returns the code of the template at a after charging its record and every chunk. Chunks that
// are missing or do not hash to the record are the fault StateCollision: that is checked here, and
// not by whoever caches programs by hash, so that a cache cannot be seen. If known is not nil, the
// caller knows that it hashes to the record: then the chunks are compared with it, not hashed.
func (s *State) Code(a address.Address, known []byte) ([]byte, bool) {
	t, ok := s.Template(a)
	if !ok {
		return nil, false
	}
	if uint64(len(known)) != uint64(t.Size) {
		known = nil
	}
	id := image{a, t}
	records, verified := s.images[id]
	chunks := make([][]byte, 0, len(records))
	for i := range t.Chunks() {
		if i == len(records) {
			records = append(records, recordOf(KindCode, a, chunkSlot(i)))
		}
		chunk, ok := s.chunk(&records[i], t, i)
		if !ok {
			return nil, false
		}
		chunks = append(chunks, chunk)
	}
	code := known
	switch {
	case known == nil:
		code = slices.Concat(chunks...)
		verified = verified || address.CodeHash(code) == t.CodeHash
	case !verified:
		verified = equal(chunks, known)
	}
	if !verified {
		s.collide()
		return nil, false
	}
	s.images[id] = records
	return code, true
}

// equal reports whether code is made of chunks.
func equal(chunks [][]byte, code []byte) bool {
	for _, c := range chunks {
		if len(c) > len(code) || !bytes.Equal(c, code[:len(c)]) {
			return false
		}
		code = code[len(c):]
	}
	return len(code) == 0
}

// PutTemplate stores code and returns its address. Code that is there already is left alone. Code
// whose address belongs to other code is the fault StateCollision.
func (s *State) PutTemplate(code []byte) address.Address {
	t := TemplateRecord{CodeHash: address.CodeHash(code), Size: uint32(len(code))}
	a := address.OfTemplate(t.CodeHash)
	if old, ok := s.Template(a); ok {
		if old != t {
			s.collide()
		}
		return a
	}
	e := scale.Encoder{}
	e.Raw(t.CodeHash[:])
	e.U32(t.Size)
	r := s.memo.recordOf(KindTemplate, a, nil)
	if s.faulted() || !s.write(&r, r.leaf(e.B)) {
		return a
	}
	for i := range t.Chunks() {
		r := s.memo.recordOf(KindCode, a, chunkSlot(i))
		if !s.write(&r, r.leaf(code[i*ChunkSize:min((i+1)*ChunkSize, len(code))])) {
			break
		}
	}
	return a
}

func (s *State) chunk(r *record, t TemplateRecord, i int) ([]byte, bool) {
	chunk, ok := s.read(r)
	want := min(ChunkSize, int(t.Size)-i*ChunkSize)
	if !s.faulted() && (!ok || len(chunk) != want) {
		s.collide()
	}
	return chunk, ok && len(chunk) == want
}

func chunkSlot(i int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(i)) }
