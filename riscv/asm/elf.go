package asm

import "encoding/binary"

// ELFOptions says how ELF writes the file. The zero value is right for Athena.
type ELFOptions struct {
	Entry      uint32 // 0: the label _start if there is one, else no entry
	StackBytes uint32 // p_memsz of PT_GNU_STACK; 0: none
	ABI        []byte // contents of .athena.abi; nil: none
	// Pages puts segments at file offsets congruent to their addresses, as Linux loaders demand. The
	// export and layout notes are the same.
	Pages bool
	// Symbols adds a symbol table with every label, for disassembly, profiles and debuggers.
	Symbols bool
}

// Layout constants of the written file (System V ABI, chapter 4).
const (
	fileHeader    = 52
	programHeader = 32
	sectionHeader = 40

	flagR, flagW, flagX = 4, 2, 1
)

// writer builds the file; out is what is written so far.
type writer struct {
	out      []byte
	programs []byte
	headers  []byte
	names    []byte
	count    int
}

// ELF returns o as a static RV32 executable.
func (o *Object) ELF(opts ELFOptions) []byte {
	w := &writer{out: make([]byte, fileHeader+4*programHeader), names: []byte{0}}
	w.headers = make([]byte, sectionHeader)
	w.count = 1
	w.segment(o.Text.Addr, o.Text.Data, o.Text.Size, flagR|flagX, opts.Pages)
	w.segment(o.ROData.Addr, o.ROData.Data, o.ROData.Size, flagR, opts.Pages)
	data := o.Data.Size
	if o.BSS.Size > 0 {
		data = o.BSS.Addr + o.BSS.Size - o.Data.Addr
	}
	w.segment(o.Data.Addr, o.Data.Data, data, flagR|flagW, opts.Pages)
	if opts.StackBytes != 0 {
		w.program(0x6474e551, 0, 0, 0, opts.StackBytes, flagR|flagW)
	}
	w.section(".note.athena_export", o.exportNote())
	if l := o.Layout; l != nil {
		w.section(".note.athena.layout", le32([]byte{1}, l.StackTop, l.StackSize, l.HeapPages))
	}
	if opts.ABI != nil {
		w.section(".athena.abi", opts.ABI)
	}
	if opts.Symbols {
		w.symbolTable(o)
	}
	entry := opts.Entry
	if entry == 0 {
		entry = o.symbols["_start"]
	}
	return w.finish(entry)
}

func (o *Object) exportNote() []byte {
	var note []byte
	for _, e := range o.Exports {
		if e.PrincipalOnly {
			note = append(note, 1, 1)
		} else {
			note = append(note, 0)
		}
		note = le32(note, e.Addr, e.NameAddr)
	}
	return note
}

func le32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// segment writes contents and their PT_LOAD header.
func (w *writer) segment(addr uint32, data []byte, size, flags uint32, pages bool) {
	if size == 0 {
		return
	}
	if pages {
		for uint32(len(w.out))%pageSize != addr%pageSize {
			w.out = append(w.out, 0)
		}
	}
	w.program(1, uint32(len(w.out)), addr, uint32(len(data)), size, flags)
	w.out = append(w.out, data...)
}

func (w *writer) program(typ, offset, addr, fileSize, memSize, flags uint32) {
	align := uint32(1)
	if typ == 1 {
		align = 4
		if (offset^addr)%pageSize == 0 {
			align = pageSize
		}
	}
	w.programs = le32(w.programs, typ, offset, addr, addr, fileSize, memSize, flags, align)
}

// section writes contents and a header for them; sections are not loaded.
func (w *writer) section(name string, data []byte) {
	w.headers = le32(w.headers, uint32(len(w.names)), 1, 0, 0, uint32(len(w.out)), uint32(len(data)),
		0, 0, 1, 0)
	w.names = append(append(w.names, name...), 0)
	w.out = append(w.out, data...)
	w.count++
}

// finish writes the name table, the section headers and the file header.
func (w *writer) finish(entry uint32) []byte {
	name := uint32(len(w.names))
	w.names = append(w.names, ".shstrtab\x00"...)
	w.headers = le32(w.headers, name, 3, 0, 0, uint32(len(w.out)), uint32(len(w.names)), 0, 0, 1, 0)
	w.out = append(w.out, w.names...)
	for len(w.out)%4 != 0 {
		w.out = append(w.out, 0)
	}
	shoff := uint32(len(w.out))
	w.out = append(w.out, w.headers...)

	h := []byte{0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 243, 0}
	h = le32(h, 1, entry, fileHeader, shoff, 0)
	for _, v := range []uint16{fileHeader, programHeader, uint16(len(w.programs) / programHeader),
		sectionHeader, uint16(w.count + 1), uint16(w.count)} {
		h = binary.LittleEndian.AppendUint16(h, v)
	}
	copy(w.out, h)
	copy(w.out[fileHeader:], w.programs)
	return w.out
}
