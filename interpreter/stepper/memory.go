package stepper

import (
	"encoding/binary"
	"sort"

	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// region is a mapped piece of the address space: [start, start+len(data)), readable.
type region struct {
	start      uint32
	data       []byte
	writable   bool
	executable bool
}

// contains reports whether all of [addr, addr+n) is in the region.
func (r *region) contains(addr, n uint32) bool {
	return addr >= r.start && uint64(addr-r.start)+uint64(n) <= uint64(len(r.data))
}

// memory is the address space of a frame (docs/spec/isa.md, "Memory").
type memory struct {
	regions []region // disjoint, sorted by start
	heap    int      // index of the heap, which may be empty
	ceiling uint32   // the heap never ends above it
	pages   uint32
}

func (mem *memory) init(p *elf.Program) {
	for i := range p.Segments {
		s := &p.Segments[i]
		data := make([]byte, s.Size)
		copy(data, s.Data)
		mem.regions = append(mem.regions, region{s.Addr, data, s.Writable, s.Executable})
	}
	heap := make([]byte, p.InitialHeapEnd()-p.HeapStart)
	mem.regions = append(mem.regions,
		region{start: p.HeapStart, data: heap, writable: true},
		region{start: p.StackTop - p.StackSize, data: make([]byte, p.StackSize), writable: true})
	// Stable: an empty heap comes before a stack at the same address.
	sort.SliceStable(mem.regions, func(i, j int) bool {
		return mem.regions[i].start < mem.regions[j].start
	})
	for i := range mem.regions {
		if r := &mem.regions[i]; r.start == p.HeapStart && r.writable {
			mem.heap = i
			break
		}
	}
	mem.ceiling = p.HeapCeiling()
	mem.pages = countPages(mem.regions)
}

// countPages counts the distinct pages that hold a mapped byte.
func countPages(regions []region) uint32 {
	pages := make(map[uint32]bool)
	for i := range regions {
		r := &regions[i]
		if len(r.data) == 0 {
			continue
		}
		last := (r.start + uint32(len(r.data)) - 1) / elf.PageSize
		for page := r.start / elf.PageSize; page <= last; page++ {
			pages[page] = true
		}
	}
	return uint32(len(pages))
}

// at returns the region that holds the byte at addr, or nil.
func (mem *memory) at(addr uint32) *region {
	for i := range mem.regions {
		if r := &mem.regions[i]; r.contains(addr, 1) {
			return r
		}
	}
	return nil
}

// allowed reports whether each byte of [addr, addr+n) may be accessed. Addresses do not wrap. It
// goes from region to region, so that its time does not depend on n.
func (mem *memory) allowed(addr, n uint32, write bool) bool {
	if uint64(addr)+uint64(n) > 1<<32 {
		return false
	}
	for n > 0 {
		r := mem.at(addr)
		if r == nil || write && !r.writable {
			return false
		}
		inside := min(n, r.start+uint32(len(r.data))-addr)
		addr += inside
		n -= inside
	}
	return true
}

// copyOut fills b from addr, where all is mapped.
func (mem *memory) copyOut(b []byte, addr uint32) {
	for done := 0; done < len(b); {
		r := mem.at(addr + uint32(done))
		done += copy(b[done:], r.data[addr+uint32(done)-r.start:])
	}
}

// copyIn writes b to addr, where all is writable.
func (mem *memory) copyIn(addr uint32, b []byte) {
	for done := 0; done < len(b); {
		r := mem.at(addr + uint32(done))
		done += copy(r.data[addr+uint32(done)-r.start:], b[done:])
	}
}

// fetch returns the word at pc, which must lie in one executable region.
func (mem *memory) fetch(pc uint32) (uint32, bool) {
	if pc%4 != 0 {
		return 0, false
	}
	for i := range mem.regions {
		if r := &mem.regions[i]; r.executable && r.contains(pc, 4) {
			return binary.LittleEndian.Uint32(r.data[pc-r.start:]), true
		}
	}
	return 0, false
}

// load is a load instruction: it reads little endian and extends by sign or zero.
func (mem *memory) load(op riscv.Op, addr uint32) (uint32, bool) {
	n := width(op)
	if !mem.allowed(addr, n, false) {
		return 0, false
	}
	var word [4]byte
	mem.copyOut(word[:n], addr)
	value := binary.LittleEndian.Uint32(word[:])
	switch op {
	case riscv.LB:
		value = uint32(int32(int8(value)))
	case riscv.LH:
		value = uint32(int32(int16(value)))
	}
	return value, true
}

// store is a store instruction: it writes the low bytes of value little endian, all or none.
func (mem *memory) store(op riscv.Op, addr, value uint32) bool {
	n := width(op)
	if !mem.allowed(addr, n, true) {
		return false
	}
	var word [4]byte
	binary.LittleEndian.PutUint32(word[:], value)
	mem.copyIn(addr, word[:n])
	return true
}

// width is the number of bytes that a load or store accesses.
func width(op riscv.Op) uint32 {
	switch op {
	case riscv.LB, riscv.LBU, riscv.SB:
		return 1
	case riscv.LH, riscv.LHU, riscv.SH:
		return 2
	default: // LW, SW
		return 4
	}
}

// Readable reports whether every byte of [addr, addr+n) can be read; true for n = 0.
func (mem *memory) Readable(addr, n uint32) bool { return mem.allowed(addr, n, false) }

// Writable reports whether every byte of [addr, addr+n) can be written; true for n = 0.
func (mem *memory) Writable(addr, n uint32) bool { return mem.allowed(addr, n, true) }

// Read returns a copy of [addr, addr+n), or false if a byte of it is not readable.
func (mem *memory) Read(addr, n uint32) ([]byte, bool) {
	if !mem.allowed(addr, n, false) {
		return nil, false
	}
	b := make([]byte, n)
	mem.copyOut(b, addr)
	return b, true
}

// Write copies b to addr, or writes nothing and reports false if a byte there is not writable.
func (mem *memory) Write(addr uint32, b []byte) bool {
	if uint64(len(b)) >= 1<<32 || !mem.allowed(addr, uint32(len(b)), true) {
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
	heap := &mem.regions[mem.heap]
	oldHeapEnd = heap.start + uint32(len(heap.data))
	more := uint64(pages) * elf.PageSize
	if uint64(mem.pages)+uint64(pages) > uint64(maxPages) ||
		uint64(oldHeapEnd)+more > uint64(mem.ceiling) {
		return oldHeapEnd, false
	}
	heap.data = append(heap.data, make([]byte, more)...)
	mem.pages += pages
	return oldHeapEnd, true
}

// Digest identifies what is mapped, with its contents and permissions.
func (mem *memory) Digest() [32]byte {
	d := engine.NewDigest()
	for i := range mem.regions {
		r := &mem.regions[i]
		d.Add(r.start, r.data, r.writable)
	}
	return d.Sum()
}
