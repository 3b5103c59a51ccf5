//go:build safe || race || !(amd64 || arm64)

package interpreter

// slotUnit is the unit of a branch's distance.
const slotUnit int32 = 1

// window is what the loop knows of memory. Offsets are from the window's begin: an access at
// off < limit with the permission in perm is inside mem.
type window struct {
	mem   []byte
	perm  []byte
	dirty []byte
	limit uint32
}

func (w *window) set(mem, perm, dirty []byte, limit uint32) { *w = window{mem, perm, dirty, limit} }

// place is what the loop knows of the code it executes.
type place struct {
	slots     []instruction
	slotCount uint32
	link      uint32 // of slot i, the next pc is link + 4i
}

func (p *place) set(code []instruction, base uint32) {
	*p = place{code, uint32(len(code) - 1), base + 4}
}

// position is where the loop is: a slot's index.
type position int

// position returns slot i.
func (p *place) position(i uint32) position { return position(i) }

// index is the inverse of position.
func (p *place) index(i position) uint32 { return uint32(i) }
