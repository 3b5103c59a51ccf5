package trace

import (
	"fmt"
	"strings"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// Fault is a machine that trapped, for people.
type Fault struct {
	Trap     trap.Code
	Frame    string // account and method, if the caller of Explain knows them
	PC       uint32
	Inst     string // disassembled; "" if nothing can be fetched
	Location Location
	Caller   Frame  // where the compiler copied the code of Location from another function to
	Why      string // values: the register at fault, the address, what is mapped
}

// HostCall is what a program asked of the host.
type HostCall struct {
	Name   string
	Params []string // what a0, a1, … are
}

// Explain says why m trapped with code, after the given number of instructions, which need not have
// run on m. call is the host call that raised the trap, nil when the machine itself did.
func Explain(
	m *interpreter.Machine, c *interpreter.Code, s *Symbols, instructions uint64,
	code trap.Code, call *HostCall,
) Fault {
	f := Fault{Trap: code, PC: m.PC()}
	if call != nil {
		f.PC -= 4 // the ECALL: pc is already after it
	}
	if code == trap.BadJump {
		f.Why = explain(m, c, s, code, riscv.Inst{})
		return f // no function holds pc
	}
	f.Location = s.Locate(f.PC)
	if frames := s.Frames(f.PC); len(frames) > 1 {
		f.Caller = frames[len(frames)-1]
	}
	word, ok := Word(m, f.PC)
	if ok {
		f.Inst = riscv.Disassemble(word, f.PC)
	}
	switch {
	case code == trap.Panic || code == trap.Revert: // the program's own message says why
		return f
	case call != nil:
		f.Why = call.explain(m, c, code)
		return f
	}
	if code == trap.OutOfGas {
		f.Why = fmt.Sprintf("it ran %s instructions", Thousands(instructions))
		return f
	}
	f.Why = explain(m, c, s, code, riscv.Decode(word))
	return f
}

func explain(
	m *interpreter.Machine, c *interpreter.Code, s *Symbols, code trap.Code, i riscv.Inst,
) string {
	switch code {
	case trap.LoadFault, trap.StoreFault:
		return access(m, c, code, i)
	case trap.BadJump:
		text := fmt.Sprintf("nothing to execute at pc; code is %s", codeOf(c.Program()))
		ra := m.Reg(riscv.RegRA)
		if at := s.Locate(ra - 4).String(); at != "" && ra != 0 {
			return fmt.Sprintf("%s; ra = 0x%08x, after a call in %s", text, ra, at)
		}
		return text + "; " + register(m, riscv.RegRA)
	case trap.MisalignedJump:
		if i.Op == riscv.JALR {
			return register(m, i.Rs1) + ": the target is not a multiple of 4"
		}
		return "the target is not a multiple of 4"
	case trap.IllegalInstruction:
		return "the word is no instruction of RV32IM"
	default:
		return ""
	}
}

// access explains a load or store that failed.
func access(m *interpreter.Machine, c *interpreter.Code, code trap.Code, i riscv.Inst) string {
	addr := m.Reg(int(i.Rs1)) + uint32(i.Imm)
	text := register(m, i.Rs1)
	if i.Imm != 0 {
		text += fmt.Sprintf(", address 0x%08x", addr)
	}
	kind, writable := "mapped", code == trap.StoreFault
	if writable {
		kind = "writable"
	}
	text += "; " + kind + " memory is " + spans(Mapped(m, c, writable))
	p := c.Program()
	if base := p.StackTop - p.StackSize; addr < base && base-addr <= elf.PageSize &&
		(i.Rs1 == riscv.RegSP || m.Reg(riscv.RegSP) < base) {
		text += fmt.Sprintf("; the stack of %d bytes overflowed", p.StackSize)
	}
	return text
}

func register(m *interpreter.Machine, r uint8) string {
	return fmt.Sprintf("%s = 0x%08x", riscv.RegisterName(r), m.Reg(int(r)))
}

// explain is the call with its arguments, and what a pointer may point to if one may be at fault.
func (h *HostCall) explain(m *interpreter.Machine, c *interpreter.Code, code trap.Code) string {
	text := "host call " + h.Name
	for i, name := range h.Params {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		text += fmt.Sprintf("%s%s = 0x%08x", separator, name, m.Reg(riscv.RegA0+i))
	}
	if code == trap.BadHostArgument {
		text += "; mapped memory is " + spans(Mapped(m, c, false))
	}
	return text
}

// Span is a range of addresses; End is exclusive.
type Span struct{ Start, End uint32 }

// Mapped returns the memory of m, merged where it touches: all, or the writable part.
func Mapped(m *interpreter.Machine, c *interpreter.Code, writable bool) []Span {
	p := c.Program()
	var all []Span
	for i := range p.Segments {
		if s := &p.Segments[i]; s.Writable || !writable {
			all = append(all, Span{s.Addr, s.End()})
		}
	}
	grown := m.Pages() - c.StartPages()
	all = append(all, Span{p.StackTop - p.StackSize, p.StackTop},
		Span{p.HeapStart, p.InitialHeapEnd() + grown*elf.PageSize})
	return merge(all)
}

func codeOf(p *elf.Program) string {
	var all []Span
	for i := range p.Segments {
		if s := &p.Segments[i]; s.Executable {
			all = append(all, Span{s.Addr, s.End()})
		}
	}
	return spans(merge(all))
}

func spans(all []Span) string {
	if len(all) == 0 {
		return "nowhere"
	}
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = fmt.Sprintf("0x%08x–0x%08x", s.Start, s.End-1)
	}
	return strings.Join(parts, ", ")
}

