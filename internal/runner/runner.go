package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strings"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/runner/abi"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// DefaultGas is the limit of a run from the entry that names none: minutes to an hour.
const DefaultGas = 1_000_000_000_000

// maxGas leaves room for what entering a frame takes.
const maxGas = math.MaxInt64

// ErrConfig is wrapped by errors about the configuration, as opposed to the program.
var ErrConfig = errors.New("run")

// Drive executes the machine of a frame to its next stop and returns how many instructions it
// charged.
type Drive func(ctx context.Context, f *host.Frame) (interpreter.Stop, uint64, error)

// Config says what to run. The zero value but for File runs the entry on an empty input.
type Config struct {
	Name  string // of the file, for messages
	File  []byte
	Call  string  // method(args); "": the entry
	Spawn string  // spawn(args) of the account that is called; "": see spawn
	Input []byte  // of the entry
	Gas   *uint64 // nil: DefaultGas for the entry, a transaction's most for a call

	Amount    uint64 // paid with the call
	Principal bool   // call as the account itself, not as the scratch caller

	Engine  Engine // "": Interpreter
	Tree    Detail
	Steps   io.Writer      // JSON lines, one an instruction; nil: none
	Profile *trace.Profile // filled; nil: none
	Drive   Drive          // a debugger in place of an engine; nil: none
}

// Result is what came of a run.
type Result struct {
	Trap         trap.Code
	PC           uint32 // of the first frame, at its end
	Registers    [32]uint32
	Output       []byte // what the first frame wrote to fd 3
	Message      string // of a Panic
	Revert       []byte // data of a Revert
	Log          []byte // what was written to fd 1 and 2
	GasUsed      uint64
	Instructions uint64 // of all frames
	Elapsed      time.Duration
	Account      address.Address // that was called
	Value        string          // the output by the contract's description; "" if it has none
	Fault        *trace.Fault    // nil: no frame trapped
	Tree         *trace.Call
	Entered      bool // a frame began: PC and Registers mean something
	Stripped     bool // symbols and debug information were left out to fit the limit
}

// Seconds is the time that was spent in the engine.
func (r *Result) Seconds() float64 { return r.Elapsed.Seconds() }

// Run runs a program. A program that traps is a result, not an error; an error wraps ErrConfig,
// ErrDiffer, an error of package elf, or says that ctx is done.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	w, err := newWorld(&c)
	if err != nil {
		return nil, err
	}
	i, err := w.prepare(ctx)
	if err != nil {
		return nil, err
	}
	return w.run(ctx, i)
}

// Check reports what Run would refuse before anything of the program but its constructor runs.
func Check(ctx context.Context, c Config) error {
	if err := c.validate(); err != nil {
		return err
	}
	w, err := newWorld(&c)
	if err != nil {
		return err
	}
	_, err = w.prepare(ctx)
	return err
}

func (c *Config) validate() error {
	var problems []error
	switch c.Engine {
	case "":
		c.Engine = Interpreter
	case Interpreter, Stepper, Both:
	default:
		problems = append(problems, fmt.Errorf("engine %q: want %s, %s or %s",
			c.Engine, Interpreter, Stepper, Both))
	}
	watched := c.Steps != nil || c.Profile != nil || c.Drive != nil
	if watched && c.Engine != Interpreter {
		problems = append(problems, fmt.Errorf("steps, profile and debugger need engine %s", Interpreter))
	}
	if c.Drive != nil && (c.Steps != nil || c.Profile != nil) {
		problems = append(problems, errors.New("a debugger takes neither steps nor a profile"))
	}
	if c.Call != "" && c.Input != nil {
		problems = append(problems, errors.New("a call takes its input from its arguments"))
	}
	if c.Call == "" && (c.Spawn != "" || c.Amount != 0 || c.Principal) {
		problems = append(problems,
			errors.New("only a call has a spawned account, an amount, a principal"))
	}
	if c.Gas != nil && *c.Gas > maxGas {
		problems = append(problems, fmt.Errorf("gas %d above %d", *c.Gas, uint64(maxGas)))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}

// Program is a file that was loaded, with what tools know of it.
type Program struct {
	*elf.Program
	Name     string // lower case
	Image    []byte // what is deployed: the file, or the stripped file
	Stripped bool
	Symbols  *trace.Symbols
	Contract *abi.Contract // nil: the file has no description
}

// Load loads a file under the limits of the default parameters. Symbols and debug information do
// not count: a file that only fits without them is stripped.
func Load(name string, file []byte) (*Program, error) {
	limits := elf.DefaultLimits()
	limits.FileBytes = hostLimits().CodeBytes
	p := &Program{Image: file, Name: strings.ToLower(strings.TrimSuffix(path.Base(name), ".elf"))}
	if uint64(len(file)) > uint64(limits.FileBytes) {
		if image, err := Strip(file); err == nil {
			p.Image, p.Stripped = image, true
		}
	}
	var err error
	if p.Program, err = elf.Load(p.Image, limits); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := host.NewExecutor(metering.V1(), hostLimits(), nil).CheckCode(p.Image); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// A description is for people: a damaged one is as good as none.
	if c, err := abi.Parse(p.ABI); err == nil && c != nil {
		p.Contract = c
		if c.Name != "" {
			p.Name = strings.ToLower(c.Name)
		}
	}
	p.Symbols = trace.NewSymbols(file).Complete(p.Program)
	return p, nil
}
