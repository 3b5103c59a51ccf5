package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// executed is how many instructions of a program that is run are counted.
const executed = 20_000_000

// sequence is a straight line of operations, as entered, and how often.
type sequence struct {
	parts  [][]string // operations, each of one or more parts
	weight float64
}

// program is a file of the corpus.
type program struct {
	name  string
	file  *elf.Program
	count map[uint32]float64 // entries of straight lines, and how often they were entered
}

func loadProgram(path string) (*program, error) {
	data, err := os.ReadFile(path) //nolint:gosec // named by the developer
	if err != nil {
		return nil, err
	}
	file, err := elf.Load(data, elf.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &program{filepath.Base(path), file, make(map[uint32]float64)}, nil
}

// inst decodes the instruction at pc.
func (p *program) inst(pc uint32) (riscv.Inst, bool) {
	for i := range p.file.Segments {
		s := &p.file.Segments[i]
		off := uint64(pc) - uint64(s.Addr)
		if s.Executable && s.Contains(pc, 4) && off+4 <= uint64(len(s.Data)) {
			return riscv.Decode(binary.LittleEndian.Uint32(s.Data[off:])), true
		}
	}
	return riscv.Inst{}, false
}

// countStatic counts each place that a branch, a jump or an export names, and each after a run,
// once.
func (p *program) countStatic() {
	for _, e := range p.file.Exports {
		p.count[e.Addr] = 1
	}
	for i := range p.file.Segments {
		s := &p.file.Segments[i]
		if !s.Executable {
			continue
		}
		for pc := s.Addr; pc+4 <= s.Addr+uint32(len(s.Data)); pc += 4 {
			inst, _ := p.inst(pc)
			if ends(inst.Op) && inst.Op != riscv.OpIllegal {
				p.count[pc+4] = 1
			}
			if inst.Op == riscv.JAL || inst.Op.Format() == riscv.FormatB {
				p.count[pc+uint32(inst.Imm)] = 1
			}
		}
	}
}

// countDynamic runs the program with an empty input and counts where straight lines are entered.
func (p *program) countDynamic() error {
	costs := metering.V1().Instruction
	m := stepper.New(p.file, &costs)
	m.Start(p.file.Entry, 1<<62)
	entered := true
	for range executed {
		pc := m.PC()
		if entered {
			p.count[pc]++
		}
		inst, _ := p.inst(pc)
		entered = ends(inst.Op)
		stop, stopped := m.Step()
		switch {
		case !stopped:
		case stop.Kind != engine.HostCall:
			return fmt.Errorf("%s: %v at %#x", p.name, stop, pc)
		case m.Reg(riscv.RegT0) == 0: // HALT
			return nil
		default: // input_left gives 0, write gives nothing
			m.SetReg(riscv.RegT0, 0)
		}
	}
	return nil
}

// sequences are the straight lines of the program. All programs have the same sum of weights.
func (p *program) sequences() []sequence {
	var all []sequence
	total := 0.0
	for entry, n := range p.count { //lint:unordered sums of integers
		var s sequence
		for pc := entry; ; pc += 4 {
			inst, ok := p.inst(pc)
			if !ok || nameOf(inst) == "slow" {
				break
			}
			s.parts = append(s.parts, []string{nameOf(inst)})
			if ends(inst.Op) {
				break
			}
		}
		s.weight = n
		total += n * float64(len(s.parts))
		all = append(all, s)
	}
	for i := range all {
		all[i].weight /= total
	}
	return all
}

// nameOf is the operation that Predecode makes of a regular instruction.
func nameOf(i riscv.Inst) string {
	switch {
	case i.Op == riscv.LUI || i.Op == riscv.AUIPC:
		return "li"
	case i.Op == riscv.JAL && i.Rd == 0:
		return "j"
	case i.Op == riscv.JALR && i.Rd == 0:
		return "jr"
	case i.Op == riscv.FENCE:
		return "nop"
	case i.Op == riscv.ECALL || i.Op == riscv.EBREAK || i.Op == riscv.OpIllegal:
		return "slow"
	}
	return strings.ToLower(i.Op.String())
}

// ends reports whether a straight line ends with op.
func ends(op riscv.Op) bool {
	name := nameOf(riscv.Inst{Op: op, Rd: 1})
	o, ok := named(name)
	return !ok || o.kind > access
}
