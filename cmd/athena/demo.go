package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/demo"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "run the whole rollup in one process, a lie and its punishment included, and check the result",
		Description: "It starts L1, a relay and two executors, deploys a token, moves money over the bridge and back,\n" +
			"survives a reorganisation, sends transfers, one of them past the relay, lets one executor claim\n" +
			"a wrong root, and ends with a table of checks. The exit code is 0 only if all hold.\n\n" +
			"Examples:\n" +
			"  athena demo\n" +
			"  athena demo --seed 42 --json",
		Flags: []cli.Flag{
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "fixes keys, transfers, order and roots",
				EnvVars: []string{"ATHENA_SEED"}},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			var story io.Writer
			if !c.Bool("json") {
				story = c.App.Writer
			}
			report, err := demo.Run(c.Context, demo.Options{Seed: c.Uint64("seed"), Out: story})
			if err != nil {
				return err
			}
			if c.Bool("json") {
				if err := printJSON(c, report); err != nil {
					return err
				}
			}
			if !report.OK {
				fmt.Fprintln(c.App.ErrWriter, "athena: demo: a check failed; see the table of checks")
				return errors.Join(errReported, errors.New("demo: a check failed"))
			}
			return nil
		},
	}
}
