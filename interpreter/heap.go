package interpreter

import "github.com/athenarollup/athena/riscv/elf"

// Pages is the number of 4 KiB pages mapped now: what the frame has paid for.
func (m *Machine) Pages() uint32 { return m.pages }

// Grow moves the end of the heap up by pages and returns the old end. It does nothing and reports
// false if the machine would have more than maxPages pages, or if the heap would meet the stack or
// the end of the address space.
func (m *Machine) Grow(pages, maxPages uint32) (oldHeapEnd uint32, ok bool) {
	oldHeapEnd = m.heapEnd
	end := uint64(oldHeapEnd) + uint64(pages)*elf.PageSize
	if uint64(m.pages)+uint64(pages) > uint64(maxPages) || end > uint64(m.ceiling) {
		return oldHeapEnd, false
	}
	if pages > 0 {
		m.heap.grow(uint32(end) - m.heap.start)
		m.heapEnd = uint32(end)
		m.pages += pages
	}
	return oldHeapEnd, true
}

// findHeap returns the heap's span after sorting: the first writable one that starts at start.
func (mem *memory) findHeap(start uint32) *span {
	for i := range mem.spans {
		if s := &mem.spans[i]; s.start == start && s.dirty != nil {
			return s
		}
	}
	panic("BUG: interpreter: no heap span")
}

// grow makes a zero-backed span n bytes long. A larger buffer at least doubles, so that growing by
// single pages costs no more than a constant for each page paid.
func (s *span) grow(n uint32) {
	if n > uint32(len(s.buf.bytes)) {
		old := s.buf
		s.buf = newBuffer(n)
		s.buf.copyFrom(old)
		old.release()
	}
	s.data, s.dirty = s.buf.bytes[:n], s.buf.dirty
}
