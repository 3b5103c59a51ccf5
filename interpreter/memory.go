package interpreter

import (
	"encoding/binary"
	"sort"

	"github.com/athenarollup/athena/riscv/elf"
)

// span is a contiguous piece of guest memory with one permission: readable, and writable if dirty
// is not nil. Neighbouring spans may touch inside a page: permissions are per byte.
type span struct {
	start uint32
	data  []byte
	// dirty has a byte for each page of data, counted from start: 1 once a store began in it.
	dirty []byte
	buf   *buffer // backing of data; nil if data belongs to the program
}

// has returns the offset of [addr, addr+n) in the span, if all of it is inside.
func (s *span) has(addr, n uint32) (uint32, bool) {
	off := addr - s.start // wraps to a large number below start
	return off, uint64(off)+uint64(n) <= uint64(len(s.data))
}

// memory is the address space of a frame.
type memory struct {
	// lastLoad and lastStore are the spans used last; lastStore is always writable.
	lastLoad  *span
	lastStore *span
	spans     []span // sorted by start, disjoint
	heap      *span
	heapEnd   uint32
	ceiling   uint32 // the heap never ends above it
	pages     uint32
}

// init maps segments, heap and stack of c's program. Read-only contents are shared, not copied.
func (mem *memory) init(c *Code) {
	p := c.program
	mem.spans = make([]span, 0, 2*len(p.Segments)+2)
	for i := range p.Segments {
		mem.mapSegment(&p.Segments[i])
	}
	mem.heapEnd, mem.ceiling, mem.pages = p.InitialHeapEnd(), p.HeapCeiling(), c.startPages
	mem.mapZero(p.HeapStart, mem.heapEnd-p.HeapStart, true)
	base := p.StackTop - p.StackSize
	mem.mapZero(base, p.StackSize, true)
	// Stable: an empty heap that starts where the stack starts must come before the stack.
	sort.SliceStable(mem.spans, func(i, j int) bool { return mem.spans[i].start < mem.spans[j].start })
	stack := mem.find(base)
	mem.lastLoad, mem.lastStore = stack, stack
	mem.heap = mem.findHeap(p.HeapStart)
}

// mapSegment maps a segment: its contents, and after them the zero tail of a read-only one.
func (mem *memory) mapSegment(s *elf.Segment) {
	if s.Writable {
		mem.mapZero(s.Addr, s.Size, true)
		w := &mem.spans[len(mem.spans)-1]
		for page := range (len(s.Data) + elf.PageSize - 1) / elf.PageSize {
			w.dirty[page] = 1
		}
		copy(w.data, s.Data)
		return
	}
	filled := uint32(len(s.Data))
	if filled > 0 {
		mem.spans = append(mem.spans, span{start: s.Addr, data: s.Data})
	}
	if filled < s.Size {
		mem.mapZero(s.Addr+filled, s.Size-filled, false)
	}
}

// mapZero maps n zero bytes.
func (mem *memory) mapZero(start, n uint32, writable bool) {
	buf := newBuffer(n)
	s := span{start: start, data: buf.bytes[:n], buf: buf}
	if writable {
		s.dirty = buf.dirty
	}
	mem.spans = append(mem.spans, s)
}

// release gives all buffers back.
func (mem *memory) release() {
	for i := range mem.spans {
		if buf := mem.spans[i].buf; buf != nil {
			buf.release()
		}
	}
	*mem = memory{}
}

// find returns the span that holds the byte at addr, or nil.
func (mem *memory) find(addr uint32) *span {
	i := sort.Search(len(mem.spans), func(i int) bool { return mem.spans[i].start > addr }) - 1
	if i < 0 {
		return nil
	}
	if _, ok := mem.spans[i].has(addr, 1); !ok {
		return nil
	}
	return &mem.spans[i]
}

// allows reports whether each byte of [addr, addr+n) is readable, or writable if write is set.
func (mem *memory) allows(addr, n uint32, write bool) bool {
	if uint64(addr)+uint64(n) > 1<<32 {
		return false
	}
	for n > 0 {
		s := mem.find(addr)
		if s == nil || write && s.dirty == nil {
			return false
		}
		took := min(n, uint32(len(s.data))-(addr-s.start))
		addr += took
		n -= took
	}
	return true
}

// load reads n bytes (1, 2 or 4), little endian.
func (mem *memory) load(addr, n uint32) (uint32, bool) {
	if !mem.allows(addr, n, false) {
		return 0, false
	}
	var word [4]byte
	mem.copyOut(word[:n], addr)
	mem.lastLoad = mem.find(addr)
	return binary.LittleEndian.Uint32(word[:]), true
}

// store writes the low n bytes (1, 2 or 4) of v, little endian, or nothing.
func (mem *memory) store(addr, v, n uint32) bool {
	if !mem.allows(addr, n, true) {
		return false
	}
	var word [4]byte
	binary.LittleEndian.PutUint32(word[:], v)
	mem.copyIn(addr, word[:n])
	mem.lastStore = mem.find(addr)
	return true
}

// copyOut fills b from addr; the whole range must be readable.
func (mem *memory) copyOut(b []byte, addr uint32) {
	for len(b) > 0 {
		s := mem.find(addr)
		n := copy(b, s.data[addr-s.start:])
		b = b[n:]
		addr += uint32(n)
	}
}

// copyIn writes b to addr; the whole range must be writable.
func (mem *memory) copyIn(addr uint32, b []byte) {
	for len(b) > 0 {
		s := mem.find(addr)
		off := addr - s.start
		n := copy(s.data[off:], b)
		for page := off / elf.PageSize; page <= (off+uint32(n)-1)/elf.PageSize; page++ {
			s.dirty[page] = 1
		}
		b = b[n:]
		addr += uint32(n)
	}
}
