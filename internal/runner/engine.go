package runner

import (
	"context"
	"errors"
	"time"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// Engine names what executes instructions.
type Engine string

// The engines. Both runs two and fails on the first difference.
const (
	Interpreter Engine = "interpreter"
	Stepper     Engine = "stepper"
	Both        Engine = "both"
)

// ErrDiffer is wrapped by the error of a run in which two engines did not agree. It is a bug of
// Athena, never of the program.
var ErrDiffer = errors.New("runner: the engines differ")

// driver executes the machine of a frame to its next stop and keeps count of the frame's
// instructions.
type driver interface {
	enter(f *frame)
	run(ctx context.Context, f *frame) (interpreter.Stop, error)
	exit(f *frame)
}

// plain is the interpreter alone.
type plain struct{}

func (plain) enter(*frame) {}
func (plain) exit(*frame)  {}

func (plain) run(ctx context.Context, f *frame) (interpreter.Stop, error) {
	defer func() { f.instructions = f.Machine.Instructions() }()
	return f.Machine.RunContext(ctx)
}

// observed is the interpreter, one instruction at a time under the eyes of observers.
type observed struct {
	plain
	observers []trace.Observer
	program   *elf.Program
	text      *trace.Text // of program
}

func (d *observed) run(ctx context.Context, f *frame) (interpreter.Stop, error) {
	if f.program != d.program {
		d.program, d.text = f.program, trace.NewText(f.program)
	}
	defer func() { f.instructions = f.Machine.Instructions() }()
	return trace.Step(ctx, f.Machine, d.text, d.observers...)
}

// custom is a driver from outside, such as a debugger.
type custom struct {
	plain
	drive Drive
}

func (d *custom) run(ctx context.Context, f *frame) (interpreter.Stop, error) {
	stop, count, err := d.drive(ctx, &f.Frame)
	f.instructions += count
	return stop, err
}

// timed measures the time that a driver spends in the engine.
type timed struct {
	driver
	total time.Duration
}

func (d *timed) run(ctx context.Context, f *frame) (interpreter.Stop, error) {
	began := time.Now()
	stop, err := d.driver.run(ctx, f)
	d.total += time.Since(began)
	return stop, err
}

// aborted is what frames see after the run was given up.
var aborted = interpreter.Stop{Kind: interpreter.Trapped, Trap: trap.OutOfGas}
