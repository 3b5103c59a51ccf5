package elf

import (
	"bytes"
	"sort"
)

// Load validates an ELF file and returns its program. Every malformed file gives an error that
// wraps one of the package's reasons. The program keeps a private copy of the file.
func Load(file []byte, limits Limits) (*Program, error) {
	if uint64(len(file)) > uint64(limits.FileBytes) {
		return nil, errorf(ErrLimit, "file of %d bytes, limit %d", len(file), limits.FileBytes)
	}
	l := &loader{r: reader(bytes.Clone(file)), limits: limits}
	for _, step := range []func() error{
		l.loadHeader, l.loadSegments, l.findSections, l.loadLayout, l.loadEntry, l.loadExports,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &l.program, nil
}

// loader holds what the steps of one Load share.
type loader struct {
	r       reader
	limits  Limits
	header  header
	program Program
	// stackSize is p_memsz of PT_GNU_STACK, 0 if absent.
	stackSize uint32
	sections  [sectionKinds][]byte // contents; nil if absent
}

// loadSegments reads the program headers.
func (l *loader) loadSegments() error {
	seenStack := false
	var image uint64
	for i := range uint32(l.header.phnum) {
		ph, err := l.readProgramHeader(i)
		if err != nil {
			return err
		}
		switch ph.typ {
		case ptDynamic, ptInterp:
			return errorf(ErrSegment, "program header %d: dynamic linking", i)
		case ptGNUStack:
			if seenStack {
				return errorf(ErrSegment, "program header %d: second PT_GNU_STACK", i)
			}
			seenStack, l.stackSize = true, ph.memSize
		case ptLoad:
			if ph.memSize == 0 {
				continue
			}
			if len(l.program.Segments) >= l.limits.Segments {
				return errorf(ErrLimit, "more than %d segments", l.limits.Segments)
			}
			if image += uint64(ph.memSize); image > uint64(l.limits.ImageBytes) {
				return errorf(ErrLimit, "image above %d bytes", l.limits.ImageBytes)
			}
			s, err := l.segment(i, ph)
			if err != nil {
				return err
			}
			l.program.Segments = append(l.program.Segments, s)
		}
	}
	return l.sortSegments()
}

// segment turns a non-empty PT_LOAD header into a Segment.
func (l *loader) segment(i uint32, ph programHeader) (Segment, error) {
	s := Segment{Addr: ph.addr, Size: ph.memSize}
	switch ph.flags {
	case flagR:
	case flagR | flagX:
		s.Executable = true
	case flagR | flagW:
		s.Writable = true
	default:
		return s, errorf(ErrSegment, "program header %d: flags %#x, want R, RX or RW", i, ph.flags)
	}
	if ph.fileSize > ph.memSize {
		return s, errorf(ErrSegment, "program header %d: p_filesz above p_memsz", i)
	}
	if s.Addr < MinAddr || uint64(s.Addr)+uint64(s.Size) > MaxAddr {
		return s, errorf(ErrSegment, "program header %d: [%#x, +%#x) outside [%#x, %#x)",
			i, s.Addr, s.Size, uint32(MinAddr), uint32(MaxAddr))
	}
	if s.Executable && s.Addr%4 != 0 {
		return s, errorf(ErrSegment, "program header %d: code at %#x, not a multiple of 4", i, s.Addr)
	}
	data, ok := l.r.bytes(ph.offset, ph.fileSize)
	if !ok {
		return s, errorf(ErrTruncated, "program header %d: contents outside the file", i)
	}
	s.Data = data
	return s, nil
}

func (l *loader) sortSegments() error {
	segments := l.program.Segments
	if len(segments) == 0 {
		return errorf(ErrSegment, "nothing to load")
	}
	sort.SliceStable(segments, func(i, j int) bool { return segments[i].Addr < segments[j].Addr })
	for i := 1; i < len(segments); i++ {
		if segments[i].Addr < segments[i-1].End() {
			return errorf(ErrSegment, "segments overlap at %#x", segments[i].Addr)
		}
	}
	l.program.HeapStart = segments[len(segments)-1].End()
	return nil
}

// loadEntry checks the ELF entry: absent (0), or a word of an executable segment.
func (l *loader) loadEntry() error {
	entry := l.header.entry
	if entry != 0 && !l.program.isCode(entry) {
		return errorf(ErrHeader, "entry %#x is not a word of an executable segment", entry)
	}
	l.program.Entry = entry
	return nil
}

// isCode reports whether an instruction can be fetched from addr.
func (p *Program) isCode(addr uint32) bool {
	if addr%4 != 0 {
		return false
	}
	for i := range p.Segments {
		if p.Segments[i].Executable && p.Segments[i].Contains(addr, 4) {
			return true
		}
	}
	return false
}
