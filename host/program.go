package host

import (
	"fmt"
	"slices"
	"sync"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
)

// program is a template as frames enter it. It is safe for concurrent use.
type program struct {
	image   []byte // what was loaded
	file    *elf.Program
	costs   *metering.InstructionCosts
	entry   uint32
	exports map[[4]byte]export
	pages   uint32 // that a frame has at its start
	size    uint64 // in a CodeCache

	once sync.Once
	code *interpreter.Code // use predecoded
}

type export struct {
	addr          uint32
	principalOnly bool
}

// predecoded returns the code for an engine. It is made when a frame starts and has paid for its
// pages: what this takes grows with them, beside the chunks that are paid before.
func (p *program) predecoded() *interpreter.Code {
	p.once.Do(func() { p.code = interpreter.Predecode(p.file, p.costs) })
	return p.code
}

// Sizes of what is kept of a program.
const (
	instructionBytes = 16  // for each word of code
	permissionBytes  = 256 // for each page
)

// bytes is about what the program holds once a frame has run: the file, the predecoded code, and for
// each page its contents, in the memory kept for the next frame, and its permissions.
func (p *program) bytes() uint64 {
	sum := uint64(len(p.image)) + uint64(p.pages)*(elf.PageSize+permissionBytes)
	for i := range p.file.Segments {
		if s := &p.file.Segments[i]; s.Executable {
			sum += uint64(len(s.Data)) / 4 * instructionBytes
		}
	}
	return sum
}

// reserved are the methods that are principal-only in every template that exports athexp_verify.
var reserved = []string{"spawn", "verify", "max_spend", "spend", "proxy", "deploy"}

// Selector returns the first four bytes of BLAKE3 of a method's exported name, athexp_<name>.
func Selector(name string) [4]byte { return selectorOf(elf.ExportPrefix + name) }

func selectorOf(export string) [4]byte {
	h := address.CodeHash([]byte(export))
	return [4]byte(h[:4])
}

var (
	selectorSpawn  = Selector("spawn")
	selectorVerify = Selector("verify")
)

// loadCode reads a program and its methods by selector. It refuses two methods with one selector,
// which the loader, who knows names only, cannot see.
func loadCode(code []byte, limits elf.Limits) (*elf.Program, map[[4]byte]export, error) {
	file, err := elf.Load(code, limits)
	if err != nil {
		return nil, nil, err
	}
	exports := make(map[[4]byte]export, len(file.Exports))
	for _, e := range file.Exports {
		selector := selectorOf(e.Name)
		if _, taken := exports[selector]; taken {
			other := file.Exports[slices.IndexFunc(file.Exports, func(o elf.Export) bool {
				return selectorOf(o.Name) == selector
			})]
			return nil, nil, fmt.Errorf("host: %s and %s have one selector, %x: rename one of them",
				other.Name, e.Name, selector)
		}
		exports[selector] = export{e.Addr, e.PrincipalOnly}
	}
	return file, exports, nil
}

func newProgram(
	image []byte, file *elf.Program, exports map[[4]byte]export, costs *metering.InstructionCosts,
) *program {
	guard(exports)
	p := &program{
		image: image, file: file, costs: costs, entry: file.Entry, exports: exports,
		pages: file.StartPages(),
	}
	p.size = p.bytes()
	return p
}

// guard says which methods of a template are principal-only.
func guard(exports map[[4]byte]export) {
	if _, ok := exports[selectorVerify]; ok {
		for _, name := range reserved {
			if e, ok := exports[Selector(name)]; ok {
				e.principalOnly = true
				exports[Selector(name)] = e
			}
		}
		return
	}
	// Principal-only means something only where a principal can be.
	//lint:unordered each entry is changed alone
	for selector, e := range exports {
		e.principalOnly = false
		exports[selector] = e
	}
}
