package state

import (
	"bytes"
	"crypto/sha256"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

// Key is a key of the authenticated map: its place, 3 bytes that choose an area of the map and make
// the keys of an account neighbours in it, then 29 bytes of identity. See docs/spec/state.md, "Keys
// and values".
type Key [32]byte

const placeBytes = 3

// Kind is the committed table of record kinds.
type Kind uint8

// The kinds of record.
const (
	KindHeader   Kind = 1 // account header; no slot
	KindTemplate Kind = 2 // template record; no slot
	KindCode     Kind = 3 // chunk of template code; slot = chunk index, u32 LE
	KindBlob     Kind = 4 // immutable spawn arguments that the header has no room for; no slot
	KindSlot     Kind = 5 // storage slot; slot = 32-byte key
	KindSystem   Kind = 6 // system record of the zero address; slot = name
)

// KeyOf is the tree key of a record.
func KeyOf(kind Kind, a address.Address, slot []byte) Key {
	place := sha256.Sum256(a[:])
	buf := make([]byte, 0, 96)
	buf = append(buf, "athena/key"...)
	buf = append(buf, byte(kind))
	buf = append(buf, a[:]...)
	buf = append(buf, slot...)
	identity := sha256.Sum256(buf)

	var k Key
	copy(k[:placeBytes], place[:])
	copy(k[placeBytes:], identity[:])
	k[0] = area(kind, slot, k[0])
	return k
}

// area replaces the first bits of a key's place, so that what most steps touch is not as deep as
// accounts are. Accounts and the records of which there are many have the area 0, templates and their
// code 10. The few records that steps read and write all the time have the area 11, in an order of
// their own: those of every step are side by side at its top, beside those of layer end.
func area(kind Kind, slot []byte, first byte) byte {
	switch kind {
	case KindTemplate, KindCode:
		return first&0x3f | 0x80
	case KindSystem:
		if b, ok := HotRecord(string(slot)); ok {
			return b
		}
	default: // of an account
	}
	return first & 0x7f
}

// HotRecord returns the first byte of the key of a system record in the third area; ok is false for
// any other record.
func HotRecord(name string) (first byte, ok bool) {
	switch name {
	case "acc":
		return 0xc0, true
	case "rates":
		return 0xd0, true
	case "sweep":
		return 0xe0, true
	case "seenNext":
		return 0xe4, true
	case "usage":
		return 0xe8, true
	case "feesDue":
		return 0xec, true
	case "burned":
		return 0xf0, true
	default:
		return 0, false
	}
}

// record names one stored value: its tree key and the full key that its leaf must start with.
type record struct {
	key   Key
	full  []byte // kind u8 ‖ address 24 ‖ slot Vec<u8>; self-delimiting, so a prefix is an equality
	class metering.KeyClass
}

func recordOf(kind Kind, a address.Address, slot []byte) record {
	r := record{key: KeyOf(kind, a, slot)}
	if kind == KindCode {
		r.class = metering.KeyCode
	}
	e := scale.Encoder{B: make([]byte, 0, 64)}
	e.U8(uint8(kind))
	e.Raw(a[:])
	e.Bytes(slot)
	r.full = e.B
	return r
}

// recordMemo keeps the record of each kind that was named last: an operation names the same one
// several times, and naming costs two hashes. It cannot be seen.
type recordMemo [KindSystem + 1]struct {
	of   address.Address
	slot [32]byte
	size int // length of slot, plus 1: 0 is an unused entry
	r    record
}

func (m *recordMemo) recordOf(kind Kind, a address.Address, slot []byte) record {
	e := &m[kind]
	if e.size == len(slot)+1 && e.of == a && string(e.slot[:len(slot)]) == string(slot) {
		return e.r
	}
	r := recordOf(kind, a, slot)
	if len(slot) <= len(e.slot) {
		e.of, e.size, e.r = a, len(slot)+1, r
		copy(e.slot[:], slot)
	}
	return r
}

// leaf is the stored value of the record with the given payload.
func (r *record) leaf(payload []byte) []byte {
	out := make([]byte, 0, len(r.full)+len(payload))
	out = append(out, r.full...)
	return append(out, payload...)
}

// payload returns what leaf stores beside the full key; ok is false when the leaf is another
// record's.
func (r *record) payload(leaf []byte) (payload []byte, ok bool) {
	return bytes.CutPrefix(leaf, r.full)
}
