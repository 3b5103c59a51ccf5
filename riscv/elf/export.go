package elf

import (
	"bytes"
	"sort"
	"strings"
)

// Export records are packed, without padding between them.
//
//	version 0 {u8 0,           u32 addr, u32 name}: public
//	version 1 {u8 1, u8 flags, u32 addr, u32 name}: flags bit 0 = principal-only
const (
	exportV0Bytes = 9
	exportV1Bytes = 10

	exportPrincipalOnly = 1
)

func (l *loader) loadExports() error {
	note := l.sections[sectionExports]
	for len(note) > 0 {
		if len(l.program.Exports) >= l.limits.Exports {
			return errorf(ErrLimit, "more than %d exports", l.limits.Exports)
		}
		e, rest, err := l.export(note)
		if err != nil {
			return err
		}
		l.program.Exports = append(l.program.Exports, e)
		note = rest
	}
	exports := l.program.Exports
	sort.Slice(exports, func(i, j int) bool { return exports[i].Name < exports[j].Name })
	for i := 1; i < len(exports); i++ {
		if exports[i].Name == exports[i-1].Name {
			return errorf(ErrExport, "two exports named %q", exports[i].Name)
		}
	}
	return nil
}

// export reads the first record of note.
func (l *loader) export(note []byte) (Export, []byte, error) {
	var e Export
	switch {
	case note[0] == 0 && len(note) >= exportV0Bytes:
		note = note[1:]
	case note[0] == 1 && len(note) >= exportV1Bytes:
		if note[1]&^exportPrincipalOnly != 0 {
			return e, nil, errorf(ErrExport, "unknown flags %#x", note[1])
		}
		e.PrincipalOnly = note[1]&exportPrincipalOnly != 0
		note = note[2:]
	default:
		return e, nil, errorf(ErrExport, "record of version %d with %d bytes left", note[0], len(note))
	}
	e.Addr = u32(note, 0)
	if !l.program.isCode(e.Addr) {
		return e, nil, errorf(ErrExport, "address %#x is not a word of an executable segment", e.Addr)
	}
	name, ok := l.program.name(u32(note, 4), l.limits.NameBytes)
	if !ok {
		return e, nil, errorf(ErrExport, "no name of at most %d bytes at %#x",
			l.limits.NameBytes, u32(note, 4))
	}
	if !validName(name) {
		return e, nil, errorf(ErrExport, "name %q, want %s and letters, digits or _",
			name, ExportPrefix)
	}
	e.Name = name
	return e, note[8:], nil
}

// name reads a NUL-terminated string of at most limit bytes inside one segment.
func (p *Program) name(addr uint32, limit int) (string, bool) {
	for i := range p.Segments {
		s := &p.Segments[i]
		if !s.Contains(addr, 1) {
			continue
		}
		data := s.Data[min(addr-s.Addr, uint32(len(s.Data))):]
		n := bytes.IndexByte(data[:min(len(data), limit+1)], 0)
		if n < 0 {
			// A name that runs to the end of the file's part ends at the first byte of a zero tail.
			if n = len(data); n > limit || len(s.Data) == int(s.Size) {
				return "", false
			}
		}
		return string(data[:n]), true
	}
	return "", false
}

func validName(name string) bool {
	method, ok := strings.CutPrefix(name, ExportPrefix)
	if !ok || method == "" {
		return false
	}
	for _, c := range []byte(method) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
