package runner

import (
	"context"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/runner/abi"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// frame is a frame of the program as the watch sees it.
type frame struct {
	host.Frame
	program      *elf.Program
	gas          uint64 // at its start
	instructions uint64
	double       *double
	node         *trace.Call // nil: not in the tree

	// Of the host call that is being served.
	number uint32
	args   [6]uint32
	before uint64 // gas
	inner  uint64 // gas of the frames that it entered
	text   string // what it is about, read before it is served
	child  *trace.Call
}

func (f *frame) bytes(addr, n uint32) []byte {
	b, ok := f.Machine.Read(addr, n)
	if !ok {
		panic("BUG: runner: mapped memory is not readable")
	}
	return b
}

// watch is the tracer of a run: it drives frames and notes what they do.
type watch struct {
	ctx      context.Context
	driver   driver
	symbols  *trace.Symbols
	contract *abi.Contract
	names    *names
	keys     *keys
	profile  *trace.Profile    // nil: none
	steps    *trace.StepWriter // nil: none
	detail   Detail

	frames  []*frame
	root    *trace.Call
	kept    int // calls in the tree
	err     error
	fault   *trace.Fault // of the frame that trapped first
	spawned []address.Address
	first   end
	entry   entryGas
	total   uint64 // instructions of all frames
}

// entryGas is for a run from the entry: what the first frame may use, whatever entering it took.
type entryGas struct {
	set   bool
	limit uint64
}

// end is how the first frame ended.
type end struct {
	began     bool
	pc        uint32
	registers [riscv.Registers]uint32
	output    []byte
	used      uint64
}

var _ host.Tracer = (*watch)(nil)

func (w *watch) top() *frame { return w.frames[len(w.frames)-1] }

// Enter implements host.Tracer.
func (w *watch) Enter(h host.Frame) {
	if len(w.frames) == 0 && w.entry.set {
		h.Machine.SetGas(w.entry.limit)
	}
	f := &frame{Frame: h, program: h.Code.Program(), gas: h.Machine.Gas()}
	var caller *interpreter.Machine
	if len(w.frames) > 0 {
		caller = w.top().Machine
	}
	if w.profile != nil {
		w.profile.Enter(caller, f.program, w.names.program, w.symbols)
	}
	if w.steps != nil {
		w.steps.Enter(w.symbols)
	}
	w.enterTree(f)
	w.frames = append(w.frames, f)
	w.driver.enter(f)
}

// Run implements host.Tracer.
func (w *watch) Run(*interpreter.Machine) interpreter.Stop {
	if w.err != nil {
		return aborted
	}
	f := w.top()
	stop, err := w.driver.run(w.ctx, f)
	if err != nil {
		w.err = err
		return aborted
	}
	if stop.Kind == interpreter.Trapped {
		w.explain(f, stop.Trap, nil)
	}
	return stop
}

// explain notes why a frame traps, if it is the first to.
func (w *watch) explain(f *frame, code trap.Code, call *trace.HostCall) {
	if w.fault != nil || w.err != nil {
		return
	}
	fault := trace.Explain(f.Machine, f.Code, w.symbols, f.instructions, code, call)
	if f.Selector != nil {
		fault.Frame = w.names.account(f.Self) + "::" + w.methodName(f)
	}
	w.fault = &fault
}

// BeforeCall implements host.Tracer.
func (w *watch) BeforeCall(m *interpreter.Machine) {
	f := w.top()
	f.number = m.Reg(riscv.RegT0)
	f.args = [6]uint32{}
	for i := range host.CallParams(f.number) {
		f.args[i] = m.Reg(riscv.RegA0 + i)
	}
	f.before, f.inner, f.child = m.Gas(), 0, nil
	f.text = w.beforeText(f)
}

// AfterCall implements host.Tracer.
func (w *watch) AfterCall(m *interpreter.Machine, code trap.Code) {
	f := w.top()
	used := f.before - m.Gas()
	name := callName(f.number)
	if w.profile != nil {
		w.profile.HostCall(m, name, used-min(used, f.inner))
	}
	if code != trap.None {
		w.explain(f, code, &trace.HostCall{Name: name, Params: host.CallParams(f.number)})
	} else {
		w.noteSpawn(f)
		if f.number == host.CallTryCall && m.Reg(riscv.RegT0) != 0 {
			w.fault = nil // it was caught
		}
	}
	w.callText(f, used, code)
}

// noteSpawn keeps the address of an account that the program made.
func (w *watch) noteSpawn(f *frame) {
	if f.number != host.CallSpawn {
		return
	}
	if b, ok := f.Machine.Read(f.args[2], address.Size); ok {
		w.spawned = append(w.spawned, address.Address(b))
	}
}

// Exit implements host.Tracer.
func (w *watch) Exit(e host.FrameEnd) {
	f := w.top()
	w.driver.exit(f)
	w.total += f.instructions
	used := f.gas - min(f.gas, e.Gas)
	if len(w.frames) == 1 {
		w.first = end{began: true, pc: f.Machine.PC(), output: e.Output, used: used}
		for i := range w.first.registers {
			w.first.registers[i] = f.Machine.Reg(i)
		}
	} else {
		w.frames[len(w.frames)-2].inner += used
	}
	if w.profile != nil {
		w.profile.Exit()
	}
	if w.steps != nil {
		w.steps.Exit()
	}
	w.exitTree(f, e, used)
	w.frames = w.frames[:len(w.frames)-1]
}
