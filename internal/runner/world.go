package runner

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/internal/runner/abi"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/literal"
	"github.com/athenarollup/athena/trap"
)

// scratchBalance is what every scratch account owns.
const scratchBalance = 1_000_000_000_000

// scratchHeight is the layer that programs see.
const scratchHeight = 1

// nothing is the state before a run.
type nothing struct{}

var _ state.Backend = nothing{}

// Get implements state.Backend.
func (nothing) Get(state.Key) ([]byte, bool, error) { return nil, false, nil }

// hostLimits are those of the default parameters.
func hostLimits() host.Limits {
	p := rollup.DefaultParams()
	return host.Limits{
		CallDepth: p.MaxCallDepth, MemoryPages: p.MaxMemoryPages, TxMemoryPages: p.MaxTxMemoryPages,
		InputBytes: p.MaxInputBytes, ReturnBytes: p.MaxReturnBytes, LogBytes: p.MaxLogBytes,
		EventBytes: p.MaxEventBytes, Events: p.MaxEvents, MessageBytes: p.MaxMessageBytes,
		Withdrawals: p.MaxWithdrawals,
		CodeBytes:   p.MaxCodeBytes, SlotValueBytes: p.MaxSlotValueBytes, BlobBytes: p.MaxBlobBytes,
		VerifyKeys: p.MaxVerifyKeys, TxKeys: p.MaxTxKeys, TxValueBytes: p.MaxTxValueBytes,
		TxCodeBytes: p.MaxTxCodeBytes, Verify: p.MaxVerify,
	}
}

// world is the scratch state of a run.
type world struct {
	config   *Config
	program  *Program
	schedule *metering.Schedule
	executor *host.Executor
	state    *state.State
	names    *names
	template address.Address
	account  address.Address
}

func newWorld(c *Config) (*world, error) {
	p, err := Load(c.Name, c.File)
	if err != nil {
		return nil, err
	}
	w := &world{
		config: c, program: p, schedule: metering.V1(), state: state.New(nothing{}),
		names: newNames(p.Name),
	}
	w.executor = host.NewExecutor(w.schedule, hostLimits(), nil)
	w.template = w.state.PutTemplate(p.Image)
	w.names.add("template", w.template)
	w.names.known["self"] = address.Zero // until there is an account
	for _, name := range people {
		w.state.Credit(w.names.known[name], scratchBalance)
	}
	return w, nil
}

// prepare makes the account and says what to enter.
func (w *world) prepare(ctx context.Context) (host.Invocation, error) {
	if w.config.Call == "" {
		if w.program.Entry == 0 {
			return host.Invocation{}, fmt.Errorf("%w: the program has no entry; call one of its methods: %s",
				ErrConfig, w.methods())
		}
		w.adopt(w.plainSpawn())
		return host.Invocation{Caller: w.names.known["caller"], To: w.account, Args: w.config.Input,
			Principal: true}, nil
	}
	method, m, _, err := w.parse(w.config.Call)
	if err != nil {
		return host.Invocation{}, err
	}
	onTemplate := method == "spawn" || m != nil && !m.Receiver
	if onTemplate {
		if w.config.Spawn != "" {
			return host.Invocation{}, fmt.Errorf("%w: %s runs on the template: no account is spawned for it",
				ErrConfig, method)
		}
		w.adopt(w.template)
	} else if err := w.spawn(ctx, method, m); err != nil {
		return host.Invocation{}, err
	}
	_, _, i, err := w.parse(w.config.Call) // again: self has an address now
	return i, err
}

// adopt makes a the account that the run is about.
func (w *world) adopt(a address.Address) {
	w.account = a
	w.names.add("self", a)
}

// methods are the names of all exports.
func (w *world) methods() string {
	var all []string
	for _, e := range w.program.Exports {
		all = append(all, strings.TrimPrefix(e.Name, elf.ExportPrefix))
	}
	if len(all) == 0 {
		return "it exports none"
	}
	return strings.Join(all, ", ")
}

