package asm

import (
	"fmt"
	"strings"

	"github.com/athenarollup/athena/riscv"
)

// operands reads the operands of a real instruction at address here.
func (a *assembler) operands(op riscv.Op, args []string, here uint32) (riscv.Inst, error) {
	i := riscv.Inst{Op: op}
	p := &operandParser{a: a, args: args, here: here}
	switch op.Format() {
	case riscv.FormatR:
		i.Rd, i.Rs1, i.Rs2 = p.register(), p.register(), p.register()
	case riscv.FormatI:
		if op == riscv.JALR {
			p.jalr(&i)
			break
		}
		i.Rd, i.Rs1, i.Imm = p.register(), p.register(), p.immediate()
	case riscv.FormatShift:
		i.Rd, i.Rs1, i.Imm = p.register(), p.register(), p.immediate()
	case riscv.FormatLoad:
		i.Rd = p.register()
		i.Imm, i.Rs1 = p.memory()
	case riscv.FormatS:
		i.Rs2 = p.register()
		i.Imm, i.Rs1 = p.memory()
	case riscv.FormatB:
		i.Rs1, i.Rs2, i.Imm = p.register(), p.register(), p.target()
	case riscv.FormatU:
		i.Rd = p.register()
		v := p.immediate()
		if v < 0 || v > 0xfffff {
			p.fail("%s wants a 20-bit value", op)
		}
		i.Imm = v << 12
	case riscv.FormatJ:
		i.Rd = riscv.RegRA
		if len(args) == 2 {
			i.Rd = p.register()
		}
		i.Imm = p.target()
	default: // FormatSystem
		if op == riscv.FENCE {
			p.args = nil // its sets have no meaning on one hart
		}
	}
	if p.err == nil && len(p.args) > 0 {
		p.fail("%s: too many operands", op)
	}
	return i, p.err
}

// operandParser takes operands from the left; the first error sticks.
type operandParser struct {
	a    *assembler
	args []string
	here uint32
	err  error
}

func (p *operandParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *operandParser) next() string {
	if len(p.args) == 0 {
		p.fail("too few operands")
		return ""
	}
	arg := p.args[0]
	p.args = p.args[1:]
	return arg
}

func (p *operandParser) register() uint8 {
	arg := p.next()
	r, ok := riscv.RegisterNamed(arg)
	if !ok {
		p.fail("no register %q", arg)
	}
	return r
}

func (p *operandParser) value(text string) int32 {
	if p.err != nil {
		return 0
	}
	v, err := p.a.eval(text, int64(p.here))
	if err != nil {
		p.err = err
	}
	return int32(uint32(v))
}

func (p *operandParser) immediate() int32 { return p.value(p.next()) }

// target is an absolute address, returned as the distance from here.
func (p *operandParser) target() int32 { return p.immediate() - int32(p.here) }

// memory reads "offset(register)" or "(register)".
func (p *operandParser) memory() (int32, uint8) {
	arg := p.next()
	open := strings.LastIndexByte(arg, '(')
	if open < 0 || !strings.HasSuffix(arg, ")") {
		p.fail("want offset(register), not %q", arg)
		return 0, 0
	}
	base := strings.TrimSpace(arg[open+1 : len(arg)-1])
	r, ok := riscv.RegisterNamed(base)
	if !ok {
		p.fail("no register %q", base)
	}
	if offset := strings.TrimSpace(arg[:open]); offset != "" {
		return p.value(offset), r
	}
	return 0, r
}

// jalr reads "rs", "rd, offset(rs)" or "rd, rs, offset".
func (p *operandParser) jalr(i *riscv.Inst) {
	switch len(p.args) {
	case 1:
		i.Rd, i.Rs1 = riscv.RegRA, p.register()
	case 3:
		i.Rd, i.Rs1, i.Imm = p.register(), p.register(), p.immediate()
	default:
		i.Rd = p.register()
		i.Imm, i.Rs1 = p.memory()
	}
}
