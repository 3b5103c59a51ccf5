package trace

import (
	"debug/dwarf"
	"sort"
)

// inlined is one range of addresses that a compiler copied from a function into another.
type inlined struct {
	from, to uint64
	depth    int // below its real function
	name     string
	file     string // of the call
	line     int
}

// Frame is one level of inlining at an address: the function, and the line in it.
type Frame struct {
	Function string
	File     string
	Line     int
}

// Frames returns what an address belongs to, innermost function first; the last one is the function
// that the linker knows. Without debug information there is one frame at most.
func (s *Symbols) Frames(addr uint32) []Frame {
	at := s.Locate(addr)
	if at == (Location{}) {
		return nil
	}
	file, line := at.File, at.Line
	var out []Frame
	if s.lines != nil {
		for _, i := range s.lines.inlinedAt(addr) {
			out = append(out, Frame{i.name, file, line})
			file, line = i.file, i.line
		}
	}
	return append(out, Frame{at.Function, file, line})
}

// inlinedAt returns what was inlined at addr, innermost first.
func (l *lines) inlinedAt(addr uint32) (out []inlined) {
	// Ranges are sorted by start, so those that hold addr lie before the first that starts above it;
	// limit is the furthest that any may reach back.
	end := sort.Search(len(l.inlines), func(i int) bool { return l.inlines[i].from > uint64(addr) })
	for i := end - 1; i >= 0 && len(out) < maxInlineDepth && end-i < maxInlineScan; i-- {
		if x := l.inlines[i]; uint64(addr) < x.to {
			out = append(out, x)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].depth > out[j].depth })
	return out
}

const (
	maxInlineDepth = 64
	maxInlineScan  = 4096
)

func (l *lines) sortInlines() {
	sort.SliceStable(l.inlines, func(i, j int) bool { return l.inlines[i].from < l.inlines[j].from })
}

// readInlines reads the children of a unit.
func (l *lines) readInlines(d *dwarf.Data, r *entries, unit *dwarf.Entry) {
	if !unit.Children {
		return
	}
	var files []*dwarf.LineFile
	if lr, err := d.LineReader(unit); err == nil && lr != nil {
		files = lr.Files()
	}
	dir, _ := unit.Val(dwarf.AttrCompDir).(string)
	names := nameCache{d: d, known: map[dwarf.Offset]string{}}
	var inside []bool // for each open entry: whether it was inlined
	depth := 0
	for e := r.next(); e != nil; e = r.next() {
		if e.Tag == 0 { // the end of a list of children
			if len(inside) == 0 {
				return
			}
			if inside[len(inside)-1] {
				depth--
			}
			inside = inside[:len(inside)-1]
			continue
		}
		isInline := e.Tag == dwarf.TagInlinedSubroutine
		if isInline {
			depth++
			l.addInline(d, e, depth, names.of(e, 0), files, dir)
		}
		if e.Children {
			inside = append(inside, isInline)
		} else if isInline {
			depth--
		}
	}
}

func (l *lines) addInline(
	d *dwarf.Data, e *dwarf.Entry, depth int, name string, files []*dwarf.LineFile, dir string,
) {
	rs, err := d.Ranges(e)
	if err != nil || name == "" {
		return
	}
	x := inlined{depth: depth, name: name}
	if n, ok := e.Val(dwarf.AttrCallFile).(int64); ok && n >= 0 && n < int64(len(files)) &&
		files[n] != nil {
		x.file = shorten(files[n].Name, dir)
	}
	if n, ok := e.Val(dwarf.AttrCallLine).(int64); ok {
		x.line = int(n)
	}
	for _, r := range rs {
		if r[0] != 0 && r[0] < r[1] && len(l.inlines) < maxInlines {
			x.from, x.to = r[0], r[1]
			l.inlines = append(l.inlines, x)
		}
	}
}

// nameCache finds the names of functions, which an inlined copy refers to.
type nameCache struct {
	d     *dwarf.Data
	known map[dwarf.Offset]string
}

// maxOrigins bounds a chain of references, which may be a circle in a damaged file.
const maxOrigins = 4

func (c *nameCache) of(e *dwarf.Entry, hops int) string {
	if s, ok := e.Val(dwarf.AttrLinkageName).(string); ok {
		return Demangle(s)
	}
	for _, attr := range []dwarf.Attr{dwarf.AttrAbstractOrigin, dwarf.AttrSpecification} {
		off, ok := e.Val(attr).(dwarf.Offset)
		if !ok || hops >= maxOrigins {
			continue
		}
		if name, ok := c.known[off]; ok {
			return name
		}
		r := c.d.Reader()
		r.Seek(off)
		origin, err := r.Next()
		if err != nil || origin == nil {
			return ""
		}
		name := c.of(origin, hops+1)
		c.known[off] = name
		return name
	}
	s, _ := e.Val(dwarf.AttrName).(string)
	return s
}
