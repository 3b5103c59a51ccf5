package state

import (
	"math/bits"

	"github.com/athenarollup/athena/scale"
)

// A header is a mask, one bit for each field in the order of the struct, the lowest first, and the
// fields whose bit is set: those that are not zero. See docs/spec/state.md, "Account header".

const (
	headerFields = 14
	// headerRoom is about what the header of a wallet takes.
	headerRoom = 96
)

func (h *Header) encode() []byte {
	w := headerWriter{e: scale.Encoder{B: make([]byte, 2, headerRoom)}}
	if w.has(h.Status != 0) {
		w.e.U8(uint8(h.Status))
	}
	w.raw(h.Template[:])
	w.u64(h.Nonce)
	w.u64(h.Balance)
	w.u64(h.LockedDeposit)
	w.u32(h.Slots)
	w.u64(h.StoredBytes)
	w.u64(h.RentReserve)
	w.u64(h.RentIndex)
	if w.has(h.Blob != "") {
		w.e.Bytes([]byte(h.Blob))
	}
	w.raw(h.BlobHash[:])
	w.u32(h.Evicted)
	w.raw(h.EvictAcc[:])
	w.u64(h.Arrears)
	w.e.B[0], w.e.B[1] = byte(w.mask), byte(w.mask>>8)
	return w.e.B
}

type headerWriter struct {
	e    scale.Encoder
	mask uint16
	next int // field
}

// has notes whether the next field is there.
func (w *headerWriter) has(there bool) bool {
	if there {
		w.mask |= 1 << w.next
	}
	w.next++
	return there
}

func (w *headerWriter) u32(v uint32) {
	if w.has(v != 0) {
		w.e.U32(v)
	}
}

func (w *headerWriter) u64(v uint64) {
	if w.has(v != 0) {
		w.e.U64(v)
	}
}

func (w *headerWriter) raw(b []byte) {
	if w.has(!zero(b)) {
		w.e.Raw(b)
	}
}

// decodeHeader reads what encode wrote, and nothing else.
func decodeHeader(b []byte) (h Header, ok bool) {
	d := scale.NewDecoder(b)
	r := headerReader{d: d, mask: d.U16(), canonical: true}
	if bits.Len16(r.mask) > headerFields {
		return Header{}, false
	}
	if r.has() {
		h.Status = Status(d.U8())
		r.sign(h.Status != 0 && h.Status <= Expired)
	}
	r.raw(h.Template[:])
	h.Nonce = r.u64()
	h.Balance = r.u64()
	h.LockedDeposit = r.u64()
	h.Slots = r.u32()
	h.StoredBytes = r.u64()
	h.RentReserve = r.u64()
	h.RentIndex = r.u64()
	if r.has() {
		h.Blob = string(d.Bytes(MaxInlineBlob))
		r.sign(h.Blob != "")
	}
	r.raw(h.BlobHash[:])
	h.Evicted = r.u32()
	r.raw(h.EvictAcc[:])
	h.Arrears = r.u64()
	// A blob is in one place, and what is not stored has no encoding.
	r.sign(h.Blob == "" || !h.BlobApart())
	r.sign(h != Header{})
	if d.Finish() != nil || !r.canonical {
		return Header{}, false
	}
	return h, true
}

type headerReader struct {
	d         *scale.Decoder
	mask      uint16
	next      int  // field
	canonical bool // so far
}

// has reports whether the next field is there.
func (r *headerReader) has() bool {
	there := r.mask>>r.next&1 != 0
	r.next++
	return there
}

// sign notes whether something is as encode writes it.
func (r *headerReader) sign(canonical bool) { r.canonical = r.canonical && canonical }

func (r *headerReader) u32() (v uint32) {
	if r.has() {
		v = r.d.U32()
		r.sign(v != 0)
	}
	return v
}

func (r *headerReader) u64() (v uint64) {
	if r.has() {
		v = r.d.U64()
		r.sign(v != 0)
	}
	return v
}

func (r *headerReader) raw(b []byte) {
	if r.has() {
		r.d.Fill(b)
		r.sign(!zero(b))
	}
}

func zero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
