package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/rollupbench"
)

func benchRollupCommand() *cli.Command {
	return &cli.Command{
		Name:  "rollup",
		Usage: "measure derivation, verdicts and their witnesses, reorganisations, restarts, joins",
		Description: "A time is the least of some turns; beside some figures is the goal that was set for\n" +
			"them. A run with the default state takes minutes, and 4 GB of memory.\n\n" +
			"Examples:\n" +
			"  athena bench rollup\n" +
			"  athena bench rollup --accounts 100000 --json\n" +
			"  athena bench rollup --quick",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "accounts", Value: 1_000_000, Usage: "a state of `N` accounts"},
			&cli.BoolFlag{Name: "quick",
				Usage: "show that it works, with few accounts unless they are given; the times mean nothing"},
			&cli.StringFlag{Name: "dir", Usage: "put the temporary folder into `DIR`"},
			jsonFlag(),
		},
		Action: benchRollup,
	}
}

func benchRollup(c *cli.Context) error {
	if c.Args().Present() {
		return &usageError{errors.New("bench rollup takes no arguments; see athena bench rollup --help")}
	}
	cfg := rollupbench.Config{
		Accounts: c.Int("accounts"), Quick: c.Bool("quick"), Dir: c.String("dir"),
		Progress: func(format string, args ...any) {
			fmt.Fprintf(c.App.ErrWriter, format+"\n", args...)
		},
	}
	if cfg.Quick && !c.IsSet("accounts") {
		cfg.Accounts = rollupbench.MinAccounts
	}
	if err := cfg.Validate(); err != nil {
		return &usageError{err}
	}
	report, err := rollupbench.Run(c.Context, cfg)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, report)
	}
	return report.WriteTable(c.App.Writer)
}
