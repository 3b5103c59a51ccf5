package host

import (
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
)

// CodeCache keeps predecoded programs by the hash of their code. It is safe for concurrent use and
// may be shared by executors of any schedule. It cannot be seen: a program is charged, its chunks
// are read and are checked against the hash whether it is cached or not.
type CodeCache struct {
	programs *lru.Cache[cacheKey, *program]
}

type cacheKey struct {
	codeHash  [32]byte
	schedule  uint32
	codeBytes uint32
}

// NewCodeCache returns a cache of at most size programs, size > 0.
func NewCodeCache(size int) *CodeCache {
	programs, err := lru.New[cacheKey, *program](size)
	if err != nil {
		panic(fmt.Sprintf("BUG: host: code cache of %d programs: %v", size, err))
	}
	return &CodeCache{programs: programs}
}

// program is a template ready to run.
type program struct {
	image   []byte // what was loaded
	code    *interpreter.Code
	entry   uint32
	exports map[[4]byte]export
}

type export struct {
	addr          uint32
	principalOnly bool
}

// reserved are the methods that are principal-only in every template that exports athexp_verify.
var reserved = []string{"spawn", "verify", "max_spend", "spend", "proxy", "deploy"}

// Selector returns the first four bytes of BLAKE3 of a method's exported name, athexp_<name>.
func Selector(name string) [4]byte {
	h := address.CodeHash([]byte(elf.ExportPrefix + name))
	return [4]byte(h[:4])
}

var (
	selectorSpawn  = Selector("spawn")
	selectorVerify = Selector("verify")
)

// load returns the program with the given hash; nil when the loader refuses its code. read returns
// the code, which may be known, after everything that is done for it whether it is cached or not;
// what it reports false for is its caller's matter.
func (c *CodeCache) load(
	hash [32]byte, limits elf.Limits, schedule *metering.Schedule,
	read func(known []byte) ([]byte, bool),
) *program {
	key := cacheKey{hash, schedule.Version, limits.FileBytes}
	p, cached := c.programs.Get(key)
	var known []byte
	if cached {
		known = p.image
	}
	code, ok := read(known)
	switch {
	case !ok:
		return nil
	case cached:
		return p
	}
	file, exports, err := loadCode(code, limits)
	if err != nil {
		return nil // the guest's fault: whoever enters the code gets CodeInvalid
	}
	p = newProgram(file, exports, &schedule.Instruction)
	p.image = code
	c.programs.Add(key, p)
	return p
}

// loadCode reads a program and its methods by selector. It refuses two methods with one selector,
// which the loader, who knows names only, cannot see.
func loadCode(code []byte, limits elf.Limits) (*elf.Program, map[[4]byte]export, error) {
	file, err := elf.Load(code, limits)
	if err != nil {
		return nil, nil, err
	}
	exports := make(map[[4]byte]export, len(file.Exports))
	names := make(map[[4]byte]string, len(file.Exports))
	for _, e := range file.Exports {
		h := address.CodeHash([]byte(e.Name))
		selector := [4]byte(h[:4])
		if other, taken := names[selector]; taken {
			return nil, nil, fmt.Errorf("host: %s and %s have one selector, %x: rename one of them",
				other, e.Name, selector)
		}
		names[selector] = e.Name
		exports[selector] = export{e.Addr, e.PrincipalOnly}
	}
	return file, exports, nil
}

func newProgram(
	file *elf.Program, exports map[[4]byte]export, costs *metering.InstructionCosts,
) *program {
	p := &program{
		code: interpreter.Predecode(file, costs), entry: file.Entry, exports: exports,
	}
	_, guarded := p.exports[selectorVerify]
	for _, name := range reserved {
		if e, ok := p.exports[Selector(name)]; ok {
			e.principalOnly = true
			p.exports[Selector(name)] = e
		}
	}
	if !guarded { // principal-only means something only where a principal can be
		//lint:unordered each entry is changed alone
		for selector, e := range p.exports {
			e.principalOnly = false
			p.exports[selector] = e
		}
	}
	return p
}
