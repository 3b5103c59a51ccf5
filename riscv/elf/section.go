package elf

import "bytes"

// The sections that Load reads.
const (
	sectionExports = iota
	sectionLayout
	sectionABI
	sectionKinds
)

var sectionNames = [sectionKinds]string{
	sectionExports: ".note.athena_export",
	sectionLayout:  ".note.athena.layout",
	sectionABI:     ".athena.abi",
}

// sectionHeader is what we read of an Elf32_Shdr.
type sectionHeader struct {
	name, typ, offset, size, link, entrySize uint32
}

// readSectionHeader returns section header i, which must be below e_shnum.
func (r reader) readSectionHeader(h *header, i uint32) (sectionHeader, bool) {
	off := uint64(h.shoff) + uint64(i)*sectionHeaderSize
	b, ok := r.bytes(uint32(min(off, 1<<32-1)), sectionHeaderSize)
	if !ok {
		return sectionHeader{}, false
	}
	return sectionHeader{
		name: u32(b, 0), typ: u32(b, 4), offset: u32(b, 16), size: u32(b, 20),
		link: u32(b, 24), entrySize: u32(b, 36),
	}, true
}

// findSections finds the sections with a name of ours; all others only need a name. Work is
// bounded by the number of sections: a name is compared, never scanned.
func (l *loader) findSections() error {
	if l.header.shnum == 0 {
		return nil
	}
	if l.header.shstrndx >= l.header.shnum {
		return errorf(ErrSection, "e_shstrndx %d of %d", l.header.shstrndx, l.header.shnum)
	}
	table, ok := l.r.readSectionHeader(&l.header, uint32(l.header.shstrndx))
	if !ok {
		return errorf(ErrTruncated, "section headers outside the file")
	}
	names, ok := l.r.bytes(table.offset, table.size)
	if !ok || table.typ == sectionNoBits {
		return errorf(ErrSection, "section names outside the file")
	}
	for i := range uint32(l.header.shnum) {
		sh, ok := l.r.readSectionHeader(&l.header, i)
		if !ok {
			return errorf(ErrTruncated, "section header %d outside the file", i)
		}
		if i == 0 && sh.typ == 0 {
			continue // SHN_UNDEF
		}
		if uint64(sh.name) >= uint64(len(names)) {
			return errorf(ErrSection, "section %d has no name", i)
		}
		if err := l.takeSection(sh, names[sh.name:]); err != nil {
			return err
		}
	}
	return nil
}

// takeSection keeps the contents of a section whose name (followed by anything) starts with one of
// ours.
func (l *loader) takeSection(sh sectionHeader, name []byte) error {
	for kind, want := range sectionNames {
		if !bytes.HasPrefix(name, append([]byte(want), 0)) {
			continue
		}
		if l.sections[kind] != nil {
			return errorf(ErrSection, "second %s", want)
		}
		data, ok := l.r.bytes(sh.offset, sh.size)
		if !ok || sh.typ == sectionNoBits {
			return errorf(ErrSection, "%s outside the file", want)
		}
		l.sections[kind] = data
	}
	return nil
}
