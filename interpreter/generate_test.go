package interpreter

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// shape is a kind of random program.
type shape int

const (
	structured shape = iota // loops, calls, accesses in bounds: mostly ends with success
	edges                   // the same, with pointers near the ends of everything
	spaghetti               // jumps everywhere, into the middle of everything
	corrupted               // structured, then words replaced
	noise                   // words that are mostly instructions: mostly traps
	shapes
)

// generator writes a random program into a random address space.
type generator struct {
	*rand.Rand
	shape shape
	few   bool   // only a few registers are used
	base  uint32 // of the text
	words []uint32
	p     *elf.Program
}

// Registers with a purpose: the rest is for anything.
const (
	regReturn  = 27 // s11 keeps ra
	regCounter = 26 // s10 counts loops
	regText    = 25 // s9 is the begin of the text
	regFirst   = 8  // s0 and the next three point to memory
	pointers   = 4
)

// generate returns a random program; equal seeds give equal programs.
func generate(seed uint64, s shape) *elf.Program {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(s))), shape: s}
	g.place()
	switch s {
	case spaghetti:
		g.jumble(8 + g.IntN(60))
	case noise:
		for range 4 + g.IntN(60) {
			g.words = append(g.words, randomWord(g.Rand))
		}
	default:
		g.structure()
	}
	for k := 0; s == corrupted && k < 1+g.IntN(4); k++ {
		g.words[g.IntN(len(g.words))] = randomWord(g.Rand)
	}
	g.finish()
	return g.p
}

// generateFused returns a program of one fused operation, again and again.
func generateFused(seed uint64, s shape, parts []opcode) *elf.Program {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 9)), shape: s, few: true}
	g.place()
	g.put(riscv.ADDI, regReturn, riscv.RegRA, 0, 0)
	g.set(regText, g.base)
	for range 4 {
		for r := range pointers {
			g.set(uint8(regFirst+r), g.address())
		}
		for r := range uint8(3) {
			g.set(12+r, g.Uint32()>>g.IntN(32))
		}
		for range 3 {
			g.fused(parts)
		}
	}
	g.put(riscv.JALR, 0, regReturn, 0, 0)
	for len(g.words)%8 != 0 { // where jumps of the last ones may go
		g.put(riscv.JALR, 0, regReturn, 0, 0)
	}
	g.finish()
	return g.p
}

// place chooses an address space: where text, data, stack and heap are, how they touch, how far
// apart they lie.
func (g *generator) place() {
	g.base = 0x10000 + 4*g.Uint32N(3)
	g.p = &elf.Program{StackSize: 16 * (1 + g.Uint32N(300)), HeapPages: g.Uint32N(3)}
	data := g.base + 0x1000 + g.Uint32N(64)
	size := 1 + g.Uint32N(5000)
	if g.IntN(2) == 0 { // ends with a granule
		size += -(data + size) % granule
	}
	g.p.Segments = []elf.Segment{
		{Addr: g.base, Executable: true}, // finish gives it its contents
		{Addr: data, Size: size, Data: g.bytes(g.Uint32N(size + 1)), Writable: g.IntN(4) != 0},
	}
	next := data + size + []uint32{0, 0, 1, 15, 5000, maxGap + 9}[g.IntN(6)]
	if g.IntN(3) != 0 {
		more := 1 + g.Uint32N(100)
		g.p.Segments = append(g.p.Segments, elf.Segment{
			Addr: next, Size: more, Data: g.bytes(g.Uint32N(more + 1)), Writable: g.IntN(2) == 0,
		})
		next += more
	}
	g.p.HeapStart = next
	switch top := (g.p.InitialHeapEnd() + 15) &^ 15; g.IntN(4) {
	case 0: // right below the text
		g.p.StackTop = g.base &^ 15
	case 1: // right above the heap
		g.p.StackTop = top + g.p.StackSize
	case 2: // a little above it, so that it can grow until they meet
		g.p.StackTop = top + g.p.StackSize + 16*g.Uint32N(1000)
	default: // far away
		g.p.StackTop = 0x6000_0000
	}
}

func (g *generator) bytes(n uint32) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

// finish puts the text in place, sometimes as two segments that touch, sometimes with a zero tail,
// sometimes without its last bytes.
func (g *generator) finish() {
	var text []byte
	for _, w := range g.words {
		text = binary.LittleEndian.AppendUint32(text, w)
	}
	if g.IntN(8) == 0 {
		text = text[:len(text)-g.IntN(4)]
	}
	n := uint32(len(text))
	first := &g.p.Segments[0]
	first.Size, first.Data = n, text
	switch cut := 4 * g.Uint32N(n/4); g.IntN(6) {
	case 0:
		first.Size += g.Uint32N(12)
	case 1:
		if cut > 0 {
			first.Size, first.Data = cut, text[:cut]
			second := elf.Segment{Addr: g.base + cut, Size: n - cut, Data: text[cut:], Executable: true}
			g.p.Segments = append([]elf.Segment{*first, second}, g.p.Segments[1:]...)
		}
	}
}

