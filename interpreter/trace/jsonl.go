package trace

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
)

// StepWriter is an Observer that writes a JSON line for each instruction:
//
//	{"depth":1,"pc":"0x200800","op":"addi a0, a0, 1","gas":1,"left":999,"set":{"a0":"0x2"}}
//
// "left" is the gas after it, "set" the registers that changed, "at" the function and line if they
// are known.
// The first error of the writer ends the output; Flush returns it.
type StepWriter struct {
	w       *bufio.Writer
	err     error
	symbols []*Symbols
	before  [riscv.Registers]uint32
	pc      uint32
	word    uint32
	line    []byte
}

var _ Observer = (*StepWriter)(nil)

// NewStepWriter returns a writer of steps.
func NewStepWriter(w io.Writer) *StepWriter { return &StepWriter{w: bufio.NewWriter(w)} }

// Enter says that the following steps are of a new frame, of a program with the given symbols.
func (s *StepWriter) Enter(symbols *Symbols) { s.symbols = append(s.symbols, symbols) }

// Exit ends the innermost frame.
func (s *StepWriter) Exit() { s.symbols = s.symbols[:len(s.symbols)-1] }

// Before implements Observer.
func (s *StepWriter) Before(m *interpreter.Machine, _ riscv.Inst) {
	s.pc = m.PC()
	s.word, _ = Word(m, s.pc)
	for i := range s.before {
		s.before[i] = m.Reg(i)
	}
}

// After implements Observer.
func (s *StepWriter) After(m *interpreter.Machine, _ riscv.Inst, gas uint64) {
	if s.err != nil {
		return
	}
	b := append(s.line[:0], `{"depth":`...)
	b = strconv.AppendInt(b, int64(len(s.symbols)), 10)
	b = fmt.Appendf(b, `,"pc":"0x%x","op":%q,"gas":%d,"left":%d`,
		s.pc, riscv.Disassemble(s.word, s.pc), gas, m.Gas())
	if len(s.symbols) > 0 {
		if at := s.symbols[len(s.symbols)-1].Locate(s.pc).String(); at != "" {
			b = fmt.Appendf(b, `,"at":%s`, quoteJSON(at))
		}
	}
	b = append(b, `,"set":{`...)
	first := true
	for i := range s.before {
		if v := m.Reg(i); v != s.before[i] {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = fmt.Appendf(b, `"%s":"0x%x"`, riscv.RegisterName(uint8(i)), v)
		}
	}
	b = append(b, "}}\n"...)
	s.line = b
	_, s.err = s.w.Write(b)
}

// Flush writes what is buffered and returns the first error.
func (s *StepWriter) Flush() error {
	if s.err == nil {
		s.err = s.w.Flush()
	}
	if s.err != nil {
		return fmt.Errorf("trace: write steps: %w", s.err)
	}
	return nil
}
