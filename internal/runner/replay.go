package runner

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/runner/abi"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/riscv/elf"
)

// ReplayConfig says what to note of a transaction of a chain.
type ReplayConfig struct {
	Tree    Detail
	Steps   io.Writer      // JSON lines, one an instruction; nil: none
	Profile *trace.Profile // filled; nil: none
	// Files are programs as their compiler left them: what is deployed may have no symbols.
	Files [][]byte
}

// Replay is the tracer of a transaction of a chain, which runs several programs: a wallet's, and
// those that it calls. Set it on the session of the transaction and read it when that is over.
type Replay struct {
	*watch
	files    map[address.Address][]byte // by the template that they are deployed as
	programs map[*elf.Program]*program
	stack    []*program
	calls    []*trace.Call
}

var _ host.Tracer = (*Replay)(nil)

// program is what tools know of a program of a chain.
type program struct {
	name     string
	symbols  *trace.Symbols
	contract *abi.Contract
	keys     *keys
}

// NewReplay returns a tracer that has seen nothing yet.
func NewReplay(ctx context.Context, c ReplayConfig) *Replay {
	r := &Replay{
		files: map[address.Address][]byte{}, programs: map[*elf.Program]*program{},
		watch: &watch{
			ctx: ctx, driver: plain{}, names: newNames(""), detail: c.Tree, profile: c.Profile,
		},
	}
	if c.Steps != nil {
		r.steps = trace.NewStepWriter(c.Steps)
	}
	if c.Steps != nil || c.Profile != nil {
		o := &observed{}
		if r.steps != nil {
			o.observers = append(o.observers, r.steps)
		}
		if r.profile != nil {
			o.observers = append(o.observers, r.profile)
		}
		r.driver = o
	}
	for _, file := range c.Files {
		r.files[address.OfTemplate(address.CodeHash(file))] = file
		if image, err := Strip(file); err == nil {
			r.files[address.OfTemplate(address.CodeHash(image))] = file
		}
	}
	return r
}

// Calls returns the frames that the transaction entered first, with all that they did: constructor,
// verify and calls. The error is that of an observer.
func (r *Replay) Calls() ([]*trace.Call, error) {
	if r.err == nil && r.steps != nil {
		r.err = r.steps.Flush()
	}
	return r.calls, r.err
}

// Fault returns where the transaction trapped; nil if it did not.
func (r *Replay) Fault() *trace.Fault { return r.fault }

// Enter implements host.Tracer.
func (r *Replay) Enter(h host.Frame) {
	if len(r.stack) == 0 {
		r.fault = nil // the frame before ended well, or there would be no other
	}
	p := r.program(h.Code.Program(), h.Template)
	r.stack = append(r.stack, p)
	r.show(p)
	r.watch.Enter(h)
}

// Exit implements host.Tracer.
func (r *Replay) Exit(e host.FrameEnd) {
	r.watch.Exit(e)
	if r.stack = r.stack[:len(r.stack)-1]; len(r.stack) > 0 {
		r.show(r.stack[len(r.stack)-1])
		return
	}
	if r.root != nil {
		r.calls = append(r.calls, r.root)
		r.root = nil
	}
}

// show makes p the program that names and values are of.
func (r *Replay) show(p *program) {
	r.symbols, r.contract, r.keys, r.names.program = p.symbols, p.contract, p.keys, p.name
}

func (r *Replay) program(p *elf.Program, template address.Address) *program {
	if known := r.programs[p]; known != nil {
		return known
	}
	out := &program{name: fmt.Sprintf("template-%x", template[len(template)-4:])}
	// A description is for people: a damaged one is as good as none.
	if c, err := abi.Parse(p.ABI); err == nil && c != nil {
		out.contract = c
		if c.Name != "" {
			out.name = strings.ToLower(c.Name)
		}
	}
	out.symbols = trace.NewSymbols(r.files[template]).Complete(p)
	out.keys = newKeys(r.names, out.contract)
	r.programs[p] = out
	return out
}