// put appends an instruction.
func (g *generator) put(op riscv.Op, rd, rs1, rs2 uint8, imm int32) {
	word, err := riscv.Encode(riscv.Inst{Op: op, Rd: rd, Rs1: rs1, Rs2: rs2, Imm: imm})
	if err != nil {
		panic(err)
	}
	g.words = append(g.words, word)
}

// set puts v into a register.
func (g *generator) set(r uint8, v uint32) {
	high := (v + 0x800) &^ 0xfff
	g.put(riscv.LUI, r, 0, 0, int32(high))
	g.put(riscv.ADDI, r, r, 0, int32(v-high))
}

// any is a register without a purpose, or x0.
func (g *generator) any() uint8 {
	if g.few {
		return uint8(12 + g.IntN(3))
	}
	for {
		if r := uint8(g.IntN(riscv.Registers)); r != riscv.RegRA && r != riscv.RegSP &&
			r != regReturn && r != regCounter && r != regText &&
			(r < regFirst || r >= regFirst+pointers) {
			return r
		}
	}
}

// address is somewhere in memory; with edges, near the end of some piece of it.
func (g *generator) address() uint32 {
	at := []uint32{g.base, g.p.StackTop, g.p.StackTop - g.p.StackSize, g.p.HeapStart,
		g.p.InitialHeapEnd()}
	for i := range g.p.Segments {
		at = append(at, g.p.Segments[i].Addr, g.p.Segments[i].End())
	}
	a := at[g.IntN(len(at))]
	if g.shape == edges && g.few {
		return a + g.Uint32N(6) - 4
	}
	if g.shape == edges {
		return a + g.Uint32N(40) - 20
	}
	data := &g.p.Segments[1]
	if data.Size > 64 && g.IntN(2) == 0 {
		return data.Addr + 16 + g.Uint32N(data.Size-48)
	}
	return g.p.StackTop - min(g.p.StackSize, 64) + 16
}

// structure writes a main program of blocks, with functions after it, that mostly ends well.
func (g *generator) structure() {
	g.put(riscv.ADDI, regReturn, riscv.RegRA, 0, 0)
	g.set(regText, g.base)
	for r := range pointers {
		g.set(uint8(regFirst+r), g.address())
	}
	var calls []int // places of calls, to be patched
	for range 1 + g.IntN(8) {
		switch g.IntN(5) {
		case 0: // a loop
			g.put(riscv.ADDI, regCounter, 0, 0, int32(1+g.IntN(9)))
			begin := len(g.words)
			g.straight(1 + g.IntN(8))
			g.put(riscv.ADDI, regCounter, regCounter, 0, -1)
			g.put(riscv.BNE, 0, regCounter, 0, int32(4*(begin-len(g.words))))
		case 1: // a branch over something
			n := 1 + g.IntN(5)
			at := len(g.words)
			g.words = append(g.words, 0)
			g.straight(n)
			g.patch(at, riscv.BEQ+riscv.Op(g.IntN(6)), len(g.words))
		case 2: // a call
			calls = append(calls, len(g.words))
			g.words = append(g.words, 0)
		case 3: // a computed jump to the next block, or into it
			g.straight(2)
			r := g.any()
			g.put(riscv.AUIPC, r, 0, 0, 0)
			g.put(riscv.JALR, uint8(g.IntN(2))*g.any(), r, 0, int32(8+4*g.IntN(3)))
			g.straight(3)
		default:
			g.straight(1 + g.IntN(12))
		}
	}
	g.put(riscv.JALR, 0, regReturn, 0, 0)
	function := len(g.words)
	g.straight(1 + g.IntN(10))
	g.put(riscv.JALR, 0, riscv.RegRA, 0, 0)
	for _, at := range calls {
		g.patch(at, riscv.JAL, function+g.IntN(2))
	}
}

// patch makes the word at a jump or branch to another one.
func (g *generator) patch(at int, op riscv.Op, to int) {
	rest := append([]uint32(nil), g.words[at+1:]...)
	g.words = g.words[:at]
	distance := int32(4 * (to - at))
	if op == riscv.JAL {
		g.put(op, riscv.RegRA, 0, 0, distance)
	} else {
		g.put(op, 0, g.any(), g.any(), distance)
	}
	g.words = append(g.words, rest...)
}

