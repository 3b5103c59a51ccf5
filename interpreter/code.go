package interpreter

import (
	"encoding/binary"
	"sort"
	"sync"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// opcode numbers an operation of the loop: one instruction, or a few that follow each other fused.
type opcode uint16

// sink is the register that takes writes to x0.
const sink = riscv.Registers

// instruction is one predecoded word: 16 bytes. If its opcode is a fused one, the slots after it
// hold the operands of the other parts; they are also instructions of their own, so that control
// may enter anywhere.
type instruction struct {
	op  opcode
	rd  uint8 // sink instead of 0; of a store or branch, rs2
	rs1 uint8
	// imm is, of an operation on two registers, rs2; of a load or store the immediate less the guest
	// address of the window; of JALR less the region's base; of a branch or JAL the distance in
	// slots, in the loop's unit; otherwise the immediate. AUIPC is folded.
	imm int32
	// suffix is the price from this instruction to the end of its run, both included, as a meter
	// counts: gas in the high half, number of instructions in the low one.
	suffix int64
}

// region is an executable segment, predecoded as far as the file has contents.
type region struct {
	base uint32
	size uint32
	data []byte
	// code has one instruction for each whole word of data (zero-extended to a word), and one more
	// that leaves the loop where control falls off the end.
	code []instruction
}

// Code is a predecoded program. It is immutable and safe to share between machines and goroutines.
type Code struct {
	program *elf.Program
	costs   metering.InstructionCosts
	regions []region // sorted by base
	layout  layout
	free    bool      // some instruction costs nothing: such a program can be looked at, not run
	arenas  sync.Pool // of *arena, in the state of a fresh frame
}

// Predecode prepares a loaded program for execution under the given costs. A program is run only if
// every instruction costs at least 1: that bounds the work.
// Time and memory are proportional to the bytes of its segments, stack and initial heap.
func Predecode(p *elf.Program, costs *metering.InstructionCosts) *Code {
	c := &Code{program: p, costs: *costs}
	c.layout.init(p)
	for i := range p.Segments {
		if s := &p.Segments[i]; s.Executable {
			r := region{base: s.Addr, size: s.Size, data: s.Data}
			c.predecode(&r)
			c.regions = append(c.regions, r)
		}
	}
	return c
}

// Program returns the program that c was made from.
func (c *Code) Program() *elf.Program { return c.program }

// StartPages is the number of 4 KiB pages of segments, stack and initial heap: what a frame pays
// for at its start.
func (c *Code) StartPages() uint32 { return c.layout.pages }

// predecode fills r.code backwards, so that each suffix is the next one plus its own price.
func (c *Code) predecode(r *region) {
	n := min((uint32(len(r.data))+3)/4, r.size/4)
	r.code = make([]instruction, n+1)
	r.code[n].op = opSlow
	var price [riscv.NumOps]int64
	for op := range price {
		cost := c.costs.Of(riscv.Op(op))
		if uint64(cost)*uint64(n) > maxRunGas {
			panic("BUG: interpreter: prices are too high for the size of the code")
		}
		c.free = c.free || cost == 0
		price[op] = int64(cost)<<32 | 1
	}
	fuse := newFuser()
	for i := int(n) - 1; i >= 0; i-- {
		inst := riscv.Decode(r.word(uint32(i) * 4))
		code := &r.code[i]
		*code = c.slot(inst, r, uint32(i), n)
		code.suffix = price[inst.Op]
		if !endsRun(inst.Op) {
			code.suffix += r.code[i+1].suffix
		}
		code.op = fuse.next(code.op, endsRun(inst.Op))
	}
}

// slot returns the operation and operands of the instruction at slot i of n.
func (c *Code) slot(inst riscv.Inst, r *region, i, n uint32) instruction {
	out := instruction{op: singleOps[inst.Op], rd: inst.Rd, rs1: inst.Rs1, imm: inst.Imm}
	format := inst.Op.Format()
	if inst.Rd == 0 {
		out.rd = sink
	}
	switch {
	case inst.Op == riscv.JAL, format == riscv.FormatB:
		target := int64(i) + int64(inst.Imm/4)
		if inst.Imm%4 != 0 || target < 0 || target >= int64(n) {
			return instruction{op: opSlow}
		}
		out.imm = inst.Imm / 4 * slotUnit
		if format == riscv.FormatB {
			out.rd = inst.Rs2
		} else if inst.Rd == 0 {
			out.op = opJ
		}
	case inst.Op == riscv.JALR:
		out.imm -= int32(r.base)
		if inst.Rd == 0 {
			out.op = opJr
		}
	case format == riscv.FormatLoad:
		out.imm -= int32(c.layout.base)
	case format == riscv.FormatS:
		out.rd = inst.Rs2
		out.imm -= int32(c.layout.base)
	case inst.Op == riscv.AUIPC:
		out.imm += int32(r.base + i*4)
	case format == riscv.FormatR:
		out.imm = int32(inst.Rs2)
	}
	return out
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

// holds reports whether a whole instruction at pc can be fetched from r.
func (r *region) holds(pc uint32) bool { return uint64(pc-r.base)+4 <= uint64(r.size) }

// regionOf returns the region from which a whole instruction at pc can be fetched, or nil.
func (c *Code) regionOf(pc uint32) *region {
	i := sort.Search(len(c.regions), func(i int) bool { return c.regions[i].base > pc }) - 1
	if i < 0 || !c.regions[i].holds(pc) {
		return nil
	}
	return &c.regions[i]
}
