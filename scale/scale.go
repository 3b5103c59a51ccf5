// Package scale is the canonical SCALE codec of Athena: one encoding for hashing, disk and wire.
//
// It is stricter than SCALE libraries are. A decoder refuses non-minimal compact integers, bool and
// Option tags other than 0 and 1, lengths above the caller's limit (before it allocates) and trailing
// bytes, so that for every accepted input encode(decode(b)) == b. Integers are fixed-width little
// endian; only lengths of vectors are compact. See docs/spec/codec.md.
package scale

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Reasons for which a decoder refuses its input. Each returned error wraps exactly one of them.
var (
	ErrShort      = errors.New("scale: input too short")
	ErrTrailing   = errors.New("scale: trailing bytes")
	ErrLimit      = errors.New("scale: length above limit")
	ErrNotMinimal = errors.New("scale: compact integer is not minimal")
	ErrTag        = errors.New("scale: bad tag")
)

// compactMax is the largest value of the four-byte mode; no Athena vector is longer.
const compactMax = 1<<30 - 1

// Encoder appends encoded values to B.
type Encoder struct{ B []byte }

// U8 appends one byte.
func (e *Encoder) U8(v uint8) { e.B = append(e.B, v) }

// U16 appends a little-endian 16-bit integer.
func (e *Encoder) U16(v uint16) { e.B = binary.LittleEndian.AppendUint16(e.B, v) }

// U32 appends a little-endian 32-bit integer.
func (e *Encoder) U32(v uint32) { e.B = binary.LittleEndian.AppendUint32(e.B, v) }

// U64 appends a little-endian 64-bit integer.
func (e *Encoder) U64(v uint64) { e.B = binary.LittleEndian.AppendUint64(e.B, v) }

// Bool appends 0 or 1.
func (e *Encoder) Bool(v bool) {
	if v {
		e.U8(1)
	} else {
		e.U8(0)
	}
}

// Raw appends bytes without a length.
func (e *Encoder) Raw(b []byte) { e.B = append(e.B, b...) }

// Bytes appends a vector of bytes: compact length, then the bytes.
func (e *Encoder) Bytes(b []byte) {
	e.Len(len(b))
	e.Raw(b)
}

// Len appends the compact length of a vector. A length above 2^30-1 is a bug of the caller.
func (e *Encoder) Len(n int) {
	switch {
	case n < 0 || n > compactMax:
		panic(fmt.Sprintf("BUG: scale: length %d", n))
	case n < 1<<6:
		e.U8(uint8(n << 2))
	case n < 1<<14:
		e.U16(uint16(n<<2) | 1)
	default:
		e.U32(uint32(n)<<2 | 2)
	}
}

// Decoder reads encoded values. After the first failure every read returns zero values and Err keeps
// the first reason, so a caller may read a whole structure and check once.
type Decoder struct {
	b   []byte
	off int
	err error
}

// NewDecoder returns a decoder over b; the decoder keeps b and never writes to it.
func NewDecoder(b []byte) *Decoder { return &Decoder{b: b} }

// Err is the first failure, or nil.
func (d *Decoder) Err() error { return d.err }

// Offset is the number of bytes consumed.
func (d *Decoder) Offset() int { return d.off }

// Remaining is the number of bytes not yet consumed.
func (d *Decoder) Remaining() int { return len(d.b) - d.off }

// Finish returns the first failure, or ErrTrailing when bytes are left.
func (d *Decoder) Finish() error {
	if d.err == nil && d.off != len(d.b) {
		d.Fail(fmt.Errorf("%w: %d", ErrTrailing, len(d.b)-d.off))
	}
	return d.err
}

// Fail records a failure that the caller found, unless one is recorded already.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Raw reads n bytes; the result aliases the input.
func (d *Decoder) Raw(n int) []byte {
	if d.err != nil {
		return nil
	}
	if n < 0 || n > len(d.b)-d.off {
		d.err = fmt.Errorf("%w: want %d bytes at offset %d of %d", ErrShort, n, d.off, len(d.b))
		return nil
	}
	out := d.b[d.off : d.off+n : d.off+n]
	d.off += n
	return out
}

// Fill reads len(dst) bytes into dst.
func (d *Decoder) Fill(dst []byte) { copy(dst, d.Raw(len(dst))) }

// U8 reads one byte.
func (d *Decoder) U8() uint8 {
	if b := d.Raw(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 reads a little-endian 16-bit integer.
func (d *Decoder) U16() uint16 {
	if b := d.Raw(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// U32 reads a little-endian 32-bit integer.
func (d *Decoder) U32() uint32 {
	if b := d.Raw(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// U64 reads a little-endian 64-bit integer.
func (d *Decoder) U64() uint64 {
	if b := d.Raw(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Bool reads a bool or the tag of an Option; anything but 0 and 1 is ErrTag.
func (d *Decoder) Bool() bool {
	v := d.U8()
	if d.err == nil && v > 1 {
		d.err = fmt.Errorf("%w: bool %d at offset %d", ErrTag, v, d.off-1)
	}
	return d.err == nil && v == 1
}

// Bytes reads a vector of at most limit bytes; the result aliases the input.
func (d *Decoder) Bytes(limit int) []byte { return d.Raw(d.Len(limit)) }

// Len reads a compact length of at most limit.
func (d *Decoder) Len(limit int) int {
	start := d.off
	first := d.U8()
	if d.err != nil {
		return 0
	}
	var n, least uint32
	switch first & 3 {
	case 0:
		n = uint32(first) >> 2
	case 1:
		n, least = (uint32(first)|uint32(d.U8())<<8)>>2, 1<<6
	case 2:
		b := d.Raw(3)
		if b == nil {
			return 0
		}
		n, least = (uint32(first)|uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>2, 1<<14
	default:
		d.err = fmt.Errorf("%w: length above 2^30 at offset %d", ErrLimit, start)
		return 0
	}
	switch {
	case d.err != nil:
		return 0
	case n < least:
		d.err = fmt.Errorf("%w: at offset %d", ErrNotMinimal, start)
		return 0
	case int(n) > limit:
		d.err = fmt.Errorf("%w: %d at offset %d, at most %d allowed", ErrLimit, n, start, limit)
		return 0
	}
	return int(n)
}
