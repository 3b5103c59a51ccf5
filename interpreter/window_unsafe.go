//go:build !safe && !race && (amd64 || arm64)

package interpreter

import "unsafe"

// slotSize is the size of an instruction, which is also the unit of a branch's distance.
const (
	slotSize = unsafe.Sizeof(instruction{})
	slotUnit = int32(slotSize)
)

// window is what the loop knows of memory. Offsets are from the window's begin: an access at
// off < limit with the permission in perm is inside mem.
type window struct {
	mem   unsafe.Pointer
	perm  unsafe.Pointer
	dirty unsafe.Pointer
	limit uint32
}

func (w *window) set(mem, perm, dirty []byte, limit uint32) {
	*w = window{
		unsafe.Pointer(unsafe.SliceData(mem)), unsafe.Pointer(unsafe.SliceData(perm)),
		unsafe.Pointer(unsafe.SliceData(dirty)), limit,
	}
}

// place is what the loop knows of the code it executes.
type place struct {
	slots     unsafe.Pointer
	slotCount uint32
	link      uint32 // of the slot at address a, the next pc is link + a/4
}

func (p *place) set(code []instruction, base uint32) {
	slots := unsafe.Pointer(unsafe.SliceData(code))
	*p = place{slots, uint32(len(code) - 1), base + 4 - uint32(uintptr(slots)>>2)}
}

// position is where the loop is.
type position = *instruction

// position returns slot i.
func (p *place) position(i uint32) position {
	return (*instruction)(unsafe.Add(p.slots, uintptr(i)*slotSize))
}

// index is the inverse of position.
func (p *place) index(o position) uint32 {
	return uint32((uintptr(unsafe.Pointer(o)) - uintptr(p.slots)) / slotSize)
}

// at returns the slot k after o.
func at(o *instruction, k uintptr) *instruction {
	return (*instruction)(unsafe.Add(unsafe.Pointer(o), k*slotSize))
}
