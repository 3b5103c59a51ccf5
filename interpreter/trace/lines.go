package trace

import (
	"bytes"
	"debug/dwarf"
	stdelf "debug/elf"
	"errors"
	"io"
	"path"
	"sort"
	"strings"
)

// Bounds of what is kept of debug information, which may be damaged or hostile.
const (
	maxLineRows = 4 << 20
	maxInlines  = 1 << 20
)

// lines is the debug information of a program: which source line an address belongs to, and into
// which function it was inlined.
type lines struct {
	rows    []row // sorted by address
	inlines []inlined
}

// row starts at addr and reaches to the next one.
type row struct {
	addr uint32
	file string // "" ends a sequence
	line int
}

// readLines reads the debug information of a file; nil if it has none.
func readLines(file []byte) *lines {
	l := &lines{}
	l.read(file)
	if len(l.rows) == 0 {
		return nil
	}
	sort.SliceStable(l.rows, func(i, j int) bool {
		a, b := l.rows[i], l.rows[j]
		// The end of one sequence gives way to the beginning of the next at the same address.
		return a.addr < b.addr || a.addr == b.addr && a.file == "" && b.file != ""
	})
	l.sortInlines()
	return l
}

func (l *lines) read(file []byte) {
	defer ignoreDamage()
	f, err := stdelf.NewFile(bytes.NewReader(file))
	if err != nil || f.Section(".debug_line") == nil && f.Section(".zdebug_line") == nil {
		return
	}
	d, err := f.DWARF()
	if err != nil {
		return
	}
	r := &entries{r: d.Reader(), left: len(file)}
	for unit := r.next(); unit != nil; unit = r.next() {
		if unit.Tag == dwarf.TagCompileUnit {
			l.readUnit(d, unit)
			l.readInlines(d, r, unit)
		}
		// The children of other units are read and dropped one by one: SkipChildren follows references
		// that may lead backwards, and then it never ends.
	}
}

func (l *lines) readUnit(d *dwarf.Data, unit *dwarf.Entry) {
	r, err := d.LineReader(unit)
	if err != nil || r == nil {
		return
	}
	dir, _ := unit.Val(dwarf.AttrCompDir).(string)
	var e dwarf.LineEntry
	for len(l.rows) < maxLineRows {
		if err := r.Next(&e); err != nil {
			if !errors.Is(err, io.EOF) {
				return
			}
			return
		}
		next := row{addr: uint32(e.Address)}
		if !e.EndSequence && e.File != nil && e.Line > 0 {
			next.file, next.line = shorten(e.File.Name, dir), e.Line
		}
		// Code that the linker dropped is left at address 0.
		if e.Address != 0 {
			l.rows = append(l.rows, next)
		}
	}
}

// shorten makes a path relative to the folder of the build where it lies inside.
func shorten(file, dir string) string {
	file = path.Clean(file)
	if dir != "" {
		if rest, ok := strings.CutPrefix(file, path.Clean(dir)+"/"); ok {
			return rest
		}
	}
	return file
}

// entries reads entries one by one, no more than the file has bytes: in a damaged file reading may
// go in circles.
type entries struct {
	r    *dwarf.Reader
	left int
}

// next returns nil at the end, and where the file is damaged.
func (r *entries) next() *dwarf.Entry {
	e, err := r.r.Next()
	if err != nil || e == nil || r.left == 0 {
		return nil
	}
	r.left--
	return e
}

// at returns the source line of an address.
func (l *lines) at(addr uint32) (file string, line int) {
	if l == nil {
		return "", 0
	}
	i := sort.Search(len(l.rows), func(i int) bool { return l.rows[i].addr > addr }) - 1
	if i < 0 {
		return "", 0
	}
	return l.rows[i].file, l.rows[i].line
}
