package asm

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/athenarollup/athena/riscv"
)

// instructionSize returns the bytes of an instruction or pseudo-instruction (first pass).
func (a *assembler) instructionSize(name string, args []string) (int64, error) {
	switch name {
	case "la":
		return 8, nil
	case "li":
		if len(args) != 2 {
			return 0, fmt.Errorf("want li rd, value")
		}
		if v, err := a.eval(args[1], 0); err == nil && !strings.Contains(args[1], ".") {
			return int64(4 * len(loadImmediate(0, uint32(v)))), nil
		}
		return 8, nil // an address: known only in the second pass, which reports what is wrong
	}
	if _, ok := pseudos[name]; ok {
		return 4, nil
	}
	if _, ok := riscv.OpNamed(name); ok {
		return 4, nil
	}
	return 0, fmt.Errorf("unknown instruction %q", name)
}

// loadImmediate is the shortest sequence that sets rd to v.
func loadImmediate(rd uint8, v uint32) []riscv.Inst {
	if s := int32(v); s >= -2048 && s <= 2047 {
		return []riscv.Inst{{Op: riscv.ADDI, Rd: rd, Imm: s}}
	}
	pair := loadAddress(rd, v)
	if pair[1].Imm == 0 {
		return pair[:1]
	}
	return pair
}

// loadAddress is LUI and ADDI, always both.
func loadAddress(rd uint8, v uint32) []riscv.Inst {
	low := int32(v<<20) >> 20
	return []riscv.Inst{
		{Op: riscv.LUI, Rd: rd, Imm: int32((v + 0x800) &^ 0xfff)},
		{Op: riscv.ADDI, Rd: rd, Rs1: rd, Imm: low},
	}
}

// emit writes one statement in the second pass.
func (a *assembler) emit(s *statement) error {
	if s.section == secBSS || s.name == ".zero" {
		return nil
	}
	section := a.object.all()[s.section]
	out := section.Data[s.offset : s.offset+s.size]
	here := section.Addr + s.offset
	if strings.HasPrefix(s.name, ".") {
		return a.emitData(s, out, here)
	}
	insts, err := a.instructions(s, here)
	if err != nil {
		return err
	}
	if len(insts)*4 != int(s.size) {
		return fmt.Errorf("BUG: asm: %s: %d instructions in %d bytes", s.name, len(insts), s.size)
	}
	for i, inst := range insts {
		word, err := riscv.Encode(inst)
		if err != nil {
			return err
		}
		binary.LittleEndian.PutUint32(out[i*4:], word)
	}
	return nil
}

// instructions expands a statement at address here.
func (a *assembler) instructions(s *statement, here uint32) ([]riscv.Inst, error) {
	if s.name == "li" || s.name == "la" {
		if len(s.args) != 2 {
			return nil, fmt.Errorf("want %s rd, value", s.name)
		}
		rd, ok := riscv.RegisterNamed(s.args[0])
		if !ok {
			return nil, fmt.Errorf("no register %q", s.args[0])
		}
		v, err := a.eval(s.args[1], int64(here))
		if err != nil {
			return nil, err
		}
		if s.size == 8 {
			return loadAddress(rd, uint32(v)), nil
		}
		return loadImmediate(rd, uint32(v)), nil
	}
	name, args := s.name, s.args
	if p, ok := pseudos[name]; ok {
		if len(args) != p.args {
			return nil, fmt.Errorf("%s wants %d operands", name, p.args)
		}
		name, args = p.expand(args)
	}
	op, _ := riscv.OpNamed(name)
	inst, err := a.operands(op, args, here)
	return []riscv.Inst{inst}, err
}
