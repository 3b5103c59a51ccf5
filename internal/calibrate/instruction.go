package calibrate

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

const (
	// turnLength is the number of instructions of a class whose gas a turn of a program gets; it runs
	// until all is burnt. More than the cache lines of chaseBytes.
	turnLength = 1 << 19
	// unrolled is how often a body stands in its loop, so that the loop does not count.
	unrolled = 256
	// footprint is the number of instructions of a program that no branch predictor learns by heart.
	footprint = 24 << 10
	// chaseBytes is the memory over which loads miss: nearly all that a frame may have.
	chaseBytes = 15 << 20
	lineBytes  = 64

	heapLayout = ".layout 0x200400, 0x10000, 4000\n"
)

// kernel is a program for the price of a class.
type kernel struct {
	class metering.Class
	name  string
	text  string // setup, then a label loop, and what loops
	body  string // repeated unrolled times in place of BODY
	fill  func(m *interpreter.Machine, o *asm.Object) error
}

var classNames = [metering.Classes]string{
	"ALU", "Mul", "Div", "Load", "Store", "Branch", "Jump", "Indirect", "ECALL", "Illegal",
}

// xorshift steps the random number in t1; it spoils t2.
const xorshift = `
	slli t2, t1, 13
	xor t1, t1, t2
	srli t2, t1, 17
	xor t1, t1, t2
	slli t2, t1, 5
	xor t1, t1, t2
`

func kernels() []kernel {
	return slices.Concat(arithmetic(), accesses(), transfers())
}

func arithmetic() []kernel {
	return []kernel{
		{class: metering.ClassALU, name: "dependent additions", body: "add t1, t1, t2\n"},
		{class: metering.ClassALU, name: "dense mix", body: `add t1, t1, t2
			xori t3, t1, 5
			sltu t4, t3, t1
			srai t2, t1, 3
			lui t5, 77
			or t6, t5, t4
		`},
		{class: metering.ClassALU, name: "no predictor learns it",
			text: "loop:\n" + randomCode(aluOps) + "\tj loop\n"},
		{class: metering.ClassMul, name: "dependent", body: "mul t1, t1, t2\nmulh t1, t1, t2\n"},
		{class: metering.ClassMul, name: "signed by unsigned", body: "mulhsu t1, t1, t2\n"},
		{class: metering.ClassDiv, name: "chain with slow operands",
			body: "divu t3, t1, t2\nor t3, t3, t2\nremu t4, t1, t3\nor t2, t2, t4\n"},
		{class: metering.ClassMul, name: "no predictor learns it",
			text: "loop:\n" + randomCode([]string{"mul", "mulh", "mulhu", "mulhsu"}) + "\tj loop\n"},
		{class: metering.ClassDiv, name: "no predictor learns it",
			text: "loop:\n" + randomCode([]string{"div", "divu", "rem", "remu"}) + "\tj loop\n"},
		{class: metering.ClassDiv, name: "signed", body: "div t3, t1, t2\nrem t4, t1, t2\n"},
	}
}

func accesses() []kernel {
	return []kernel{
		{class: metering.ClassLoad, name: "one word", text: "mv t1, sp\n", body: "lw t2, -64(t1)\n"},
		{class: metering.ClassLoad, name: "bytes", text: "mv t1, sp\n",
			body: "lb t2, -64(t1)\nlbu t3, -63(t1)\nlh t4, -62(t1)\n"},
		{class: metering.ClassLoad, name: "misaligned", text: "mv t1, sp\n", body: "lw t2, -63(t1)\n"},
		{class: metering.ClassLoad, name: "text and stack in turn",
			text: "mv t1, sp\nla t3, loop\n", body: "lw t2, -64(t1)\nlw t4, 0(t3)\n"},
		{class: metering.ClassLoad, name: "where mapped memory ends", text: "mv t1, sp\n",
			body: "lw t2, -4(t1)\n"},
		{class: metering.ClassLoad, name: "chain that misses the cache", text: heapLayout +
			"la t1, _end\naddi t1, t1, 63\nandi t1, t1, -64\n", body: "lw t1, 0(t1)\n", fill: chase},
		{class: metering.ClassStore, name: "one word", text: "mv t1, sp\n", body: "sw t2, -64(t1)\n"},
		{class: metering.ClassStore, name: "misaligned", text: "mv t1, sp\n", body: "sw t2, -63(t1)\n"},
		{class: metering.ClassStore, name: "stack and data in turn",
			text: "mv t1, sp\nla t3, word\n", body: "sw t2, -64(t1)\nsw t2, 0(t3)\n"},
		{class: metering.ClassStore, name: "where mapped memory ends", text: "mv t1, sp\n",
			body: "sw t2, -4(t1)\n"},
		{class: metering.ClassStore, name: "strides that miss the cache", text: heapLayout +
			"la s0, _end\nli s1, 0x7FFFC0\nli t3, 0x1F3540\nloop:\n" +
			strings.Repeat("add t1, t1, t3\nand t1, t1, s1\nadd t4, t1, s0\nsw t1, 0(t4)\n", unrolled/4) +
			"\tj loop\n"},
	}
}