// straight writes n pieces: arithmetic, accesses through the pointers, host calls, and what becomes
// a fused operation.
func (g *generator) straight(n int) {
	for range n {
		if g.IntN(4) == 0 {
			g.fused(fusedOps[g.IntN(len(fusedOps))])
			continue
		}
		r, a, b := g.any(), g.any(), g.any()
		pointer := uint8(regFirst + g.IntN(pointers))
		switch g.IntN(12) {
		case 0:
			g.put(riscv.LUI, r, 0, 0, int32(g.Uint32()&^0xfff))
			g.put(riscv.ADDI, r, r, 0, int32(g.IntN(4096)-2048))
		case 1, 2:
			g.put(riscv.ADDI+riscv.Op(g.IntN(6)), r, a, 0, int32(g.IntN(4096)-2048))
		case 3:
			g.put(riscv.SLLI+riscv.Op(g.IntN(3)), r, a, 0, int32(g.IntN(32)))
		case 4, 5:
			g.put(riscv.ADD+riscv.Op(g.IntN(10)), r, a, b, 0)
		case 6:
			g.put(riscv.MUL+riscv.Op(g.IntN(8)), r, a, b, 0)
		case 7, 8:
			g.put(riscv.LB+riscv.Op(g.IntN(5)), r, pointer, 0, int32(g.IntN(32)-12))
		case 9, 10:
			g.put(riscv.SB+riscv.Op(g.IntN(3)), 0, pointer, b, int32(g.IntN(32)-12))
		default:
			switch g.IntN(8) {
			case 0:
				g.put(riscv.ECALL, 0, 0, 0, 0)
			case 1:
				g.put(riscv.AUIPC, r, 0, 0, int32(g.Uint32()&^0xfff))
			case 2:
				g.put(riscv.FENCE, 0, 0, 0, 0)
			case 3: // moves a pointer, perhaps out of bounds
				g.put(riscv.ADDI, pointer, pointer, 0, int32(g.IntN(64)-32))
			default:
				g.put(riscv.ADDI, r, r, 0, 1)
			}
		}
	}
}

// fused writes the instructions of a fused operation. If it ends with a jump, that goes a little
// further on.
func (g *generator) fused(parts []opcode) {
	for _, part := range parts {
		r, a, b := g.any(), g.any(), g.any()
		pointer := uint8(regFirst + g.IntN(pointers))
		further, near := int32(4*(1+g.IntN(4))), int32(g.IntN(32)-12)
		if g.few {
			near = int32(g.IntN(3)) - 1
		}
		op := instructionOf[part]
		switch op.Format() {
		case riscv.FormatU:
			g.put(op, r, 0, 0, int32(g.Uint32()&^0xfff))
		case riscv.FormatI:
			if op != riscv.JALR {
				g.put(op, r, a, 0, int32(g.IntN(4096)-2048))
			} else if to := int32(4*len(g.words)) + further; to < 2048 {
				g.put(op, linked(part, r), regText, 0, to+int32(g.IntN(2)))
			}
		case riscv.FormatShift:
			g.put(op, r, a, 0, int32(g.IntN(32)))
		case riscv.FormatLoad:
			g.put(op, r, pointer, 0, near)
		case riscv.FormatS:
			g.put(op, 0, pointer, b, near)
		case riscv.FormatB:
			g.put(op, 0, a, b, further)
		case riscv.FormatJ:
			g.put(op, linked(part, r), 0, 0, further)
		default:
			g.put(op, r, a, b, 0)
		}
	}
}

// linked is the register that a jump links: none, if the operation is the one without a link.
func linked(part opcode, r uint8) uint8 {
	if part == opJ || part == opJr {
		return 0
	}
	return max(r, 1)
}

// instructionOf is the inverse of singleOps.
var instructionOf = func() map[opcode]riscv.Op {
	m := map[opcode]riscv.Op{opJ: riscv.JAL, opJr: riscv.JALR}
	for op, part := range singleOps {
		if part != opSlow {
			m[part] = riscv.Op(op)
		}
	}
	return m
}()

// jumble writes n instructions of which every other goes anywhere.
func (g *generator) jumble(n int) {
	for r := range uint8(pointers) {
		g.set(regFirst+r, g.base+2*g.Uint32N(2*uint32(n)+20))
	}
	for len(g.words) < n+2*pointers {
		to := int32(2 * (g.IntN(4*n) - 2*len(g.words)))
		if g.IntN(6) != 0 {
			to &^= 3
		}
		switch g.IntN(8) {
		case 0:
			g.put(riscv.JAL, g.any()*uint8(g.IntN(2)), 0, 0, to)
		case 1:
			g.put(riscv.JALR, g.any(), uint8(regFirst+g.IntN(pointers)), 0, int32(g.IntN(40)-20))
		case 2, 3:
			g.put(riscv.BEQ+riscv.Op(g.IntN(6)), 0, g.any(), g.any(), to)
		default:
			g.straight(1)
		}
	}
}
