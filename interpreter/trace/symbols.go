package trace

import (
	"bytes"
	stdelf "debug/elf"
	"fmt"
	"sort"
	"strings"

	"github.com/ianlancetaylor/demangle"

	"github.com/athenarollup/athena/riscv/elf"
)

// Symbols names the addresses of a program: by its symbol table, by its exports where that is
// stripped, and by its debug information where it has any. It is immutable.
type Symbols struct {
	functions []Function // sorted by address
	lines     *lines     // nil without debug information
}

// Function is a named range of addresses.
type Function struct {
	Name   string // demangled
	Linker string // as in the file
	Addr   uint32
	Size   uint32 // 0: unknown, it ends where the next one begins
}

// Location is what is known of an address.
type Location struct {
	Function string // "" if unknown
	Offset   uint32 // of the address in the function
	File     string // "" if unknown
	Line     int
}

// NewSymbols reads the names of an ELF file. A file without any, or no ELF at all, has none.
func NewSymbols(file []byte) *Symbols {
	s := &Symbols{lines: readLines(file)}
	code := codeRanges(file)
	seen := map[uint32]bool{}
	for _, sym := range elf.Symbols(file) {
		if !code.has(sym.Addr) || seen[sym.Addr] || !named(sym.Name) {
			continue
		}
		seen[sym.Addr] = true
		s.functions = append(s.functions, Function{Demangle(sym.Name), sym.Name, sym.Addr, sym.Size})
	}
	return s
}

// Complete adds what the program itself tells: its exports, its entry, and, if the file has no
// symbols, whatever its code calls, as fn_<address>.
func (s *Symbols) Complete(p *elf.Program) *Symbols {
	out := &Symbols{functions: append([]Function{}, s.functions...), lines: s.lines}
	known := map[uint32]bool{}
	for _, f := range s.functions {
		known[f.Addr] = true
	}
	add := func(name, linker string, addr uint32) {
		if !known[addr] {
			known[addr] = true
			out.functions = append(out.functions, Function{name, linker, addr, 0})
		}
	}
	for _, e := range p.Exports {
		add(strings.TrimPrefix(e.Name, elf.ExportPrefix), e.Name, e.Addr)
	}
	if p.Entry != 0 {
		add("_start", "_start", p.Entry)
	}
	if len(s.functions) == 0 {
		for _, addr := range called(p) {
			name := fmt.Sprintf("fn_%x", addr)
			add(name, name, addr)
		}
	}
	sort.SliceStable(out.functions, func(i, j int) bool {
		return out.functions[i].Addr < out.functions[j].Addr
	})
	return out
}

// named leaves out the marks that assemblers put between code and data.
func named(s string) bool { return !strings.HasPrefix(s, "$") && !strings.HasPrefix(s, ".L") }

// Demangle returns the name that a programmer wrote; other names are returned as they are.
func Demangle(name string) string { return demangle.Filter(name, demangle.NoClones) }

// Functions are the named functions by address.
func (s *Symbols) Functions() []Function { return s.functions }

// at returns the function that starts at addr.
func (s *Symbols) at(addr uint32) (Function, bool) {
	i := sort.Search(len(s.functions), func(i int) bool { return s.functions[i].Addr >= addr })
	if i < len(s.functions) && s.functions[i].Addr == addr {
		return s.functions[i], true
	}
	return Function{}, false
}

// FunctionOf returns the function that holds addr.
func (s *Symbols) FunctionOf(addr uint32) (Function, bool) {
	i := sort.Search(len(s.functions), func(i int) bool { return s.functions[i].Addr > addr }) - 1
	if i < 0 {
		return Function{}, false
	}
	f := s.functions[i]
	if f.Size != 0 && addr-f.Addr >= f.Size {
		return Function{}, false
	}
	return f, true
}

// Named returns the function with the given name, as written or as in the file; of several the
// first. A part after the last :: is enough where no whole name fits.
func (s *Symbols) Named(name string) (Function, bool) {
	for _, f := range s.functions {
		if f.Name == name || f.Linker == name {
			return f, true
		}
	}
	for _, f := range s.functions {
		if strings.HasSuffix(f.Name, "::"+name) {
			return f, true
		}
	}
	return Function{}, false
}

// Locate returns what is known of addr.
func (s *Symbols) Locate(addr uint32) Location {
	var l Location
	if f, ok := s.FunctionOf(addr); ok {
		l.Function, l.Offset = f.Name, addr-f.Addr
	}
	l.File, l.Line = s.lines.at(addr)
	return l
}

// String is "function+0x10, file:12", as far as it is known, or "".
func (l Location) String() string {
	text := l.Function
	if text != "" && l.Offset != 0 {
		text += fmt.Sprintf("+0x%x", l.Offset)
	}
	if l.File == "" {
		return text
	}
	if text != "" {
		text += ", "
	}
	return text + fmt.Sprintf("%s:%d", l.File, l.Line)
}

// ranges are address ranges, few of them.
type ranges [][2]uint64

func (r ranges) has(addr uint32) bool {
	for _, x := range r {
		if uint64(addr) >= x[0] && uint64(addr) < x[1] {
			return true
		}
	}
	return false
}

// codeRanges are the executable segments of a file that may not be a valid program.
func codeRanges(file []byte) (out ranges) {
	defer ignoreDamage()
	f, err := stdelf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil
	}
	for _, p := range f.Progs {
		if p.Type == stdelf.PT_LOAD && p.Flags&stdelf.PF_X != 0 {
			out = append(out, [2]uint64{p.Vaddr, p.Vaddr + p.Memsz})
		}
	}
	return out
}

// ignoreDamage is deferred around the standard library's readers of ELF and DWARF, which do not
// promise to survive every file: what they had read by then is what the file has.
func ignoreDamage() { _ = recover() }
