package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/runner"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/sdk/go/literal"
	"github.com/athenarollup/athena/trap"
)

const categoryRun, categoryWatch = "Run", "Watch"

// programFlags say what to run; they are shared by run and debug.
func programFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "call", Category: categoryRun,
			Usage: "call `'METHOD(ARGS)'` of an account made from the program"},
		&cli.StringFlag{Name: "spawn", Category: categoryRun,
			Usage: "make that account with `'spawn(ARGS)'`; without it, with an empty state"},
		&cli.StringFlag{Name: "input", Category: categoryRun,
			Usage: "run from _start with the input stream `HEX`"},
		&cli.Uint64Flag{Name: "amount", Category: categoryRun, Usage: "pay `N` with the call"},
		&cli.BoolFlag{Name: "principal", Category: categoryRun,
			Usage: "call as the account's own transaction, which may use principal-only methods"},
		&cli.Uint64Flag{Name: "gas", Category: categoryRun,
			Usage: "stop after `N` gas instead of what a transaction may use, or 10^12 from _start"},
	}
}

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a program outside of any chain, with the real host and the real gas",
		ArgsUsage: "FILE.elf",
		Description: "Without --call it runs from _start, and gas is what the program itself uses. With\n" +
			"--call the program is deployed in a scratch state, and gas is what a transaction would pay.\n" +
			"Arguments may name the scratch accounts caller, alice, bob and carol, and self.\n" +
			"Exit codes: 0 success, 3 trap, 4 out of gas, 2 usage, 1 anything else.\n\nExamples:\n" +
			"  athena run hello.elf --input 0x2a --json\n" +
			"  athena run counter.elf --spawn 'spawn(41)' --call 'increment(1)' --trace\n" +
			"  athena run counter.elf --spawn 'spawn(41)' --call get --profile out.pb.gz\n" +
			"  athena run hello.elf --engine both",
		Flags: append(programFlags(),
			&cli.StringFlag{Name: "engine", Value: string(runner.Interpreter), Category: categoryRun,
				Usage: "execute with `NAME`: interpreter, stepper, or both, which fails on any difference"},
			&cli.StringFlag{Name: "trace", Category: categoryWatch,
				Usage: "print `WHAT` happens: calls, which is a tree of frames and their effects; host, " +
					"the same with every host call; or steps, a JSON line for each instruction"},
			&cli.IntFlag{Name: "depth", Category: categoryWatch, Usage: "cut the call tree below `N` calls"},
			&cli.StringFlag{Name: "profile", Category: categoryWatch,
				Usage: "write where gas and instructions went to `FILE`, for go tool pprof"},
			jsonFlag(),
		),
		Action: runAction,
	}
}

// bareTrace lets --trace stand without a value: it means --trace=calls.
func bareTrace(args []string) []string {
	out := slices.Clone(args)
	for i, arg := range out {
		if i > 1 && (arg == "--trace" || arg == "-trace") {
			out[i] = arg + "=calls"
		}
	}
	return out
}

func runAction(c *cli.Context) error {
	if err := wantArgs(c, 1, 1); err != nil {
		return err
	}
	config, err := programConfig(c)
	if err != nil {
		return err
	}
	config.Engine = runner.Engine(c.String("engine"))
	if err := traceConfig(c, config); err != nil {
		return err
	}
	if c.String("profile") != "" {
		config.Profile = trace.NewProfile()
	}
	r, err := runner.Run(c.Context, *config)
	if err != nil {
		return explainRun(c.Context, err)
	}
	if config.Profile != nil {
		if err := writeProfile(c.String("profile"), config.Profile); err != nil {
			return err
		}
	}
	if err := reportRun(c, config, r); err != nil {
		return err
	}
	return trapOf(c, r)
}

// programConfig reads the file and the flags of programFlags.
func programConfig(c *cli.Context) (*runner.Config, error) {
	file, err := readProgram(c)
	if err != nil {
		return nil, err
	}
	config := &runner.Config{
		Name: c.Args().First(), File: file, Call: c.String("call"), Spawn: c.String("spawn"),
		Amount: c.Uint64("amount"), Principal: c.Bool("principal"),
	}
	if c.IsSet("gas") {
		config.Gas = new(c.Uint64("gas"))
	}
	if c.IsSet("input") {
		config.Input, err = hex.DecodeString(strings.TrimPrefix(c.String("input"), "0x"))
		if err != nil {
			return nil, &usageError{fmt.Errorf("--input %q: want hex digits: %w", c.String("input"), err)}
		}
	}
	return config, nil
}

// readProgram reads the file that the first argument names.
func readProgram(c *cli.Context) ([]byte, error) {
	file, err := readFile(c.Args().First())
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: %w", c.Command.Name, err)}
	}
	return file, nil
}

func traceConfig(c *cli.Context, config *runner.Config) error {
	switch level := c.String("trace"); level {
	case "":
	case "calls":
		config.Tree = runner.Calls
	case "host":
		config.Tree = runner.HostCalls
	case "steps":
		config.Steps = c.App.Writer
		if c.Bool("json") {
			config.Steps = c.App.ErrWriter // stdout is for the document
		}
	default:
		return &usageError{fmt.Errorf("--trace=%s: want calls, host or steps", level)}
	}
	if c.Int("depth") < 0 {
		return &usageError{errors.New("--depth: want a number of calls, 0 for all")}
	}
	return nil
}

