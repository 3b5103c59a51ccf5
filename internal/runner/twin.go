package runner

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/lockstep"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// twin executes each frame on the stepper: beside the interpreter, comparing all that can be seen
// at each stop, or in its place. The host serves its calls on the interpreter's machine, so what it
// wrote there is brought over before the stepper goes on, and what the stepper did is brought back
// if it runs alone.
type twin struct {
	costs *metering.InstructionCosts
	alone bool
	total time.Duration // in the engine that counts: the interpreter, or the stepper alone
}

// double is the stepper's machine of a frame.
type double struct {
	machine *stepper.Machine
	// seen is the writable memory as both had it at the last stop, by page.
	seen map[uint32][]byte
}

func (d *twin) enter(f *frame) {
	f.double = &double{machine: stepper.New(f.program, d.costs), seen: map[uint32][]byte{}}
	f.double.machine.Start(f.Machine.PC(), f.Machine.Gas())
	f.double.remember(f)
}

func (d *twin) exit(f *frame) { f.double.machine.Release() }

func (d *twin) run(ctx context.Context, f *frame) (interpreter.Stop, error) {
	defer func() { f.instructions = f.double.machine.Instructions() }()
	f.double.follow(f)
	began := time.Now()
	if d.alone {
		stop, err := f.double.machine.RunContext(ctx)
		d.total += time.Since(began)
		if err == nil {
			f.double.lead(f)
		}
		return stop, err
	}
	first, err := f.Machine.RunContext(ctx)
	d.total += time.Since(began)
	if err != nil {
		return first, err
	}
	second, err := f.double.machine.RunContext(ctx)
	if err != nil {
		return second, err
	}
	if first != second {
		return first, fmt.Errorf("%w: %w", ErrDiffer,
			&lockstep.Difference{What: "stop", First: first, Second: second, PC: f.Machine.PC()})
	}
	return first, f.double.compare(f)
}

// pages calls visit for each page, or part of one, of the writable memory of f.
func pages(f *frame, visit func(addr, n uint32)) {
	for _, s := range trace.Mapped(f.Machine, f.Code, true) {
		for addr := s.Start; addr < s.End; {
			end := min(s.End, (addr/elf.PageSize+1)*elf.PageSize)
			visit(addr, end-addr)
			addr = end
		}
	}
}

// remember notes what the interpreter's memory holds.
func (d *double) remember(f *frame) {
	pages(f, func(addr, n uint32) {
		b := f.bytes(addr, n)
		if old, ok := d.seen[addr]; !ok || !bytes.Equal(old, b) {
			d.seen[addr] = b
		}
	})
}

// follow brings over what the host changed in the interpreter's machine.
func (d *double) follow(f *frame) {
	for i := range riscv.Registers {
		d.machine.SetReg(i, f.Machine.Reg(i))
	}
	d.machine.SetGas(f.Machine.Gas())
	if more := f.Machine.Pages() - d.machine.Pages(); more > 0 {
		d.machine.Grow(more, f.Machine.Pages())
	}
	pages(f, func(addr, n uint32) {
		b := f.bytes(addr, n)
		if old, ok := d.seen[addr]; ok && bytes.Equal(old, b) {
			return
		}
		d.seen[addr] = b
		d.machine.Write(addr, b)
	})
}

// lead makes the interpreter's machine what the stepper's is.
func (d *double) lead(f *frame) {
	setPC(f.Machine, d.machine.PC(), d.machine.Gas())
	for i := range riscv.Registers {
		f.Machine.SetReg(i, d.machine.Reg(i))
	}
	pages(f, func(addr, n uint32) {
		b, ok := d.machine.Read(addr, n)
		if !ok {
			panic("BUG: runner: the stepper has less memory than the interpreter")
		}
		if !bytes.Equal(d.seen[addr], b) {
			d.seen[addr] = b
			f.Machine.Write(addr, b)
		}
	})
}

// compare compares all that a program or a host can see but the stop.
func (d *double) compare(f *frame) error {
	if difference := lockstep.Compare(f.Machine, d.machine); difference != nil {
		return fmt.Errorf("%w: %w", ErrDiffer, difference)
	}
	d.remember(f)
	return nil
}

// setPC moves a machine to another address with all else as it is; it may run on even if it had
// stopped for good. Its count of instructions begins again.
func setPC(m *interpreter.Machine, pc uint32, gas uint64) {
	var regs [riscv.Registers]uint32
	for i := range regs {
		regs[i] = m.Reg(i)
	}
	m.Start(pc, gas)
	for i, v := range regs {
		m.SetReg(i, v)
	}
}
