// Package elf loads the programs of Athena: static little-endian ELF32 executables for RV32IM with
// Athena's own sections. See docs/spec/isa.md, "Program image".
//
// It is a loader for consensus, not a general ELF library: it is strict, has its own parser, and
// reads only the ELF header, the program headers and three sections. Relocations, dynamic linking
// and debug information do not exist for it (Symbols is for tools and never refuses a program).
//
// Invariants of every Program that Load returns:
//   - Segments are non-empty, sorted, disjoint by byte, within [MinAddr, MaxAddr], never both
//     writable and executable, and executable ones start at a multiple of 4;
//   - the stack and the initial heap overlap no segment and not each other;
//   - Exports are sorted by name, unique, and point to words of executable segments;
//   - memory allocated is at most the file's size times a constant (a zero tail is not allocated).
package elf

import (
	"cmp"
	"slices"
)

// Bounds of the address space that a program may use, and defaults of programs without a layout
// note.
const (
	MinAddr = 0x0000_1000 // the first page is never mapped: address 0 is the return to the host
	MaxAddr = 0x7000_0000 // highest end of a segment or stack
	HeapEnd = 0x8000_0000 // no heap grows above it

	PageSize = 4096

	DefaultStackTop  = 0x0020_0400
	DefaultStackSize = 64 << 10
	DefaultHeapPages = 64
)

// ExportPrefix starts the name of every export.
const ExportPrefix = "athexp_"

// Program is a validated program image. It is immutable and safe to share; its slices belong to it.
type Program struct {
	Entry     uint32 // 0: the program has no entry
	Segments  []Segment
	Exports   []Export
	StackTop  uint32 // multiple of 16
	StackSize uint32 // the stack is [StackTop-StackSize, StackTop)
	HeapStart uint32 // exact end of the highest segment
	HeapPages uint32 // the initial heap ends HeapPages pages after HeapStart rounded up to a page
	ABI       []byte // section .athena.abi (JSON), nil if absent; consensus does not read it
}

// Segment is a mapped piece of the image: [Addr, Addr+Size). Bytes after Data are zero.
type Segment struct {
	Addr       uint32
	Size       uint32
	Data       []byte
	Writable   bool
	Executable bool
}

// End is the address after the segment's last byte.
func (s *Segment) End() uint32 { return s.Addr + s.Size }

// Contains reports whether [addr, addr+n) lies inside the segment.
func (s *Segment) Contains(addr, n uint32) bool {
	return addr >= s.Addr && uint64(addr)+uint64(n) <= uint64(s.End())
}

// Export is a method that the host may enter.
type Export struct {
	Name          string // with ExportPrefix
	Addr          uint32
	PrincipalOnly bool // entered only by the account's own transactions and frames
}

// InitialHeapEnd is the address after the initial heap.
func (p *Program) InitialHeapEnd() uint32 {
	return roundUp(p.HeapStart) + p.HeapPages*PageSize
}

// StartPages is the number of distinct pages that a segment, the stack or the initial heap is in: what
// a frame has at its start.
func (p *Program) StartPages() uint32 {
	type span struct{ start, end uint32 }
	spans := []span{
		{p.StackTop - p.StackSize, p.StackTop}, {p.HeapStart, p.InitialHeapEnd()},
	}
	for i := range p.Segments {
		spans = append(spans, span{p.Segments[i].Addr, p.Segments[i].End()})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var pages, next uint32 // next is the first page not yet counted
	for _, s := range spans {
		if s.start == s.end {
			continue
		}
		last := (s.end - 1) / PageSize
		if first := max(s.start/PageSize, next); first <= last {
			pages += last - first + 1
			next = last + 1
		}
	}
	return pages
}

// HeapCeiling is the address that the heap must not grow beyond: the stack, where that lies above.
func (p *Program) HeapCeiling() uint32 {
	if base := p.StackTop - p.StackSize; base >= p.HeapStart {
		return base
	}
	return HeapEnd
}

// Export returns the export with the given full name.
func (p *Program) Export(name string) (Export, bool) {
	for _, e := range p.Exports {
		if e.Name == name {
			return e, true
		}
	}
	return Export{}, false
}

// roundUp rounds an address of at most MaxAddr up to a page.
func roundUp(addr uint32) uint32 { return (addr + PageSize - 1) &^ (PageSize - 1) }
