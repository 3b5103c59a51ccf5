package main

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/sim"
)

func simCommand() *cli.Command {
	return &cli.Command{
		Name:  "sim",
		Usage: "play random histories of a whole network against an oracle",
		Description: "Each seed is one history: forks, lies, crashes, lost messages, attacks. After every block the\n" +
			"invariants of the protocol are checked. The last line counts histories and violations; the exit\n" +
			"code is 0 only without violations. --replay SEED tells one history line by line.\n\n" +
			"Examples:\n" +
			"  athena sim --histories 1000\n" +
			"  athena sim --replay 42",
		Flags: []cli.Flag{
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "the first seed"},
			&cli.IntFlag{Name: "histories", Value: 100, Usage: "how many seeds"},
			&cli.IntFlag{Name: "blocks", Value: sim.DefaultBlocks, Usage: "heights of trouble in a history"},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "histories at once"},
			&cli.Uint64Flag{Name: "replay", Usage: "tell the history of this seed, and nothing else"},
			&cli.BoolFlag{Name: "verbose", Usage: "print every seed, and what happened how often"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			if c.Int("histories") < 1 || c.Int("workers") < 1 || c.Int("blocks") < 1 {
				return &usageError{errors.New("--histories, --workers and --blocks must be at least 1")}
			}
			if c.IsSet("replay") {
				return replayHistory(c)
			}
			return playHistories(c)
		},
	}
}

// playHistories plays many seeds. Progress goes to stderr, the result to stdout.
func playHistories(c *cli.Context) error {
	n, done := c.Int("histories"), 0
	progress := func(r *sim.Report) {
		done++
		for _, v := range r.Violations {
			fmt.Fprintf(c.App.ErrWriter, "seed %d: %s\n", r.Seed, v)
		}
		if c.Bool("verbose") {
			fmt.Fprintf(c.App.ErrWriter, "seed %d: height %d, %d violations\n", r.Seed, r.Heights,
				len(r.Violations))
		} else if done%100 == 0 {
			fmt.Fprintf(c.App.ErrWriter, "%d of %d histories\n", done, n)
		}
	}
	o := sim.Options{Blocks: c.Int("blocks")}
	sum, err := sim.Many(c.Context, c.Uint64("seed"), n, c.Int("workers"), o, progress)
	if err != nil {
		return err
	}
	if c.Bool("verbose") {
		for _, what := range slices.Sorted(maps.Keys(sum.Counts)) {
			fmt.Fprintf(c.App.ErrWriter, "%8d %s\n", sum.Counts[what], what)
		}
	}
	for _, r := range sum.Failed {
		fmt.Fprintf(c.App.ErrWriter, "seed %d: athena sim --blocks %d --replay %d tells the story\n",
			r.Seed, o.Blocks, r.Seed)
	}
	first := c.Uint64("seed")
	fmt.Fprintf(c.App.Writer, "seeds %d to %d\n", first, first+uint64(n)-1)
	fmt.Fprintf(c.App.Writer, "%d histories, %d violations\n", sum.Histories, sum.Violations)
	return violated(sum.Violations)
}

// replayHistory tells one history on stdout.
func replayHistory(c *cli.Context) error {
	o := sim.Options{Blocks: c.Int("blocks"), Log: c.App.Writer}
	r, err := sim.Run(c.Context, c.Uint64("replay"), o)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "1 histories, %d violations\n", len(r.Violations))
	return violated(len(r.Violations))
}

func violated(n int) error {
	if n == 0 {
		return nil
	}
	return errors.Join(errReported, fmt.Errorf("sim: %d violations", n))
}
