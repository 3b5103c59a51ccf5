package asm

import "encoding/binary"

// DefaultBase is where published programs have their text, right above the default stack.
const DefaultBase = 0x0020_0800

// Object is an assembled program. Its sections are at their final addresses.
type Object struct {
	Text    Section
	ROData  Section // the program's constants, then the names of the exports
	Data    Section
	BSS     Section // only Size counts
	Exports []Export
	Layout  *Layout // nil: no layout note
	symbols map[string]uint32
	// labelled are the symbols that are labels, not constants.
	labelled map[string]bool
}

// Section is a piece of an Object.
type Section struct {
	Addr uint32
	Size uint32
	Data []byte // Size bytes, nil for bss
}

// Export is an export record.
type Export struct {
	Name          string // with the athexp_ prefix
	Addr          uint32
	NameAddr      uint32
	PrincipalOnly bool
}

// Layout is the content of the layout note.
type Layout struct{ StackTop, StackSize, HeapPages uint32 }

// Symbol returns the value of a label or constant.
func (o *Object) Symbol(name string) (uint32, bool) {
	v, ok := o.symbols[name]
	return v, ok
}

// Words returns the text section as instruction words, the last one padded with zeroes.
func (o *Object) Words() []uint32 {
	words := make([]uint32, (len(o.Text.Data)+3)/4)
	for i := range words {
		var b [4]byte
		copy(b[:], o.Text.Data[i*4:])
		words[i] = binary.LittleEndian.Uint32(b[:])
	}
	return words
}
