package gdbstub

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// pollInterval is the number of instructions between two looks at the connection.
const pollInterval = 1 << 12

// Signals by their numbers in GDB.
const (
	sigInterrupt = 2
	sigIllegal   = 4
	sigTrap      = 5
	sigBus       = 10
	sigSegv      = 11
	sigCPU       = 24
)

// mode is what the debugger wants of the program.
type mode int

const (
	stopped  mode = iota // wait for packets
	running              // until a breakpoint
	stepping             // one instruction
	detached             // the debugger has gone and the program runs on
)

// Stub is a debugging session: one program and one connection. It is used by one goroutine.
type Stub struct {
	wire    *wire
	mode    mode
	program *elf.Program // of the first frame
	m       *interpreter.Machine
	code    *interpreter.Code
	breaks  map[uint32]bool
	watches []watchpoint
	last    string // why the program stopped last: the reply to "?"
	moved   bool   // the debugger set pc
	began   bool   // Drive was called
}

// watchpoint is a range that may not be touched.
type watchpoint struct {
	kind byte // '2' write, '3' read, '4' either, as in Z packets
	addr uint32
	size uint32
}

// maxWatches and maxBreaks bound what a debugger may set.
const (
	maxWatches = 32
	maxBreaks  = 1 << 10
)

// New returns a session that begins stopped before the first instruction.
func New(c Conn) *Stub {
	return &Stub{wire: newWire(c), breaks: map[uint32]bool{}, last: stopReply(sigTrap, "")}
}

func stopReply(signal int, extra string) string {
	return fmt.Sprintf("T%02x%sthread:1;", signal, extra)
}

// Drive executes m, a frame of code, to its next stop as the debugger wishes, and returns how many
// instructions were charged. An error is ErrKilled, ErrClosed, or says that ctx is done.
func (s *Stub) Drive(
	ctx context.Context, m *interpreter.Machine, code *interpreter.Code,
) (stop interpreter.Stop, count uint64, err error) {
	if s.program == nil {
		s.program = code.Program()
	}
	if s.mode == detached || code.Program() != s.program {
		before := m.Instructions()
		stop, err = m.RunContext(ctx)
		return stop, m.Instructions() - before, err
	}
	s.m, s.code = m, code
	switch {
	case !s.began:
		s.began = true
		err = s.serve()
	case s.mode == stepping: // the step ended in a host call, or entered this frame
		err = s.report(stopReply(sigTrap, ""))
	case s.mode == running && s.breaks[m.PC()]:
		err = s.report(stopReply(sigTrap, "swbreak:;"))
	}
	if err != nil {
		return stop, 0, err
	}
	return s.execute(ctx)
}

// execute runs the current frame in the current mode.
func (s *Stub) execute(ctx context.Context) (interpreter.Stop, uint64, error) {
	count := uint64(0)
	for n := 1; ; n++ {
		if s.mode == detached {
			before := s.m.Instructions()
			stop, err := s.m.RunContext(ctx)
			return stop, count + s.m.Instructions() - before, err
		}
		touched := s.touches()
		before := s.m.Instructions()
		stop, ended := s.m.Step()
		count += s.m.Instructions() - before
		switch {
		case ended && stop.Kind != interpreter.Trapped:
			return stop, count, nil
		case ended:
			s.moved = false
			err := s.report(stopReply(signalOf(stop.Trap), ""))
			if err != nil || !s.moved { // otherwise the debugger put the frame elsewhere
				return stop, count, err
			}
			continue
		}
		reason, err := s.pause(ctx, n, touched)
		if err == nil && reason != "" {
			err = s.report(reason)
		}
		if err != nil {
			return stop, count, err
		}
	}
}

// pause says whether the program has to stop after an instruction, and why; "" if it runs on.
func (s *Stub) pause(ctx context.Context, n int, touched *watchpoint) (string, error) {
	switch {
	case touched != nil:
		name := map[byte]string{'2': "watch", '3': "rwatch", '4': "awatch"}[touched.kind]
		return stopReply(sigTrap, fmt.Sprintf("%s:%x;", name, touched.addr)), nil
	case s.mode == stepping:
		return stopReply(sigTrap, ""), nil
	case s.breaks[s.m.PC()]:
		return stopReply(sigTrap, "swbreak:;"), nil
	case n%pollInterval != 0:
		return "", nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("gdbstub: %w", context.Cause(ctx))
	}
	asked, err := s.wire.interrupted()
	if asked {
		return stopReply(sigInterrupt, ""), err
	}
	return "", err
}

// touches returns the watchpoint that the next instruction will touch, or nil.
func (s *Stub) touches() *watchpoint {
	if len(s.watches) == 0 {
		return nil
	}
	b, ok := s.m.Read(s.m.PC(), 4)
	if !ok {
		return nil
	}
	i := riscv.Decode(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
	addr := uint64(s.m.Reg(int(i.Rs1)) + uint32(i.Imm))
	for w := range s.watches {
		p := &s.watches[w]
		reads, writes := i.Op.Format() == riscv.FormatLoad, i.Op.Format() == riscv.FormatS
		hit := reads && p.kind != '2' || writes && p.kind != '3'
		if hit && addr < uint64(p.addr)+uint64(p.size) && uint64(p.addr) < addr+width(i.Op) {
			return p
		}
	}
	return nil
}

// width is the number of bytes that a load or store touches.
func width(op riscv.Op) uint64 {
	switch op {
	case riscv.LB, riscv.LBU, riscv.SB:
		return 1
	case riscv.LH, riscv.LHU, riscv.SH:
		return 2
	default:
		return 4
	}
}

func signalOf(code trap.Code) int {
	switch code {
	case trap.IllegalInstruction:
		return sigIllegal
	case trap.MisalignedJump:
		return sigBus
	case trap.LoadFault, trap.StoreFault, trap.BadJump:
		return sigSegv
	case trap.OutOfGas:
		return sigCPU
	default:
		return sigTrap
	}
}

// report tells the debugger that the program stopped and serves it until the program goes on.
func (s *Stub) report(reason string) error {
	s.last = reason
	if err := s.wire.write(reason); err != nil {
		return err
	}
	return s.serve()
}

// serve handles packets until one lets the program go on.
func (s *Stub) serve() error {
	s.mode = stopped
	for s.mode == stopped {
		packet, err := s.wire.read()
		if err != nil {
			return err
		}
		reply, silent, err := s.handle(packet)
		if err != nil {
			return err
		}
		if silent {
			continue
		}
		if err := s.wire.write(reply); err != nil {
			return err
		}
	}
	return nil
}

// Exit tells the debugger how the program ended: with status 0, or with the code of a trap. A
// debugger that has gone is told nothing.
func (s *Stub) Exit(code trap.Code) error {
	if s.mode == detached {
		return nil
	}
	return s.wire.write(fmt.Sprintf("W%02x", uint32(code)&0xff))
}
