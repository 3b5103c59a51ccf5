package interpreter

import (
	"encoding/binary"

	"github.com/athenarollup/athena/riscv/elf"
)

// The accesses of the fast path: one comparison with the span used last, else the general path.

func (mem *memory) load8(addr uint32) (uint32, bool) {
	if off, ok := mem.lastLoad.has(addr, 1); ok {
		return uint32(mem.lastLoad.data[off]), true
	}
	return mem.load(addr, 1)
}

func (mem *memory) load16(addr uint32) (uint32, bool) {
	if off, ok := mem.lastLoad.has(addr, 2); ok {
		return uint32(binary.LittleEndian.Uint16(mem.lastLoad.data[off:])), true
	}
	return mem.load(addr, 2)
}

func (mem *memory) load32(addr uint32) (uint32, bool) {
	if off, ok := mem.lastLoad.has(addr, 4); ok {
		return binary.LittleEndian.Uint32(mem.lastLoad.data[off:]), true
	}
	return mem.load(addr, 4)
}

// A store marks only the page it begins in: cleaning a page clears the few bytes after it too.

func (mem *memory) store8(addr, v uint32) bool {
	s := mem.lastStore
	if off, ok := s.has(addr, 1); ok {
		s.dirty[off/elf.PageSize] = 1
		s.data[off] = byte(v)
		return true
	}
	return mem.store(addr, v, 1)
}

func (mem *memory) store16(addr, v uint32) bool {
	s := mem.lastStore
	if off, ok := s.has(addr, 2); ok {
		s.dirty[off/elf.PageSize] = 1
		binary.LittleEndian.PutUint16(s.data[off:], uint16(v))
		return true
	}
	return mem.store(addr, v, 2)
}

func (mem *memory) store32(addr, v uint32) bool {
	s := mem.lastStore
	if off, ok := s.has(addr, 4); ok {
		s.dirty[off/elf.PageSize] = 1
		binary.LittleEndian.PutUint32(s.data[off:], v)
		return true
	}
	return mem.store(addr, v, 4)
}

// Readable reports whether every byte of [addr, addr+n) can be read; true for n = 0.
func (m *Machine) Readable(addr, n uint32) bool { return m.allows(addr, n, false) }

// Writable reports whether every byte of [addr, addr+n) can be written; true for n = 0.
func (m *Machine) Writable(addr, n uint32) bool { return m.allows(addr, n, true) }

// Read returns a copy of [addr, addr+n), or false if a byte of it is not readable.
func (m *Machine) Read(addr, n uint32) ([]byte, bool) {
	if !m.allows(addr, n, false) {
		return nil, false
	}
	b := make([]byte, n)
	m.copyOut(b, addr)
	return b, true
}

// Write copies b to addr, or writes nothing and reports false if a byte there is not writable.
func (m *Machine) Write(addr uint32, b []byte) bool {
	if uint64(len(b)) > 1<<32-1 || !m.allows(addr, uint32(len(b)), true) {
		return false
	}
	m.copyIn(addr, b)
	return true
}
