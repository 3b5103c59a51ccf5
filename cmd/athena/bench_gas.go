package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/calibrate"
	"github.com/athenarollup/athena/metering"
)

// pricesFile is where the prices are, from the root of the repository.
const pricesFile = "metering/prices_v1.go"

func benchGasCommand() *cli.Command {
	return &cli.Command{
		Name:  "gas",
		Usage: "measure how long a unit of gas takes: instructions, host calls, precompiles",
		Description: "Each price is measured where it is worst for the host; a star marks the case that\n" +
			"counts.\n" +
			"--write replaces " + pricesFile + " by prices whose worst cases are within a\n" +
			"factor of 3 of each other; run it again until it proposes nothing.\n\n" +
			"Examples:\n" +
			"  athena bench gas\n" +
			"  athena bench gas --seconds 1 --json\n" +
			"  athena bench gas --unit 2 --write",
		Flags: []cli.Flag{
			&cli.Float64Flag{Name: "seconds", Value: 0.25,
				Usage: "spend `S` seconds on each case of a round; its fastest turn counts"},
			&cli.IntFlag{Name: "rounds", Value: 3, Usage: "measure all cases `N` times"},
			&cli.Float64Flag{Name: "unit", Value: 1, Usage: "propose prices for `NS` ns a unit of gas"},
			&cli.BoolFlag{Name: "write",
				Usage: "write the proposed prices; to be run at the root of the repository"},
			jsonFlag(),
		},
		Action: benchGas,
	}
}

func benchGas(c *cli.Context) error {
	unit, seconds, rounds := c.Float64("unit"), c.Float64("seconds"), c.Int("rounds")
	switch {
	case c.Args().Present():
		return &usageError{errors.New("bench gas takes no arguments; see athena bench gas --help")}
	case !(unit > 0), !(seconds > 0 && seconds <= 3600):
		return &usageError{errors.New("--unit and --seconds must be above 0, --seconds at most 3600")}
	case rounds < 1 || rounds > 1_000:
		return &usageError{errors.New("--rounds must be from 1 to 1000")}
	}
	schedule := metering.V1()
	report, err := calibrate.Run(c.Context, calibrate.Config{
		Schedule: schedule,
		Each:     time.Duration(seconds * float64(time.Second)),
		Rounds:   rounds,
		Progress: func(format string, args ...any) {
			fmt.Fprintf(c.App.ErrWriter, format+"\n", args...)
		},
	})
	if err != nil {
		return err
	}
	next, changes := report.Propose(schedule, unit)
	report.Changes = changes
	if c.Bool("write") {
		command := fmt.Sprintf("athena bench gas --seconds %v --unit %v --write", seconds, unit)
		if err := os.WriteFile(pricesFile, report.GoFile(next, command), 0o644); err != nil {
			return fmt.Errorf("bench: write the prices (run this at the root of the repository): %w", err)
		}
	}
	if c.Bool("json") {
		return printJSON(c, report)
	}
	return report.WriteTable(c.App.Writer)
}
