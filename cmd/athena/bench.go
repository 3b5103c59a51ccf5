package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/bench"
)

func benchCommand() *cli.Command {
	c := &cli.Command{
		Name:      "bench",
		Usage:     "measure the machine on this computer",
		ArgsUsage: "WHAT [flags]",
		Subcommands: []*cli.Command{
			benchVMCommand(), benchGasCommand(), benchStateCommand(), benchRollupCommand(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return &usageError{fmt.Errorf("bench measures no %q; athena help bench lists what it does",
					c.Args().First())}
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
	for _, sub := range c.Subcommands {
		sub.OnUsageError, sub.HideHelpCommand = badFlag, true
	}
	return c
}

func benchVMCommand() *cli.Command {
	return &cli.Command{
		Name:  "vm",
		Usage: "run the kernels: speed, and how many times slower than native and than qemu",
		Description: "Kernels (* held out): " + kernelNames() + ".\n" +
			"Native programs are compiled from the same sources, which this binary contains; the first\n" +
			"run does so if there is a Rust, and keeps them in the user's cache folder. Every checksum\n" +
			"is compared.\n\n" +
			"Examples:\n" +
			"  athena bench vm\n" +
			"  athena bench vm --kernel sha256 --kernel keccak --seconds 10\n" +
			"  athena bench vm --native=false --json",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "kernel", Usage: "run `NAME` only; may be repeated"},
			&cli.Float64Flag{Name: "seconds", Value: 3,
				Usage: "spend `S` seconds on each kernel; three turns are made at least"},
			&cli.StringFlag{Name: "engine", Value: string(bench.Interpreter),
				Usage: "`NAME`: interpreter or stepper"},
			&cli.BoolFlag{Name: "native", Value: true,
				Usage: "compare with native programs and qemu; when given, missing Rust is an error"},
			jsonFlag(),
		},
		Action: benchVM,
	}
}

func kernelNames() string {
	var names []string
	for _, k := range bench.Kernels() {
		if k.HeldOut {
			k.Name += "*"
		}
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

func benchVM(c *cli.Context) error {
	if c.Args().Present() {
		return &usageError{errors.New("bench vm takes no arguments; see athena bench vm --help")}
	}
	kernels, err := bench.Find(c.StringSlice("kernel"))
	if err != nil {
		return &usageError{err}
	}
	cfg := bench.Config{
		Kernels: kernels, Engine: bench.Engine(c.String("engine")), Seconds: c.Float64("seconds"),
		Progress: func(format string, args ...any) {
			fmt.Fprintf(c.App.ErrWriter, format+"\n", args...)
		},
	}
	if err := cfg.Validate(); err != nil {
		return &usageError{err}
	}
	if c.Bool("native") {
		cfg.Natives, err = natives(c)
		if err != nil && (c.IsSet("native") || c.Context.Err() != nil) {
			return err
		} else if err != nil {
			cfg.Progress("no comparison with native programs: %v", err)
		}
	}
	report, err := bench.Run(c.Context, cfg)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, report)
	}
	return report.WriteTable(c.App.Writer)
}

func natives(c *cli.Context) (*bench.Natives, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("bench: find the cache folder: %w", err)
	}
	return bench.BuildNatives(c.Context, filepath.Join(dir, "athena", "bench"), c.App.ErrWriter)
}