var trapTexts = map[trap.Code]string{
	trap.OutOfGas:            "out of gas",
	trap.OutOfWitness:        "a budget of the transaction ran out",
	trap.IllegalInstruction:  "illegal instruction",
	trap.MisalignedJump:      "jump to a misaligned address",
	trap.BadJump:             "jump outside code",
	trap.LoadFault:           "load outside memory",
	trap.StoreFault:          "store outside writable memory",
	trap.Breakpoint:          "EBREAK executed",
	trap.CallDepth:           "calls nested too deep",
	trap.MemoryLimit:         "too much memory",
	trap.UnknownHostCall:     "unknown host call",
	trap.BadHostArgument:     "bad argument of a host call",
	trap.StaticViolation:     "an effect where only reads are allowed",
	trap.InsufficientBalance: "insufficient balance",
	trap.Revert:              "the program reverted",
	trap.Panic:               "the program gave up",
	trap.ReturnDataLimit:     "too much output",
	trap.CodeInvalid:         "invalid code",
	trap.NotPrincipal:        "only the account's own transactions may call this method",
	trap.AccountExpired:      "the account has expired",
	trap.StateCollision:      "two records collide",
	trap.NoSuchMethod:        "no such method",
	trap.NotSpawned:          "nothing to call there",
	trap.Overflow:            "a balance would overflow",
}

// Describe is a trap in words.
func Describe(code trap.Code) string {
	if text, ok := trapTexts[code]; ok {
		return text
	}
	return code.String()
}

// String is the explanation in up to three lines, without a newline at the end.
func (f Fault) String() string {
	text := fmt.Sprintf("trap: %s (%s, code %d)\n  in ", Describe(f.Trap), f.Trap, uint32(f.Trap))
	where := f.Frame
	if at := f.Location.String(); at != "" && where != "" {
		where += ", " + at
	} else if at != "" {
		where = at
	} else if where == "" && f.Trap == trap.BadJump {
		where = "no function"
	} else if where == "" {
		where = "unnamed code"
	}
	if f.Caller != (Frame{}) {
		where += fmt.Sprintf(", inlined at %s:%d", f.Caller.File, f.Caller.Line)
	}
	text += fmt.Sprintf("%s (pc 0x%08x", where, f.PC)
	if f.Inst != "" {
		text += ": " + f.Inst
	}
	text += ")"
	if f.Why != "" {
		text += "\n  " + f.Why
	}
	return text
}