// explainRun sorts the errors of a run by exit code.
func explainRun(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, runner.ErrConfig), errors.Is(err, literal.ErrSyntax):
		return &usageError{err}
	case ctx.Err() != nil:
		return errors.New("run: interrupted")
	}
	return err
}

func writeProfile(name string, p *trace.Profile) error {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}

// ran is the document of --json.
type ran struct {
	Status       string      `json:"status"` // "success" or the trap's name
	TrapCode     uint32      `json:"trapCode"`
	PC           uint32      `json:"pc"`
	Output       string      `json:"output"` // what was written to fd 3
	Value        string      `json:"value,omitempty"`
	Log          string      `json:"log"`
	Message      string      `json:"message,omitempty"` // of a Panic
	RevertData   string      `json:"revertData,omitempty"`
	GasUsed      uint64      `json:"gasUsed"`
	Instructions uint64      `json:"instructions"`
	Seconds      float64     `json:"seconds"` // in the engine alone
	Engine       string      `json:"engine"`
	Registers    [32]uint32  `json:"registers"`
	Account      string      `json:"account,omitempty"`
	Fault        *faultJSON  `json:"fault,omitempty"`
	Trace        *trace.Call `json:"trace,omitempty"`
}

type faultJSON struct {
	Trap     string `json:"trap"`
	PC       uint32 `json:"pc"`
	Inst     string `json:"instruction,omitempty"`
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Why      string `json:"why,omitempty"`
}

func reportRun(c *cli.Context, config *runner.Config, r *runner.Result) error {
	if r.Stripped {
		fmt.Fprintln(c.App.ErrWriter, "athena: run: symbols and debug information are not deployed: "+
			"the file is above the limit of a template with them")
	}
	if c.Bool("json") {
		return printJSON(c, document(config, r))
	}
	if len(r.Log) > 0 {
		fmt.Fprint(c.App.ErrWriter, strings.TrimSuffix(string(r.Log), "\n")+"\n")
	}
	switch {
	case r.Tree != nil:
		return r.Tree.Write(c.App.Writer, c.Int("depth"))
	case config.Steps != nil || r.Trap != trap.None:
		return nil
	}
	text := r.Value
	if text == "" {
		text = hex0x(r.Output)
	}
	if _, err := fmt.Fprintln(c.App.Writer, text); err != nil {
		return err
	}
	fmt.Fprintf(c.App.ErrWriter, "gas %s · %s instructions · %s\n",
		trace.Thousands(r.GasUsed), trace.Thousands(r.Instructions), r.Elapsed)
	return nil
}

func document(config *runner.Config, r *runner.Result) ran {
	doc := ran{
		Status: "success", TrapCode: uint32(r.Trap), PC: r.PC, Output: hex0x(r.Output), Value: r.Value,
		Log: string(r.Log), Message: r.Message, GasUsed: r.GasUsed, Instructions: r.Instructions,
		Seconds: r.Seconds(), Engine: string(config.Engine), Registers: r.Registers, Trace: r.Tree,
	}
	if r.Trap != trap.None {
		doc.Status = r.Trap.String()
	}
	if r.Trap == trap.Revert {
		doc.RevertData = hex0x(r.Revert)
	}
	if config.Call != "" {
		doc.Account = r.Account.String()
	}
	if f := r.Fault; f != nil {
		doc.Fault = &faultJSON{
			Trap: f.Trap.String(), PC: f.PC, Inst: f.Inst, Function: f.Location.Function,
			File: f.Location.File, Line: f.Location.Line, Why: f.Why,
		}
	}
	return doc
}

// trapOf is the failure of a run that trapped: on stderr what, where, why, and what to try.
func trapOf(c *cli.Context, r *runner.Result) error {
	if r.Trap == trap.None {
		return nil
	}
	text := fmt.Sprintf("trap: %s (%s, code %d)", trace.Describe(r.Trap), r.Trap, uint32(r.Trap))
	if r.Fault != nil {
		text = r.Fault.String()
		if r.Fault.Trap != r.Trap {
			text += fmt.Sprintf("\n  which ended the run with %s", r.Trap)
		}
	}
	switch {
	case r.Message != "":
		text += fmt.Sprintf("\n  message: %s", r.Message)
	case r.Trap == trap.Revert && r.Value != "":
		text += "\n  data: " + r.Value
	case r.Trap == trap.Revert:
		text += "\n  data: " + hex0x(r.Revert)
	}
	text += "\n  try: " + hint(c, r)
	return &trapError{trap: r.Trap.String(), text: text}
}

// hint is a command that shows more.
func hint(c *cli.Context, r *runner.Result) string {
	what := c.Args().First()
	for _, name := range []string{"spawn", "call", "input"} {
		if c.IsSet(name) {
			what += fmt.Sprintf(" --%s '%s'", name, c.String(name))
		}
	}
	if r.Trap == trap.OutOfGas && c.Uint64("gas") != 0 {
		return fmt.Sprintf("athena run %s --gas %d", what, c.Uint64("gas")*10)
	}
	if c.String("trace") == "" && c.String("call") != "" {
		return fmt.Sprintf("athena run %s --trace", what)
	}
	return fmt.Sprintf("athena debug %s --gdb 127.0.0.1:1234", what)
}
