package interpreter

import (
	"encoding/binary"

	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/riscv/elf"
)

// memory is the address space of a frame. Its methods are exact for every address; the loop's own
// accesses (semantics in gen) see the window only, by granules, and come here for the rest.
type memory struct {
	code  *Code
	arena *arena
	spans []span // as in the layout, but for the size of the heap
	last  int    // index of a span
	end   uint32 // guest address of the window's end
	perms []byte // permissions of the window; the layout's own until the heap grows
	pages uint32
	fast  window
}

func (mem *memory) init(c *Code) {
	l := &c.layout
	*mem = memory{
		code: c, arena: c.arena(), spans: l.spans, end: l.end, perms: l.perm, pages: l.pages,
	}
	mem.setWindow()
}

// setWindow tells the loop where the window is.
func (mem *memory) setWindow() {
	l := &mem.code.layout
	mem.fast.set(mem.arena.bytes[l.offset:l.offset+mem.end-l.base], mem.perms,
		mem.arena.dirty[l.offset>>pageShift:], mem.end-l.base)
}

// release gives the arena back.
func (mem *memory) release() {
	mem.code.putBack(mem.arena)
	*mem = memory{}
}

// data is the contents of a span.
func (mem *memory) data(s *span) []byte { return mem.arena.bytes[s.off : s.off+s.size] }

// within returns the span that holds all of [addr, addr+n), n > 0, or nil. It looks first where it
// was last.
func (mem *memory) within(addr, n uint32) *span {
	if s := &mem.spans[mem.last]; s.has(addr, n) {
		return s
	}
	i := find(mem.spans, addr)
	if i < 0 || !mem.spans[i].has(addr, n) {
		return nil
	}
	mem.last = i
	return &mem.spans[i]
}

// allows reports whether each byte of [addr, addr+n) is readable, or writable if write is set.
func (mem *memory) allows(addr, n uint32, write bool) bool {
	if n == 0 {
		return true
	}
	if s := mem.within(addr, n); s != nil {
		return s.writable || !write
	}
	if uint64(addr)+uint64(n) > 1<<32 {
		return false
	}
	for n > 0 {
		i := find(mem.spans, addr)
		if i < 0 || write && !mem.spans[i].writable {
			return false
		}
		took := min(n, mem.spans[i].end()-addr)
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
	return true
}

// copyOut fills b from addr; the whole range must be readable.
func (mem *memory) copyOut(b []byte, addr uint32) {
	for len(b) > 0 {
		s := &mem.spans[find(mem.spans, addr)]
		n := copy(b, mem.data(s)[addr-s.start:])
		b = b[n:]
		addr += uint32(n)
	}
}

// copyIn writes b to addr; the whole range must be writable.
func (mem *memory) copyIn(addr uint32, b []byte) {
	for len(b) > 0 {
		n := mem.put(&mem.spans[find(mem.spans, addr)], addr, b)
		b = b[n:]
		addr += n
	}
}

// put writes what s holds of b at addr, at least a byte, and returns how much that is.
func (mem *memory) put(s *span, addr uint32, b []byte) uint32 {
	off := s.off + (addr - s.start)
	n := uint32(copy(mem.arena.bytes[off:s.off+s.size], b))
	for page := off >> pageShift; page <= (off+n-1)>>pageShift; page++ {
		mem.arena.dirty[page] = 1
	}
	return n
}

// Readable reports whether every byte of [addr, addr+n) can be read; true for n = 0.
func (mem *memory) Readable(addr, n uint32) bool { return mem.allows(addr, n, false) }

// Writable reports whether every byte of [addr, addr+n) can be written; true for n = 0.
func (mem *memory) Writable(addr, n uint32) bool { return mem.allows(addr, n, true) }

// Read returns a copy of [addr, addr+n), or false if a byte of it is not readable.
func (mem *memory) Read(addr, n uint32) ([]byte, bool) {
	if !mem.allows(addr, n, false) {
		return nil, false
	}
	b := make([]byte, n)
	mem.copyOut(b, addr)
	return b, true
}

// Write copies b to addr, or writes nothing and reports false if a byte there is not writable.
func (mem *memory) Write(addr uint32, b []byte) bool {
	n := uint32(len(b))
	if uint64(len(b)) > 1<<32-1 {
		return false
	}
	if s := mem.within(addr, n); s != nil && s.writable && n > 0 {
		mem.put(s, addr, b)
		return true
	}
	if !mem.allows(addr, n, true) {
		return false
	}
	mem.copyIn(addr, b)
	return true
}

// Pages is the number of 4 KiB pages mapped now: what the frame has paid for.
func (mem *memory) Pages() uint32 { return mem.pages }

// Grow moves the end of the heap up by pages and returns the old end. It does nothing and reports
// false if the machine would have more than maxPages pages, or if the heap would meet the stack or
// the end of the address space.
func (mem *memory) Grow(pages, maxPages uint32) (oldHeapEnd uint32, ok bool) {
	l := &mem.code.layout
	oldHeapEnd = mem.spans[l.heap].end()
	end := uint64(oldHeapEnd) + uint64(pages)*elf.PageSize
	if uint64(mem.pages)+uint64(pages) > uint64(maxPages) || end > uint64(l.ceiling) {
		return oldHeapEnd, false
	}
	if pages > 0 {
		mem.grow(uint32(end))
		mem.pages += pages
	}
	return oldHeapEnd, true
}

// grow moves the end of the heap. A larger arena at least doubles, so that growing by single pages
// costs no more than a constant for each page paid.
func (mem *memory) grow(end uint32) {
	l := &mem.code.layout
	if &mem.spans[0] == &l.spans[0] { // until now shared with all frames
		mem.spans = append([]span(nil), l.spans...)
		mem.perms = append(make([]byte, 0, 2*len(l.perm)), l.perm...)
	}
	heap := &mem.spans[l.heap]
	old := heap.end()
	heap.size = end - heap.start
	mem.end = max(mem.end, end)
	size := l.offset + (mem.end - l.base)
	if uint64(size) > uint64(len(mem.arena.bytes)) {
		mem.arena = mem.code.grown(mem.arena, size)
	}
	if n := int(mem.end-l.base)>>granuleShift + 1; n > len(mem.perms) {
		mem.perms = append(mem.perms, make([]byte, n-len(mem.perms))...)
	}
	from := max(l.base, (old-min(old, 2*granule))&^(granule-1))
	fillPermissions(mem.perms, mem.spans, l.base, from, mem.end)
	mem.setWindow()
}

// Digest identifies what is mapped, with its contents and permissions.
func (mem *memory) Digest() [32]byte {
	d := engine.NewDigest()
	for i := range mem.spans {
		s := &mem.spans[i]
		d.Add(s.start, mem.data(s), s.writable)
	}
	return d.Sum()
}
