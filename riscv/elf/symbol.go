package elf

import (
	"bytes"
	"sort"
)

// Symbol is a named address of the symbol table, for traces and disassembly.
type Symbol struct {
	Name string
	Addr uint32
	Size uint32
}

const (
	symbolSize    = 16
	symbolTypeMax = 2 // STT_NOTYPE, STT_OBJECT and STT_FUNC are shown
	symbolNameMax = 1024
)

// Symbols returns the named symbols of a file, sorted by address and name; nil if the file has no
// symbol table that it can read. It is for tools: it accepts any file and has no part in
// consensus.
func Symbols(file []byte) []Symbol {
	r := reader(file)
	b, ok := r.bytes(0, headerSize)
	if !ok {
		return nil
	}
	h := header{shoff: u32(b, 32), shnum: u16(b, 48)}
	for i := range uint32(h.shnum) {
		sh, ok := r.readSectionHeader(&h, i)
		if !ok {
			return nil
		}
		if sh.typ == sectionSymbols && sh.link < uint32(h.shnum) {
			names, ok := r.readSectionHeader(&h, sh.link)
			if !ok {
				return nil
			}
			return r.symbols(sh, names)
		}
	}
	return nil
}

func (r reader) symbols(table, names sectionHeader) []Symbol {
	entries, ok1 := r.bytes(table.offset, table.size)
	text, ok2 := r.bytes(names.offset, names.size)
	if !ok1 || !ok2 {
		return nil
	}
	var out []Symbol
	for ; len(entries) >= symbolSize; entries = entries[symbolSize:] {
		name := u32(entries, 0)
		if entries[12]&15 > symbolTypeMax || uint64(name) >= uint64(len(text)) {
			continue
		}
		s := text[name:min(uint64(len(text)), uint64(name)+symbolNameMax)]
		if n := bytes.IndexByte(s, 0); n > 0 {
			out = append(out, Symbol{string(s[:n]), u32(entries, 4), u32(entries, 8)})
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Addr != out[j].Addr {
			return out[i].Addr < out[j].Addr
		}
		return out[i].Name < out[j].Name
	})
	return out
}