// transfers are those of control.
func transfers() []kernel {
	return []kernel{
		{class: metering.ClassBranch, name: "not taken", body: "bne t1, t1, loop\n"},
		{class: metering.ClassBranch, name: "taken", body: "beq t1, t1, .+4\n"},
		{class: metering.ClassBranch, name: "no predictor guesses it", text: `
			li t1, 0x12345678
			loop:` + xorshift + strings.Repeat("\tslli t2, t2, 1\n\tbltz t2, .+4\n", 24) + "\tj loop\n"},
		{class: metering.ClassJump, name: "no predictor learns what follows",
			text: "loop:\n" + randomCode(jumpOps) + "\tj loop\n"},
		{class: metering.ClassJump, name: "to the next", body: "jal t1, .+4\n"},
		{class: metering.ClassJump, name: "over a page and back", body: "j .+8\nnop\n"},
		{class: metering.ClassIndirect, name: "one target", text: "la t1, here\nloop:\nhere: jr t1\n"},
		{class: metering.ClassIndirect, name: "no predictor guesses it", text: heapLayout + jumpChain(),
			fill: jumps},
		{class: metering.ClassECALL, name: "to the host and back", body: "ecall\n"},
	}
}

var (
	immediateOps = []string{"addi", "xori", "ori", "andi", "slti", "sltiu", "slli", "srli", "srai"}
	aluOps       = slices.Concat(immediateOps,
		[]string{"add", "sub", "xor", "or", "and", "sll", "srl", "sra", "slt", "sltu"})
	jumpOps = append(slices.Repeat([]string{"jal"}, len(aluOps)), aluOps...)
)

// randomCode is straight code of the operations in an order without a pattern.
func randomCode(ops []string) string {
	r := rand.New(rand.NewPCG(1, 2))
	reg := func() string { return fmt.Sprintf("x%d", 5+r.IntN(27)) }
	var b strings.Builder
	for range footprint {
		op, last := ops[r.IntN(len(ops))], reg()
		if op == "jal" {
			b.WriteString("\tj .+4\n")
			continue
		}
		if strings.HasSuffix(op, "i") || op == "sltiu" {
			last = fmt.Sprint(1 + r.IntN(31))
		}
		fmt.Fprintf(&b, "\t%s %s, %s, %s\n", op, reg(), reg(), last)
	}
	return b.String()
}

// chase fills the heap with a cycle of pointers that visits its cache lines in random order.
func chase(m *interpreter.Machine, o *asm.Object) error {
	end, _ := o.Symbol("_end")
	base := (end + lineBytes - 1) &^ (lineBytes - 1)
	order := rand.New(rand.NewPCG(3, 4)).Perm(chaseBytes / lineBytes)
	for i, at := range order {
		next := base + uint32(order[(i+1)%len(order)])*lineBytes
		if err := poke(m, base+uint32(at)*lineBytes, next); err != nil {
			return err
		}
	}
	return nil
}

// Sizes of the chain of indirect jumps: how many places they lead to, and how long the list is.
const (
	jumpTargets = 256
	jumpList    = 1 << 16
)

// jumpChain reads its targets from a list that jumps made.
func jumpChain() string {
	var b strings.Builder
	b.WriteString("la s0, _end\naddi s0, s0, 3\nandi s0, s0, -4\nmv s1, s0\n")
	fmt.Fprintf(&b, "li s2, %d\nloop:\n", 4*(jumpList-1))
	// Each place begins with another operation, or the machine's own jumps would be guessed.
	r := rand.New(rand.NewPCG(9, 10))
	for range jumpTargets {
		fmt.Fprintf(&b, "%s t6, t5, %d\n", immediateOps[r.IntN(len(immediateOps))], 1+r.IntN(31))
		b.WriteString("lw t2, 0(s1)\naddi t1, t1, 4\nand t1, t1, s2\nadd s1, s0, t1\njr t2\n")
	}
	return b.String()
}

