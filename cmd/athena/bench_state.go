package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/statebench"
	"github.com/athenarollup/athena/rollup/statetree"
)

func benchStateCommand() *cli.Command {
	return &cli.Command{
		Name:  "state",
		Usage: "measure the state tree: commits, reads, proofs, witnesses, disk and memory",
		Description: "Loads a state of random keys with values of 32 bytes into a temporary folder, and\n" +
			"commits layers of 100, 1000 and 10000 random updates, each with its reverse diff, synced.\n" +
			"Sizes of proofs and witnesses leave out the keys and values themselves.\n\n" +
			"Examples:\n" +
			"  athena bench state\n" +
			"  athena bench state --keys 1000000 --json\n" +
			"  athena bench state --backend memory --seconds 2",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "keys", Value: 100_000, Usage: "a state of `N` keys"},
			&cli.StringFlag{Name: "backend", Value: statebench.Pebble, Usage: "`NAME`: pebble or memory"},
			&cli.Float64Flag{Name: "seconds", Value: 10, Usage: "spend `S` seconds on each size of commits"},
			&cli.IntFlag{Name: "cache", Value: statetree.DefaultCacheBytes >> 20,
				Usage: "let the store use `MIB` MiB of memory"},
			&cli.IntFlag{Name: "history", Value: statetree.DefaultHistory,
				Usage: "keep reverse diffs of `N` layers"},
			&cli.StringFlag{Name: "dir", Usage: "put the temporary folder into `DIR`"},
			jsonFlag(),
		},
		Action: benchState,
	}
}

func benchState(c *cli.Context) error {
	if c.Args().Present() {
		return &usageError{errors.New("bench state takes no arguments; see athena bench state --help")}
	}
	seconds := c.Float64("seconds")
	if !(seconds > 0 && seconds <= 3600) {
		return &usageError{errors.New("--seconds must be above 0 and at most 3600")}
	}
	cfg := statebench.Config{
		Keys: c.Int("keys"), Backend: c.String("backend"), History: c.Int("history"),
		CacheBytes: int64(c.Int("cache")) << 20, Dir: c.String("dir"),
		Each: time.Duration(seconds * float64(time.Second)),
		Progress: func(format string, args ...any) {
			fmt.Fprintf(c.App.ErrWriter, format+"\n", args...)
		},
	}
	if err := cfg.Validate(); err != nil {
		return &usageError{err}
	}
	report, err := statebench.Run(c.Context, cfg)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, report)
	}
	return report.WriteTable(c.App.Writer)
}
