package bench

import (
	"fmt"
	"slices"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/riscv/elf"
)

// Kernel is one program of the set.
type Kernel struct {
	Name    string
	HeldOut bool // nothing may be tuned by it
	Full    Work // what the benchmark runs: n is the source's DEFAULT
	Quick   Work // what tests run
}

// Work is an input of a kernel and its checksum, which the native build of the source gave.
type Work struct {
	N        uint32
	Checksum uint64
}

// kernels is the set, sorted by name. A test runs all of the quick work, and compares N with the
// sources.
var kernels = []Kernel{
	{"bytecode", false, Work{180, 0x00270ab10000007f}, Work{2, 0x00006e9e0000007f}},
	{"crc32", false, Work{2500, 0x0000000029053d16}, Work{5, 0x00000000d849141f}},
	{"fib", false, Work{150, 0x866689aa3236b5bb}, Work{1, 0x000000000000b520}},
	{"json", true, Work{400, 0x1c204be64b76b61a}, Work{3, 0x103489f262c0eaf0}},
	{"keccak", false, Work{20000, 0x1985fa0c431d0745}, Work{50, 0x0c737c530cb8c71b}},
	{"ledger", false, Work{450, 0x88f6bc98691e271e}, Work{3, 0x0e7608f7f205a4c3}},
	{"lz", false, Work{180, 0x4d44c07f20ec40d6}, Work{2, 0x000000000006af5f}},
	{"mandelbrot", false, Work{30, 0xd06ba71da4bdd570}, Work{1, 0x6be6c4aebf42a0e1}},
	{"matmul", false, Work{150, 0x0413429f03228b2f}, Work{2, 0xa0241121f419c9cf}},
	{"mulmod", false, Work{150000, 0x5cf058865d6d4a1b}, Work{1000, 0xd3851409a4874810}},
	{"quicksort", false, Work{50, 0x1a303eb69be68eab}, Work{1, 0xb2d668a23302cdef}},
	{"sha256", false, Work{5000, 0x131e089241bab363}, Work{20, 0xbdd32607fa0dfb42}},
	{"sieve", false, Work{100, 0xee4d8d44ba3adf9c}, Work{1, 0x0059d800aaef666b}},
}

// Kernels returns the set, sorted by name.
func Kernels() []Kernel { return slices.Clone(kernels) }

// Find returns the kernels called names, or all for no names.
func Find(names []string) ([]Kernel, error) {
	if len(names) == 0 {
		return Kernels(), nil
	}
	var found []Kernel
	for _, name := range names {
		at := slices.IndexFunc(kernels, func(k Kernel) bool { return k.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("bench: no kernel %q; there are %v", name, fixtures.Kernels())
		}
		found = append(found, kernels[at])
	}
	return found, nil
}

// program loads the committed program of the kernel.
func (k Kernel) program() (*elf.Program, error) {
	file, err := fixtures.Kernel(k.Name)
	if err != nil {
		return nil, err
	}
	p, err := elf.Load(file, elf.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("bench: load kernel %s: %w", k.Name, err)
	}
	return p, nil
}
