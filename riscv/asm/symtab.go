package asm

import (
	"encoding/binary"
	"sort"
)

// Symbol table constants (System V ABI, chapter 4).
const (
	symbolEntry  = 16
	sectionSyms  = 2
	sectionNames = 3
	bindGlobal   = 1 << 4
	typeObject   = 1
	typeFunc     = 2
	sectionBits  = 1
	sectionZero  = 8
	flagWrite    = 1
	flagAlloc    = 2
	flagCode     = 4
	indexAbs     = 0xfff1
)

// symbolTable writes .symtab and .strtab: every label, by address. Labels of the text section are
// functions, those of others objects; constants are left out.
func (w *writer) symbolTable(o *Object) {
	names := make([]string, 0, len(o.symbols))
	for name := range o.symbols { //lint:unordered sorted below
		if o.labelled[name] {
			names = append(names, name)
		}
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := o.symbols[names[i]], o.symbols[names[j]]
		return a < b || a == b && names[i] < names[j]
	})
	sectionOf := w.loaded(o)
	table, text := make([]byte, symbolEntry), []byte{0}
	for _, name := range names {
		addr := o.symbols[name]
		typ := typeObject
		if addr-o.Text.Addr < o.Text.Size {
			typ = typeFunc
		}
		table = le32(table, uint32(len(text)), addr, 0)
		table = append(table, byte(bindGlobal|typ), 0)
		table = binary.LittleEndian.AppendUint16(table, sectionOf(addr))
		text = append(append(text, name...), 0)
	}
	// The names come right after the table; sh_info is the index of the first global symbol.
	w.header(".symtab", sectionSyms, table, uint32(w.count+1), 1, symbolEntry)
	w.header(".strtab", sectionNames, text, 0, 0, 0)
}

// loaded describes the segments as sections, since debuggers take an address for code or data only
// if it lies in one. It returns the number of the section that holds an address.
func (w *writer) loaded(o *Object) func(addr uint32) uint16 {
	var ranges [][3]uint32 // start, size, number
	segments := w.programs
	for _, s := range []struct {
		name       string
		typ, flags uint32
		at         Section
	}{
		{".text", sectionBits, flagAlloc | flagCode, o.Text},
		{".rodata", sectionBits, flagAlloc, o.ROData},
		{".data", sectionBits, flagAlloc | flagWrite, o.Data},
		{".bss", sectionZero, flagAlloc | flagWrite, o.BSS},
	} {
		if s.at.Size == 0 {
			continue // no segment was written
		}
		offset := uint32(len(w.out))
		if s.typ == sectionBits { // its segment is the next one; zeroes share that of the data
			offset = binary.LittleEndian.Uint32(segments[4:])
			segments = segments[programHeader:]
		}
		ranges = append(ranges, [3]uint32{s.at.Addr, s.at.Size, uint32(w.count)})
		w.headers = le32(w.headers, uint32(len(w.names)), s.typ, s.flags, s.at.Addr, offset, s.at.Size,
			0, 0, 4, 0)
		w.names = append(append(w.names, s.name...), 0)
		w.count++
	}
	return func(addr uint32) uint16 {
		for _, r := range ranges {
			if addr-r[0] < r[1] {
				return uint16(r[2])
			}
		}
		return indexAbs
	}
}

// header writes a section that needs more than section gives it.
func (w *writer) header(name string, typ uint32, data []byte, link, info, entry uint32) {
	w.headers = le32(w.headers, uint32(len(w.names)), typ, 0, 0, uint32(len(w.out)),
		uint32(len(data)), link, info, 1, entry)
	w.names = append(append(w.names, name...), 0)
	w.out = append(w.out, data...)
	w.count++
}
