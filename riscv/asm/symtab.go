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
	code := w.textSection(o)
	table, text := make([]byte, symbolEntry), []byte{0}
	for _, name := range names {
		addr := o.symbols[name]
		typ, section := typeObject, uint16(indexAbs)
		if addr-o.Text.Addr < o.Text.Size {
			typ, section = typeFunc, code
		}
		table = le32(table, uint32(len(text)), addr, 0)
		table = append(table, byte(bindGlobal|typ), 0)
		table = binary.LittleEndian.AppendUint16(table, section)
		text = append(append(text, name...), 0)
	}
	// The names come right after the table; sh_info is the index of the first global symbol.
	w.header(".symtab", sectionSyms, table, uint32(w.count+1), 1, symbolEntry)
	w.header(".strtab", sectionNames, text, 0, 0, 0)
}

// textSection describes the text segment, which is the first one, as a section: debuggers take a
// symbol for code only if it lies in such a section. It returns the section's number.
func (w *writer) textSection(o *Object) uint16 {
	if o.Text.Size == 0 {
		return indexAbs
	}
	offset := binary.LittleEndian.Uint32(w.programs[4:])
	w.headers = le32(w.headers, uint32(len(w.names)), sectionBits, flagAlloc|flagCode,
		o.Text.Addr, offset, o.Text.Size, 0, 0, 4, 0)
	w.names = append(w.names, ".text\x00"...)
	w.count++
	return uint16(w.count - 1)
}

// header writes a section that needs more than section gives it.
func (w *writer) header(name string, typ uint32, data []byte, link, info, entry uint32) {
	w.headers = le32(w.headers, uint32(len(w.names)), typ, 0, 0, uint32(len(w.out)),
		uint32(len(data)), link, info, 1, entry)
	w.names = append(append(w.names, name...), 0)
	w.out = append(w.out, data...)
	w.count++
}
