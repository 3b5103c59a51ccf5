package interpreter

import (
	"sort"

	"github.com/athenarollup/athena/riscv/elf"
)

const (
	pageShift    = 12
	granuleShift = 4 // permissions of the fast path are kept by granules of 16 bytes
	granule      = 1 << granuleShift
	// maxGap is the sum of the unmapped bytes that a window may contain. They cost address space
	// only.
	maxGap = 256 << 10
)

// Permissions of a granule: an access of at most 1, or 4, bytes that begins in it finds all its
// bytes mapped so.
const (
	read1 uint8 = 1 << iota
	read4
	write1
	write4
)

// span is a contiguous piece of guest memory with one permission: readable, and perhaps writable.
// Neighbouring spans may touch inside a page: permissions are per byte.
type span struct {
	start    uint32
	size     uint32
	off      uint32 // of start, in the arena
	writable bool
}

func (s *span) end() uint32 { return s.start + s.size }

// has reports whether all of [addr, addr+n) is inside.
func (s *span) has(addr, n uint32) bool {
	return addr >= s.start && uint64(addr-s.start)+uint64(n) <= uint64(s.size)
}

// layout is the initial address space of a program. An arena holds all of its bytes. Those of the
// window are in one piece there, the address plus a constant: the fast path sees these only. The
// heap is in the window, and with it what lies near: usually everything. The rest comes first in
// the arena, each span from a new page.
type layout struct {
	spans   []span // disjoint, sorted by start
	heap    int    // index of the heap, which may be empty
	ceiling uint32 // the heap never ends above it
	pages   uint32 // distinct pages with a mapped byte

	base   uint32 // guest address of the window, a multiple of the page size
	end    uint32 // guest address of its end
	offset uint32 // of the window, in the arena: a multiple of the page size
	perm   []byte // permissions by granule of the window
	image  []byte // the arena's initial contents, without trailing zeroes
}

// size is the number of bytes of an arena.
func (l *layout) size() uint32 { return l.offset + (l.end - l.base) }

func (l *layout) init(p *elf.Program) {
	l.spans = make([]span, 0, len(p.Segments)+2)
	for i := range p.Segments {
		s := &p.Segments[i]
		l.spans = append(l.spans, span{start: s.Addr, size: s.Size, writable: s.Writable})
	}
	stack := p.StackTop - p.StackSize
	l.spans = append(l.spans,
		span{start: p.HeapStart, size: p.InitialHeapEnd() - p.HeapStart, writable: true},
		span{start: stack, size: p.StackSize, writable: true})
	// Stable: an empty heap that starts where the stack starts must come before the stack.
	sort.SliceStable(l.spans, func(i, j int) bool { return l.spans[i].start < l.spans[j].start })
	for l.spans[l.heap].start != p.HeapStart || !l.spans[l.heap].writable {
		l.heap++
	}
	l.ceiling = p.HeapCeiling()
	l.pages = p.StartPages()
	l.place()
	l.perm = make([]byte, (l.end-l.base)>>granuleShift+1)
	fillPermissions(l.perm, l.spans, l.base, l.base, l.end)
	l.fillImage(p)
}

// place chooses the window and gives each span its place in the arena.
func (l *layout) place() {
	first, last, gap := l.heap, l.heap, uint32(maxGap)
	for first > 0 && l.spans[first].start-l.spans[first-1].end() <= gap {
		first--
		gap -= l.spans[first+1].start - l.spans[first].end()
	}
	for last+1 < len(l.spans) && l.spans[last+1].start-l.spans[last].end() <= gap {
		last++
		gap -= l.spans[last].start - l.spans[last-1].end()
	}
	for i := range l.spans {
		if s := &l.spans[i]; i < first || i > last {
			s.off = l.offset
			l.offset += (s.size + elf.PageSize - 1) &^ (elf.PageSize - 1)
		}
	}
	l.base = l.spans[first].start &^ (elf.PageSize - 1)
	l.end = l.spans[last].end()
	for i := first; i <= last; i++ {
		l.spans[i].off = l.offset + l.spans[i].start - l.base
	}
}

// fillImage copies the contents of the segments.
func (l *layout) fillImage(p *elf.Program) {
	for i := range p.Segments {
		s := &p.Segments[i]
		to := l.spans[l.find(s.Addr)].off
		if end := int(to) + len(s.Data); len(s.Data) > 0 && end > len(l.image) {
			l.image = append(l.image, make([]byte, end-len(l.image))...)
		}
		copy(l.image[min(int(to), len(l.image)):], s.Data)
	}
}

// find returns the index of the span that holds the byte at addr, or -1.
func (l *layout) find(addr uint32) int { return find(l.spans, addr) }

func find(spans []span, addr uint32) int {
	i, above := 0, len(spans)
	for i < above {
		if mid := int(uint(i+above) / 2); spans[mid].start > addr {
			above = mid
		} else {
			i = mid + 1
		}
	}
	if i == 0 || !spans[i-1].has(addr, 1) {
		return -1
	}
	return i - 1
}

// fillPermissions adds the permissions of the granules of [from, to) to perm, whose first granule
// is at base. to is the end of the window.
func fillPermissions(perm []byte, spans []span, base, from, to uint32) {
	for i := 0; i < len(spans); {
		k := i + 1 // spans i..k-1 touch
		for k < len(spans) && spans[k].start == spans[k-1].end() {
			k++
		}
		fillRun(perm, base, max(from, spans[i].start), spans[k-1].end(), to, read1, read4)
		i = k
	}
	for i := 0; i < len(spans); {
		if !spans[i].writable {
			i++
			continue
		}
		k := i + 1
		for k < len(spans) && spans[k].writable && spans[k].start == spans[k-1].end() {
			k++
		}
		fillRun(perm, base, max(from, spans[i].start), spans[k-1].end(), to, write1, write4)
		i = k
	}
}

// fillRun adds a permission to the granules of the mapped run [start, end).
func fillRun(perm []byte, base, start, end, to uint32, one, four uint8) {
	if start < base || end > to || start >= end {
		return
	}
	first := (start - base + granule - 1) >> granuleShift
	for g := first; g<<granuleShift+granule <= end-base; g++ {
		perm[g] |= one
		if g<<granuleShift+granule+3 <= end-base {
			perm[g] |= four
		}
	}
}