// parse reads a call, checks it against the exports and the description, and makes the invocation.
func (w *world) parse(call string) (string, *abi.Method, host.Invocation, error) {
	var i host.Invocation
	method, args, err := literal.ParseCall(w.names.resolve(call))
	if err != nil {
		return "", nil, i, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if _, ok := w.program.Export(elf.ExportPrefix + method); !ok {
		return "", nil, i, fmt.Errorf("%w: no method %q; there are: %s", ErrConfig, method, w.methods())
	}
	selector := host.Selector(method)
	i = host.Invocation{
		Caller: w.names.known["caller"], To: w.account, Selector: &selector, Args: args,
		Received: w.config.Amount, Principal: w.config.Principal,
	}
	m, ok := w.program.Contract.Method(selector)
	if !ok {
		return method, nil, i, nil
	}
	if _, fits := abi.Values(m.Args, args, nil); !fits {
		return "", nil, i, fmt.Errorf("%w: %s takes %s; integers are u64 unless a suffix, as in 7u32, "+
			"says otherwise", ErrConfig, method, m.Signature())
	}
	return method, &m, i, nil
}

// plainSpawn makes an account without a constructor, with an empty blob.
func (w *world) plainSpawn() address.Address {
	a := address.OfSpawn(w.template, nil)
	w.state.Spawn(a, w.template, nil)
	return a
}

// spawn makes the account that is called: by the constructor that the configuration names; by one
// without arguments if the description has it; else with an empty blob, which only a program
// without state of its own can read.
func (w *world) spawn(ctx context.Context, method string, m *abi.Method) error {
	call := w.config.Spawn
	contract := w.program.Contract
	if call == "" && contract != nil {
		constructor, ok := contract.Method(host.Selector("spawn"))
		switch {
		case ok && len(constructor.Args) == 0:
			call = "spawn"
		case ok && m != nil && len(contract.State) > 0:
			return fmt.Errorf("%w: %s needs an account: add --spawn '%s'", ErrConfig, method,
				constructor.Signature())
		}
	}
	if call == "" {
		w.adopt(w.plainSpawn())
		return nil
	}
	return w.construct(ctx, call)
}

// construct runs a constructor on the template.
func (w *world) construct(ctx context.Context, call string) error {
	w.account = w.template
	_, _, i, err := w.parse(call)
	if err != nil {
		return err
	}
	i.Principal, i.Received = true, 0
	watch := w.watch(ctx, plain{})
	result := w.session(watch, math.MaxInt64).Invoke(i)
	w.state.BeginTx(nil)
	switch {
	case watch.err != nil:
		return watch.err
	case result.Trap != trap.None:
		text := ""
		if watch.fault != nil {
			text = "\n" + watch.fault.String()
		}
		return fmt.Errorf("runner: %s ended with %s %s%s", call, result.Trap, result.Message, text)
	case len(watch.spawned) == 0:
		return fmt.Errorf("runner: %s ended well but spawned no account", call)
	}
	w.adopt(watch.spawned[len(watch.spawned)-1])
	return nil
}

// session begins a transaction under the given gas.
func (w *world) session(watch *watch, gas uint64) *host.Session {
	params := rollup.DefaultParams()
	units := params.MaxTx
	units[metering.Compute] = gas
	s := w.executor.Begin(w.state, host.Context{Height: scratchHeight, Prices: params.Prices},
		w.names.known["caller"], units)
	s.SetTracer(watch)
	return s
}

func (w *world) watch(ctx context.Context, d driver) *watch {
	return &watch{
		ctx: ctx, driver: d, symbols: w.program.Symbols, contract: w.program.Contract,
		names: w.names, keys: newKeys(w.names, w.program.Contract),
	}
}

// run makes the invocation that the run is about.
func (w *world) run(ctx context.Context, i host.Invocation) (*Result, error) {
	c := w.config
	watch := w.watch(ctx, nil)
	watch.detail, watch.profile = c.Tree, c.Profile
	if c.Steps != nil {
		watch.steps = trace.NewStepWriter(c.Steps)
	}
	elapsed := w.drive(watch)
	gas := rollup.DefaultParams().MaxTx[metering.Compute]
	if c.Call == "" {
		gas = DefaultGas
	}
	if c.Gas != nil {
		gas = *c.Gas
	}
	if c.Call == "" {
		watch.entry = entryGas{true, gas}
		gas = math.MaxInt64 // for what comes before the program
	}
	if c.Amount > 0 {
		if !w.state.Debit(i.Caller, c.Amount) || !w.state.Credit(i.To, c.Amount) {
			return nil, fmt.Errorf("%w: amount %d: the caller owns %d", ErrConfig, c.Amount, scratchBalance)
		}
	}
	out := w.session(watch, gas).Invoke(i)
	if watch.err != nil {
		return nil, watch.err
	}
	if err := w.state.Err(); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if watch.steps != nil {
		if err := watch.steps.Flush(); err != nil {
			return nil, err
		}
	}
	r := w.result(watch, out)
	r.Elapsed = elapsed()
	return r, nil
}

// drive gives the watch its driver, and returns the time spent in the engine so far.
func (w *world) drive(watch *watch) func() time.Duration {
	c := w.config
	if c.Engine != Interpreter {
		d := &twin{costs: &w.schedule.Instruction, alone: c.Engine == Stepper}
		watch.driver = d
		return func() time.Duration { return d.total }
	}
	var d driver = plain{}
	switch {
	case c.Drive != nil:
		d = &custom{drive: c.Drive}
	case watch.profile != nil || watch.steps != nil:
		o := &observed{}
		if watch.steps != nil {
			o.observers = append(o.observers, watch.steps)
		}
		if watch.profile != nil {
			o.observers = append(o.observers, watch.profile)
		}
		d = o
	}
	t := &timed{driver: d}
	watch.driver = t
	return func() time.Duration { return t.total }
}

// result puts together what came of the run.
func (w *world) result(watch *watch, out host.Result) *Result {
	r := &Result{
		Trap: out.Trap, PC: watch.first.pc, Registers: watch.first.registers,
		Output: watch.first.output, GasUsed: out.GasUsed, Instructions: watch.total,
		Account: w.account, Fault: watch.fault, Tree: watch.root, Entered: watch.first.began,
		Stripped: w.program.Stripped, Message: string(out.Message),
	}
	for _, l := range out.Logs {
		r.Log = append(r.Log, l.Text...)
	}
	switch {
	case w.config.Call != "" && watch.profile != nil:
		watch.profile.Charge(out.GasUsed - min(out.GasUsed, watch.first.used))
	case w.config.Call == "" && watch.first.began:
		r.GasUsed = watch.first.used
	}
	if r.Trap == trap.None {
		r.Fault = nil // a callee's, which was caught
	}
	if r.Trap == trap.Revert {
		r.Revert = out.Return
	}
	r.Value = w.value(r)
	return r
}

// value is the output, or the data of a revert, by the contract's description.
func (w *world) value(r *Result) string {
	if w.config.Call == "" {
		return ""
	}
	method, _, err := literal.ParseCall(w.names.resolve(w.config.Call))
	if err != nil {
		return ""
	}
	m, ok := w.program.Contract.Method(host.Selector(method))
	if !ok {
		return ""
	}
	typ, data := m.Returns, r.Output
	switch r.Trap {
	case trap.None:
	case trap.Revert:
		typ, data = m.Error, r.Revert
	default:
		return ""
	}
	if text, ok := abi.Value(typ, data, nil); ok && typ != "()" {
		return text
	}
	return ""
}
