package host

import (
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// Tracer watches the frames of a session and drives their machines, for tools: call trees,
// profiles, debuggers, a second engine. No transaction of a layer has one, and with none a frame
// pays one nil test for each stop of its machine.
//
// The calls nest as the frames do: Enter, then Run and BeforeCall … AfterCall in turn, then Exit; a
// frame that a host call enters lies between that call's BeforeCall and AfterCall.
type Tracer interface {
	Enter(f Frame)
	// Run executes the machine of the innermost frame to its next stop, as its own Run does.
	Run(m *interpreter.Machine) interpreter.Stop
	BeforeCall(m *interpreter.Machine)
	AfterCall(m *interpreter.Machine, code trap.Code)
	Exit(e FrameEnd)
}

// Frame is a frame that begins. Its slices belong to the session.
type Frame struct {
	Depth          uint32 // 1 is the first
	Self           address.Address
	Template       address.Address
	Caller         address.Address
	CallerTemplate address.Address
	Received       uint64
	Static         bool
	Selector       *[4]byte // nil: the ELF entry
	Blob           []byte   // immutable spawn arguments, which come first in the input stream
	Args           []byte   // the rest of it
	Code           *interpreter.Code
	Machine        *interpreter.Machine // started; its gas is the frame's
}

// FrameEnd is how a frame ended.
type FrameEnd struct {
	Trap   trap.Code
	Data   []byte // returned, or of a Revert, or the message of a Panic
	Output []byte // all that was written to fd 3, of a failed frame, too
	Gas    uint64 // what is left
}

func (f *frame) describe() Frame {
	return Frame{
		Depth: f.depth, Self: f.self, Template: f.template,
		Caller: f.from.self, CallerTemplate: f.from.template,
		Received: f.received, Static: f.modes&modeStatic != 0,
		Selector: f.selector, Blob: f.input[:f.blob:f.blob], Args: f.input[f.blob:],
		Code: f.program.predecoded(), Machine: f.interpreter(),
	}
}

// SetTracer makes tr watch the session from its next first frame on.
func (t *Session) SetTracer(tr Tracer) { t.tracer = tr }

// CallParams names the arguments of a host call, a0 and those after it; none when it is not assigned.
func CallParams(number uint32) []string { return strings.Fields(calls[number].params) }

// PrincipalOnly returns the methods of a program that only its account's own transactions and
// frames may enter, by name without prefix. See docs/spec/accounts.md, "Methods".
func PrincipalOnly(p *elf.Program) map[string]bool {
	methods := make(map[[4]byte]export, len(p.Exports))
	for _, e := range p.Exports {
		name := strings.TrimPrefix(e.Name, elf.ExportPrefix)
		methods[Selector(name)] = export{e.Addr, e.PrincipalOnly}
	}
	guard(methods)
	out := make(map[string]bool)
	for _, e := range p.Exports {
		name := strings.TrimPrefix(e.Name, elf.ExportPrefix)
		if methods[Selector(name)].principalOnly {
			out[name] = true
		}
	}
	return out
}

// Invocation is a call from outside of any transaction.
type Invocation struct {
	Caller         address.Address
	CallerTemplate address.Address
	To             address.Address // an account, or a template in a factory frame
	Selector       *[4]byte        // nil: the ELF entry
	Args           []byte
	Received       uint64 // what the program is told; the caller of Invoke moves the money
	Principal      bool   // may enter principal-only methods
}

// Invoke runs an invocation as a first frame. It is for tools: a transaction enters no code but its
// principal's (Call).
func (t *Session) Invoke(i Invocation) Result {
	return t.first(t.meter.ComputeLeft(), false, func(g gasTank) (entry, trap.Code) {
		return t.resolve(g, i.To, request{
			selector: i.Selector, input: i.Args, own: i.Principal,
			received: i.Received, from: party{self: i.Caller, template: i.CallerTemplate},
		})
	})
}
