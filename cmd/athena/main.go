// Command athena is the whole of Athena in one binary: a development network, the demonstration, and
// the verbs that deploy and call contracts. Each verb has its own file; this one only wires them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code. Results go to stdout, all else to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := &cli.App{
		Name:      "athena",
		Usage:     "a RISC-V smart-contract rollup: run it, deploy to it, call it",
		UsageText: "athena COMMAND [flags] [arguments]",
		Commands: []*cli.Command{
			demoCommand(), devCommand(),
			l1Command(), executorCommand(), relayCommand(),
			runCommand(), debugCommand(), disasmCommand(), inspectCommand(), asmCommand(),
			deployCommand(), spawnCommand(), sendCommand(),
			callCommand(), accountCommand(), txCommand(), replayCommand(), verifyStepCommand(),
			bridgeCommand(),
			benchCommand(), simCommand(),
		},
		Suggest:                true,
		UseShortOptionHandling: true,
		Writer:                 stdout,
		ErrWriter:              stderr,
		HideVersion:            true,
		ExitErrHandler:         func(*cli.Context, error) {}, // the exit code is decided below
		OnUsageError:           badFlag,
		CommandNotFound: func(c *cli.Context, name string) {
			fmt.Fprintf(c.App.ErrWriter, "athena: no command %q; athena help lists them\n", name)
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return &usageError{fmt.Errorf("no command %q; athena help lists them", c.Args().First())}
			}
			return cli.ShowAppHelp(c)
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError, c.HideHelpCommand = badFlag, true
	}
	err := app.RunContext(ctx, flagsFirst(bareTrace(args), app.Commands))
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(stderr, "athena:", err)
	}
	return exitCode(err)
}

// badFlag says which flag is wrong and where the right ones are listed.
func badFlag(c *cli.Context, err error, _ bool) error {
	return &usageError{fmt.Errorf("%w; athena help %s lists the flags", err, c.Command.Name)}
}
