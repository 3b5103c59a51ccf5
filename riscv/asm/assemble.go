package asm

import (
	"errors"
	"fmt"
	"strings"
)

// ErrSyntax is wrapped by every error of Assemble, which also names the line.
var ErrSyntax = errors.New("asm: cannot assemble")

// maxSectionBytes bounds each section, so that a huge .zero costs nothing.
const maxSectionBytes = 4 << 20

const pageSize = 4096

// sectionID numbers the sections in the order of their addresses.
type sectionID int

const (
	secText sectionID = iota
	secROData
	secData
	secBSS
	sections
)

// statement is one instruction or data directive, placed by the first pass.
type statement struct {
	line    int
	section sectionID
	offset  uint32
	size    uint32
	name    string
	args    []string
}

// assembler is the state of one Assemble.
type assembler struct {
	symbols    map[string]int64 // labels (after layout) and constants
	labels     []label
	statements []statement
	size       [sections]uint32
	addr       [sections]uint32
	current    sectionID
	exports    []exportRequest
	layout     *Layout
	object     Object
}

type label struct {
	name    string
	section sectionID
	offset  uint32
}

type exportRequest struct {
	line          int
	label, name   string
	principalOnly bool
}

// Assemble translates src with its text section at base, a multiple of 4.
func Assemble(src string, base uint32) (*Object, error) {
	if base%4 != 0 || base > 1<<31 {
		return nil, fmt.Errorf("%w: base %#x", ErrSyntax, base)
	}
	a := &assembler{symbols: map[string]int64{}}
	for n, line := range strings.Split(src, "\n") {
		if err := a.line(n+1, line); err != nil {
			return nil, lineError(n+1, err)
		}
	}
	a.place(base)
	for i := range a.statements {
		if err := a.emit(&a.statements[i]); err != nil {
			return nil, lineError(a.statements[i].line, err)
		}
	}
	if err := a.emitExports(); err != nil {
		return nil, err
	}
	return a.finish(), nil
}

func lineError(line int, err error) error {
	return fmt.Errorf("%w: line %d: %w", ErrSyntax, line, err)
}

// place gives sections and labels their addresses: text at base, rodata and data on new pages.
func (a *assembler) place(base uint32) {
	names := uint32(0)
	for _, e := range a.exports {
		names += uint32(len(exportPrefix)+len(e.name)) + 1
	}
	a.addr[secText] = base
	a.addr[secROData] = alignUp(base+a.size[secText], pageSize)
	a.addr[secData] = alignUp(a.addr[secROData]+a.size[secROData]+names, pageSize)
	a.addr[secBSS] = alignUp(a.addr[secData]+a.size[secData], 16)
	for _, l := range a.labels {
		a.symbols[l.name] = int64(a.addr[l.section] + l.offset)
	}
	for s, section := range a.object.all() {
		section.Addr, section.Size = a.addr[s], a.size[s]
		if sectionID(s) != secBSS {
			section.Data = make([]byte, a.size[s])
		}
	}
}

func (o *Object) all() [sections]*Section {
	return [sections]*Section{secText: &o.Text, secROData: &o.ROData, secData: &o.Data, secBSS: &o.BSS}
}

func (a *assembler) finish() *Object {
	o := &a.object
	o.Layout = a.layout
	o.symbols = make(map[string]uint32, len(a.symbols))
	for name, v := range a.symbols { //lint:unordered copies a map
		o.symbols[name] = uint32(v)
	}
	o.labelled = make(map[string]bool, len(a.labels))
	for _, l := range a.labels {
		o.labelled[l.name] = true
	}
	return o
}

// emitExports appends the names of the exports to rodata and makes the records.
func (a *assembler) emitExports() error {
	ro := &a.object.ROData
	for _, e := range a.exports {
		addr, ok := a.symbols[e.label]
		if !ok {
			return lineError(e.line, fmt.Errorf("no label %q", e.label))
		}
		name := exportPrefix + e.name
		a.object.Exports = append(a.object.Exports, Export{
			Name: name, Addr: uint32(addr), NameAddr: ro.Addr + ro.Size, PrincipalOnly: e.principalOnly,
		})
		ro.Data = append(append(ro.Data, name...), 0)
		ro.Size = uint32(len(ro.Data))
	}
	return nil
}

// reserve adds a statement of size bytes to the current section.
func (a *assembler) reserve(line int, name string, args []string, size int64) error {
	if size < 0 || int64(a.size[a.current])+size > maxSectionBytes {
		return fmt.Errorf("section above %d bytes", maxSectionBytes)
	}
	if a.current == secBSS && name != ".zero" {
		return fmt.Errorf("%s in .bss", name)
	}
	a.statements = append(a.statements, statement{
		line: line, section: a.current, offset: a.size[a.current], size: uint32(size),
		name: name, args: args,
	})
	a.size[a.current] += uint32(size)
	return nil
}

func alignUp(n, to uint32) uint32 { return (n + to - 1) / to * to }
