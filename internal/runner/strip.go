package runner

import (
	"bytes"
	stdelf "debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
)

// Layout of ELF32 (System V ABI, chapter 4).
const (
	elfHeader     = 52
	programHeader = 32
	sectionHeader = 40
)

// keptSections are those that the loader reads.
var keptSections = []string{".note.athena_export", ".note.athena.layout", ".athena.abi"}

// Strip returns a program file without symbols and debug information: its headers, its segments'
// contents and the sections that the loader reads. It loads as the same program.
func Strip(file []byte) ([]byte, error) {
	f, err := stdelf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("runner: strip: %w", err)
	}
	if f.Class != stdelf.ELFCLASS32 || f.Data != stdelf.ELFDATA2LSB || len(file) < elfHeader {
		return nil, fmt.Errorf("runner: strip: %s %s, want a little-endian ELF32 file", f.Class, f.Data)
	}
	s := stripper{out: make([]byte, elfHeader+programHeader*len(f.Progs)), names: []byte{0}}
	copy(s.out, file[:elfHeader])
	for i, p := range f.Progs {
		if err := s.segment(elfHeader+i*programHeader, p); err != nil {
			return nil, err
		}
	}
	s.headers = make([]byte, sectionHeader)
	for _, section := range f.Sections {
		if !slices.Contains(keptSections, section.Name) {
			continue
		}
		data, err := section.Data()
		if err != nil {
			return nil, fmt.Errorf("runner: strip: section %s: %w", section.Name, err)
		}
		s.section(section.Name, uint32(section.Type), data)
	}
	s.section(".shstrtab", uint32(stdelf.SHT_STRTAB), nil)
	return s.finish(len(f.Progs)), nil
}

type stripper struct {
	out, headers, names []byte
	sections            int
}

// segment writes a program header and the contents that it names.
func (s *stripper) segment(at int, p *stdelf.Prog) error {
	fields := []uint32{
		uint32(p.Type), 0, uint32(p.Vaddr), uint32(p.Paddr), 0, uint32(p.Memsz), uint32(p.Flags),
		uint32(p.Align),
	}
	if p.Type == stdelf.PT_LOAD && p.Filesz > 0 {
		data := make([]byte, 0)
		if p.Filesz < 1<<31 {
			data = make([]byte, p.Filesz)
		}
		if _, err := p.ReadAt(data, 0); err != nil || uint64(len(data)) != p.Filesz {
			return fmt.Errorf("runner: strip: a segment of %d bytes cannot be read", p.Filesz)
		}
		fields[1], fields[4] = uint32(len(s.out)), uint32(len(data))
		s.out = append(s.out, data...)
	}
	for i, v := range fields {
		binary.LittleEndian.PutUint32(s.out[at+4*i:], v)
	}
	return nil
}

func (s *stripper) section(name string, typ uint32, data []byte) {
	at := uint32(len(s.names))
	s.names = append(append(s.names, name...), 0)
	if data == nil { // the names themselves, complete with the last one
		data = s.names
	}
	h := []uint32{at, typ, 0, 0, uint32(len(s.out)), uint32(len(data)), 0, 0, 1, 0}
	for _, v := range h {
		s.headers = binary.LittleEndian.AppendUint32(s.headers, v)
	}
	s.out = append(s.out, data...)
	s.sections++
}

// finish writes the section headers and corrects the file header.
func (s *stripper) finish(programs int) []byte {
	for len(s.out)%4 != 0 {
		s.out = append(s.out, 0)
	}
	put := func(at int, v int) { binary.LittleEndian.PutUint16(s.out[at:], uint16(v)) }
	binary.LittleEndian.PutUint32(s.out[28:], elfHeader)
	binary.LittleEndian.PutUint32(s.out[32:], uint32(len(s.out)))
	put(42, programHeader)
	put(44, programs)
	put(46, sectionHeader)
	put(48, s.sections+1)
	put(50, s.sections)
	return append(s.out, s.headers...)
}
