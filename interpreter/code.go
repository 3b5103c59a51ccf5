package interpreter

import (
	"encoding/binary"
	"sort"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// opEnd is the pseudo-instruction after a region's last predecoded word: control fell off the end.
const opEnd = riscv.Op(riscv.NumOps)

// sink is the register that takes writes to x0.
const sink = riscv.Registers

// instruction is one predecoded word: 16 bytes.
type instruction struct {
	op  riscv.Op
	rd  uint8 // sink instead of 0
	rs1 uint8
	rs2 uint8
	imm int32
	// suffix is the gas from this instruction to the end of its run, both included.
	suffix uint64
}

// region is an executable segment, predecoded as far as the file has contents.
type region struct {
	base uint32
	size uint32
	data []byte
	// code has one instruction for each whole word of data (zero-extended to a word) and opEnd last.
	code []instruction
}

// Code is a predecoded program. It is immutable and safe to share between machines and goroutines.
type Code struct {
	program    *elf.Program
	costs      metering.InstructionCosts
	regions    []region // sorted by base
	startPages uint32
}

// Predecode prepares a loaded program for execution under the given costs. Time and memory are
// proportional to the bytes of its executable segments.
func Predecode(p *elf.Program, costs *metering.InstructionCosts) *Code {
	c := &Code{program: p, costs: *costs, startPages: startPages(p)}
	for i := range p.Segments {
		if s := &p.Segments[i]; s.Executable {
			r := region{base: s.Addr, size: s.Size, data: s.Data}
			r.code = c.predecode(&r)
			c.regions = append(c.regions, r)
		}
	}
	return c
}

// Program returns the program that c was made from.
func (c *Code) Program() *elf.Program { return c.program }

// StartPages is the number of 4 KiB pages of segments, stack and initial heap: what a frame pays
// for at its start.
func (c *Code) StartPages() uint32 { return c.startPages }

// predecode fills instructions backwards, so that each suffix is the next one plus its own cost.
func (c *Code) predecode(r *region) []instruction {
	n := min((uint32(len(r.data))+3)/4, r.size/4)
	code := make([]instruction, n+1)
	code[n] = instruction{op: opEnd}
	for i := int(n) - 1; i >= 0; i-- {
		inst := riscv.Decode(r.word(uint32(i) * 4))
		suffix := uint64(c.costs.Of(inst.Op))
		if !endsRun(inst.Op) {
			suffix += code[i+1].suffix
		}
		if inst.Rd == 0 {
			inst.Rd = sink
		}
		code[i] = instruction{inst.Op, inst.Rd, inst.Rs1, inst.Rs2, inst.Imm, suffix}
	}
	return code
}

// endsRun reports whether control may go elsewhere after op.
func endsRun(op riscv.Op) bool {
	switch op {
	case riscv.JAL, riscv.JALR, riscv.BEQ, riscv.BNE, riscv.BLT, riscv.BGE, riscv.BLTU, riscv.BGEU,
		riscv.ECALL, riscv.EBREAK, riscv.OpIllegal:
		return true
	default:
		return false
	}
}

// word returns the four bytes at off, zero beyond the file's contents.
func (r *region) word(off uint32) uint32 {
	if uint64(off)+4 <= uint64(len(r.data)) {
		return binary.LittleEndian.Uint32(r.data[off:])
	}
	var tail [4]byte
	if uint64(off) < uint64(len(r.data)) {
		copy(tail[:], r.data[off:])
	}
	return binary.LittleEndian.Uint32(tail[:])
}

// regionOf returns the region from which a whole instruction at pc can be fetched, or nil.
func (c *Code) regionOf(pc uint32) *region {
	i := sort.Search(len(c.regions), func(i int) bool { return c.regions[i].base > pc }) - 1
	if i < 0 {
		return nil
	}
	if r := &c.regions[i]; uint64(pc-r.base)+4 <= uint64(r.size) {
		return r
	}
	return nil
}

// startPages counts the distinct pages that hold a byte of a segment, the stack or the initial
// heap.
func startPages(p *elf.Program) uint32 {
	type interval struct{ first, last uint32 } // page numbers
	var all []interval
	add := func(start, end uint32) {
		if start < end {
			all = append(all, interval{start / elf.PageSize, (end - 1) / elf.PageSize})
		}
	}
	for i := range p.Segments {
		add(p.Segments[i].Addr, p.Segments[i].End())
	}
	add(p.StackTop-p.StackSize, p.StackTop)
	add(p.HeapStart, p.InitialHeapEnd())
	sort.Slice(all, func(i, j int) bool { return all[i].first < all[j].first })
	var pages, next uint32 // next is the first page not yet counted
	for _, v := range all {
		if first := max(v.first, next); first <= v.last {
			pages += v.last - first + 1
			next = v.last + 1
		}
	}
	return pages
}
