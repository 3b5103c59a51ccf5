package main

import (
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/devnet"
)

const (
	defaultL1      = "127.0.0.1:7712"
	categoryDaemon = "Daemon"
)

func l1Command() *cli.Command {
	return &cli.Command{
		Name:  "l1",
		Usage: "the L1 of a development network, on its own",
		Subcommands: []*cli.Command{{
			Name:  "run",
			Usage: "make blocks and serve them until interrupted",
			Description: "A simulated L1 with the genesis of athena dev. Executors and relays in other processes\n" +
				"join it with --l1.\n\nExamples:\n" +
				"  athena l1 run --state ./l1\n" +
				"  athena executor run --l1 127.0.0.1:7712 --key devexecutor0 --state ./one",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "listen", Value: defaultL1, Category: categoryDaemon,
					Usage: "gRPC `ADDRESS`; port 0 takes a free one"},
				&cli.StringFlag{Name: "state", Category: categoryDaemon,
					Usage: "keep the chain in `DIR`; without it, it ends with the process"},
				&cli.DurationFlag{Name: "block-time", Value: time.Second, Category: categoryDaemon,
					Usage: "a block every `D`"},
				&cli.IntFlag{Name: "executors", Value: 4, Category: categoryDaemon,
					Usage: "`N` executors have money at the start"},
				jsonFlag(),
			},
			Action: l1Run,
		}},
	}
}

func l1Run(c *cli.Context) error {
	if err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	if c.Duration("block-time") < 10*time.Millisecond || c.Int("executors") < 1 {
		return &usageError{fmt.Errorf("--block-time: at least 10ms; --executors: at least 1")}
	}
	if err := makeDir(c.String("state")); err != nil {
		return err
	}
	l, err := devnet.StartL1(devnet.L1Config{
		Seed: devnet.DefaultSeed, Executors: c.Int("executors"), Dir: c.String("state"),
		Listen: c.String("listen"),
	})
	if err != nil {
		return err
	}
	id := l.Genesis.ChainID()
	err = announceDaemon(c, "l1", l.Addr(), map[string]string{"chainId": hex0x(id[:])})
	if err == nil {
		err = l.Chain.Run(c.Context, c.Duration("block-time"))
	}
	return closeBoth(err, l.Close)
}

// announceDaemon prints where a daemon listens: a line on stderr, or a document on stdout.
func announceDaemon(c *cli.Context, what, addr string, more map[string]string) error {
	if !c.Bool("json") {
		_, err := fmt.Fprintf(c.App.ErrWriter, "athena %s: listens on %s\n", what, addr)
		return err
	}
	doc := map[string]string{"address": addr}
	for k, v := range more {
		doc[k] = v
	}
	return printJSON(c, doc)
}

func makeDir(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	return nil
}
