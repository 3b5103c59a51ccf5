package host

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/trap"
)

// mode is a set of restrictions on a frame's host calls.
type mode uint8

// The modes of a frame; modeStatic comes on top of one of the others. See docs/spec/accounts.md.
const (
	modeCall        mode = 1 << iota // an account's method, with all its rights
	modeVerify                       // reads only, of its own account
	modeConstructor                  // no account yet: may only say what it wants to be
	modeFactory                      // a template's method: owns nothing, may create instances
	modeStatic                       // reads only
)

// entry is what a frame is entered with.
type entry struct {
	mode     mode
	static   bool
	self     address.Address // context callee: the account, or the template of a factory frame
	template address.Address
	from     party
	received uint64
	input    []byte
	blob     int      // length of the blob, which begins the input
	selector *[4]byte // nil: the ELF entry
	program  *program
	pc       uint32
	built    *[]byte // modeConstructor: where the blob goes
}

// outcome is how a frame or call ended, and its data: what it returned, the data of a Revert, or
// the message of a Panic.
type outcome struct {
	code trap.Code
	data []byte
}

// frame is a running call.
type frame struct {
	entry
	t     *Session
	m     *machine // of, once the frame runs
	of    machine
	depth uint32
	modes mode

	read     int    // bytes of input that were read
	ret      []byte // what fd 3 received
	data     []byte // of revert or abort
	returned []byte // data of the last callee
	halted   bool
	scratch  [8]byte // room for a small result
}

// run executes a frame with the given gas and returns what is left of it. The frame pays for all
// its pages before they are mapped.
func (t *Session) run(e entry, gas uint64, depth uint32) (out outcome, left uint64) {
	limits := &t.x.limits
	pages := e.program.pages
	switch {
	case depth > limits.CallDepth:
		return outcome{code: trap.CallDepth}, gas
	case pages > limits.MemoryPages, uint64(t.pages)+uint64(pages) > uint64(limits.TxMemoryPages):
		return outcome{code: trap.MemoryLimit}, gas
	case len(e.input) > int(limits.InputBytes):
		return outcome{code: trap.BadHostArgument}, gas
	}
	tank := gasLeft{gas}
	if !tank.Charge(times(0, t.x.schedule.Host.PageBase, uint64(pages))) {
		return outcome{code: trap.OutOfGas}, 0
	}
	f := &frame{entry: e, t: t, depth: depth, modes: e.mode}
	f.of = t.x.engine.newMachine(e.program.predecoded(), &t.x.schedule.Instruction)
	f.m = &f.of
	defer f.m.Release()
	if e.static {
		f.modes |= modeStatic
	}
	f.m.Start(e.pc, tank.left)
	t.pages += pages
	t.live = append(t.live, e.self)
	if t.tracer != nil {
		t.tracer.Enter(f.describe())
	}
	out = f.execute()
	if t.tracer != nil {
		t.tracer.Exit(FrameEnd{Trap: out.code, Data: out.data, Output: f.ret, Gas: f.m.Gas()})
	}
	t.pages -= f.m.Pages()
	t.live = t.live[:len(t.live)-1]
	return out, f.m.Gas()
}

// execute runs the program to its end.
func (f *frame) execute() outcome {
	for {
		stop := f.resume()
		code := stop.Trap
		if stop.Kind == interpreter.HostCall {
			code = f.serve()
		}
		switch {
		case code != trap.None:
			if code == trap.OutOfGas { // also when a callee's passes through
				f.m.SetGas(0)
			}
			return outcome{code, f.data}
		case stop.Kind == interpreter.Returned || f.halted:
			return outcome{data: f.ret}
		}
	}
}

// resume runs the machine to its next stop.
func (f *frame) resume() interpreter.Stop {
	if f.t.tracer != nil {
		return f.t.tracer.Run(f.interpreter())
	}
	return f.m.Run()
}

// serve serves a host call under the tracer's eyes, if there is one.
func (f *frame) serve() trap.Code {
	if f.t.tracer == nil {
		return f.hostCall()
	}
	f.t.tracer.BeforeCall(f.interpreter())
	code := f.hostCall()
	f.t.tracer.AfterCall(f.interpreter(), code)
	return code
}

// hostCall serves the ECALL that the program just executed.
func (f *frame) hostCall() trap.Code {
	c := callOf(f.m.Reg(riscv.RegT0))
	var a args // filled early: the call gets a copy, which waits for the stores
	if c != nil {
		for i := range a[:c.arity] {
			a[i] = f.m.Reg(riscv.RegA0 + i)
		}
	}
	if !f.m.Charge(f.t.x.schedule.Host.Base) {
		return trap.OutOfGas
	}
	if c == nil {
		return trap.UnknownHostCall
	}
	if f.modes&c.denied != 0 {
		return trap.StaticViolation
	}
	code := c.serve(f, a)
	if fault := f.t.st.TakeFault(); fault == trap.OutOfWitness || code == trap.None {
		return fault
	}
	return code
}

// result sets t0.
func (f *frame) result(v uint32) { f.m.SetReg(riscv.RegT0, v) }

// charge takes gas from the frame.
func (f *frame) charge(n uint64) trap.Code {
	if !f.m.Charge(n) {
		return trap.OutOfGas
	}
	return trap.None
}

// chargeCopy charges n bytes copied into or out of guest memory.
func (f *frame) chargeCopy(n int) trap.Code {
	return f.charge(perWord(0, f.t.x.schedule.Host.CopyWord, n))
}

// bytes returns a copy of guest memory whose range was checked.
func (f *frame) bytes(addr, n uint32) []byte {
	b, ok := f.m.Read(addr, n)
	if !ok {
		panic("BUG: host: range was not checked")
	}
	return b
}

// store writes to guest memory whose range was checked.
func (f *frame) store(addr uint32, b []byte) {
	if !f.m.Write(addr, b) {
		panic("BUG: host: range was not checked")
	}
}
