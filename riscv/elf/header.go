package elf

import (
	"bytes"
	"encoding/binary"
)

// Sizes and numbers of the ELF format (System V ABI, chapter 4; RISC-V ELF psABI, chapter 8).
const (
	headerSize        = 52
	programHeaderSize = 32
	sectionHeaderSize = 40

	classELF32   = 1
	dataLSB      = 1
	versionOne   = 1
	typeExec     = 2
	machineRISCV = 243
	flagRVE      = 8

	// EI_OSABI is not the operating system's business alone: recent compilers write GNU as soon as a
	// section has a GNU flag (SHF_GNU_RETAIN, which #[used] gives the export note), and nothing that
	// we read differs.
	identOSABI = 7
	osabiNone  = 0
	osabiGNU   = 3

	ptLoad     = 1
	ptDynamic  = 2
	ptInterp   = 3
	ptGNUStack = 0x6474e551

	flagX = 1
	flagW = 2
	flagR = 4

	sectionSymbols = 2
	sectionNoBits  = 8
)

// reader gives bounds-checked access to a file.
type reader []byte

// bytes returns n bytes at off, without capacity beyond them, or false if they leave the file.
func (r reader) bytes(off, n uint32) ([]byte, bool) {
	end := uint64(off) + uint64(n)
	if end > uint64(len(r)) {
		return nil, false
	}
	return r[off:end:end], true
}

func u16(b []byte, off int) uint16 { return binary.LittleEndian.Uint16(b[off:]) }
func u32(b []byte, off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }

// header is the part of the ELF header that later steps need.
type header struct {
	entry    uint32
	phoff    uint32
	shoff    uint32
	phnum    uint16
	shnum    uint16
	shstrndx uint16
}

func (l *loader) loadHeader() error {
	b, ok := l.r.bytes(0, headerSize)
	if !ok {
		return errorf(ErrTruncated, "%d bytes, no ELF header", len(l.r))
	}
	ident := []byte{0x7f, 'E', 'L', 'F', classELF32, dataLSB, versionOne}
	flags := u32(b, 36)
	switch {
	case !bytes.Equal(b[:len(ident)], ident):
		return errorf(ErrHeader, "identification % x", b[:len(ident)])
	case b[identOSABI] != osabiNone && b[identOSABI] != osabiGNU:
		return errorf(ErrHeader, "EI_OSABI %d, want %d or %d (GNU)", b[identOSABI], osabiNone, osabiGNU)
	case u16(b, 16) != typeExec:
		return errorf(ErrHeader, "e_type %d, want ET_EXEC", u16(b, 16))
	case u16(b, 18) != machineRISCV:
		return errorf(ErrHeader, "e_machine %d, want EM_RISCV", u16(b, 18))
	case u32(b, 20) != versionOne:
		return errorf(ErrHeader, "e_version %d", u32(b, 20))
	case flags != 0 && flags != flagRVE:
		return errorf(ErrHeader, "e_flags %#x, want 0 or %#x (no compressed, no float ABI)",
			flags, uint32(flagRVE))
	case u16(b, 40) != headerSize:
		return errorf(ErrHeader, "e_ehsize %d", u16(b, 40))
	}
	h := header{
		entry: u32(b, 24), phoff: u32(b, 28), shoff: u32(b, 32),
		phnum: u16(b, 44), shnum: u16(b, 48), shstrndx: u16(b, 50),
	}
	switch {
	case h.phnum == 0 || u16(b, 42) != programHeaderSize:
		return errorf(ErrHeader, "e_phnum %d, e_phentsize %d", h.phnum, u16(b, 42))
	case int(h.phnum) > l.limits.ProgramHeaders:
		return errorf(ErrLimit, "more than %d program headers", l.limits.ProgramHeaders)
	case h.shnum != 0 && u16(b, 46) != sectionHeaderSize:
		return errorf(ErrHeader, "e_shentsize %d", u16(b, 46))
	case int(h.shnum) > l.limits.Sections:
		return errorf(ErrLimit, "more than %d sections", l.limits.Sections)
	}
	l.header = h
	return nil
}

// programHeader is what we read of an Elf32_Phdr; p_paddr and p_align are ignored.
type programHeader struct {
	typ, offset, addr, fileSize, memSize, flags uint32
}

func (l *loader) readProgramHeader(i uint32) (programHeader, error) {
	off := uint64(l.header.phoff) + uint64(i)*programHeaderSize
	b, ok := l.r.bytes(uint32(min(off, 1<<32-1)), programHeaderSize)
	if !ok {
		return programHeader{}, errorf(ErrTruncated, "program header %d outside the file", i)
	}
	return programHeader{
		typ: u32(b, 0), offset: u32(b, 4), addr: u32(b, 8),
		fileSize: u32(b, 16), memSize: u32(b, 20), flags: u32(b, 24),
	}, nil
}