func jumps(m *interpreter.Machine, o *asm.Object) error {
	end, _ := o.Symbol("_end")
	first, _ := o.Symbol("loop")
	base := (end + 3) &^ 3
	r := rand.New(rand.NewPCG(5, 6))
	for i := range uint32(jumpList) {
		if err := poke(m, base+4*i, first+24*uint32(r.IntN(jumpTargets))); err != nil {
			return err
		}
	}
	return nil
}

func poke(m *interpreter.Machine, addr, v uint32) error {
	if !m.Write(addr, binary.LittleEndian.AppendUint32(nil, v)) {
		return fmt.Errorf("calibrate: cannot write at %#x", addr)
	}
	return nil
}

// source is the whole program: the text as it is if it loops by itself, else a loop of the body.
func (k *kernel) source() string {
	text := "_start:\nli t1, -1\nli t2, 3\n" + k.text
	if k.body != "" {
		text += "loop:\n" + strings.Repeat(k.body, unrolled) + "\tj loop\n"
	}
	return text + ".data\nword: .word 0\n_end:\n"
}

// share is the part of the loop's instructions that is of the kernel's class.
func (k *kernel) share(o *asm.Object) float64 {
	loop, _ := o.Symbol("loop")
	words := o.Words()[(loop-o.Text.Addr)/4:]
	of := 0
	for _, w := range words {
		if metering.ClassOf(riscv.Decode(w).Op) == k.class {
			of++
		}
	}
	return float64(of) / float64(len(words))
}

// instructionCase is a kernel as a case. A program runs without end, so a turn is a fixed number of
// gas; alu points to the time of the plainest instruction, which is taken off for those that stand
// between the ones of the class.
func instructionCase(k kernel, s *metering.Schedule, alu *float64) Case {
	c := Case{Group: groupInstruction, Price: classNames[k.class], Name: k.name}
	c.prepare = func() (*turn, error) {
		m, o, err := newMachine(k.source(), s)
		if err != nil {
			return nil, fmt.Errorf("calibrate: %s: %w", k.name, err)
		}
		if k.fill != nil {
			if err := k.fill(m, o); err != nil {
				return nil, err
			}
		}
		t := &turn{close: m.Release, share: k.share(o), others: alu, classGas: s.Instruction[k.class]}
		gas := turnLength * uint64(t.classGas)
		t.run = func() (uint64, error) {
			m.Start(o.Text.Addr, gas)
			for {
				stop := m.Run()
				switch {
				case stop.Kind == interpreter.HostCall:
				case stop.Trap == trap.OutOfGas:
					t.instructions = m.Instructions()
					return gas, nil
				default:
					return 0, fmt.Errorf("calibrate: %s: %s at %#x", k.name, stop.Trap, m.PC())
				}
			}
		}
		return t, nil
	}
	return c
}

// newMachine assembles a program and returns a frame of it.
func newMachine(source string, s *metering.Schedule) (*interpreter.Machine, *asm.Object, error) {
	o, err := asm.Assemble(source, asm.DefaultBase)
	if err != nil {
		return nil, nil, err
	}
	limits := elf.DefaultLimits()
	limits.FileBytes *= 2 // it need not fit a template
	program, err := elf.Load(o.ELF(asm.ELFOptions{}), limits)
	if err != nil {
		return nil, nil, err
	}
	return interpreter.NewMachine(interpreter.Predecode(program, &s.Instruction)), o, nil
}

// illegalRuns is how many frames a turn of illegalCase ends.
const illegalRuns = 1 << 12

// illegalCase executes an illegal encoding again and again. Each is the last instruction of its
// frame, so the frame is started anew, which is taken off: CallBase pays for that.
func illegalCase(s *metering.Schedule) Case {
	c := Case{
		Group: groupInstruction, Price: classNames[metering.ClassIllegal], Name: "that ends a frame",
	}
	c.prepare = func() (*turn, error) {
		m, o, err := newMachine("_start: .word 0\n", s)
		if err != nil {
			return nil, fmt.Errorf("calibrate: illegal: %w", err)
		}
		cost := uint64(s.Instruction[metering.ClassIllegal])
		start := func() (uint64, error) {
			for range illegalRuns {
				m.Start(o.Text.Addr, cost)
			}
			return 0, nil
		}
		run := func() (gas uint64, err error) {
			for range illegalRuns {
				m.Start(o.Text.Addr, cost)
				if stop := m.Run(); stop.Trap != trap.IllegalInstruction {
					return 0, fmt.Errorf("calibrate: illegal: %s", stop.Trap)
				}
				gas += cost - m.Gas()
			}
			return gas, nil
		}
		return &turn{run: run, idle: start, units: illegalRuns, close: m.Release}, nil
	}
	return c
}
