package main

import (
	"context"
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/relay"
)

func relayCommand() *cli.Command {
	return &cli.Command{
		Name:  "relay",
		Usage: "take transactions, bundle them and post them to an L1",
		Subcommands: []*cli.Command{{
			Name:  "run",
			Usage: "run a relay until it is interrupted",
			Description: "docs/operate/relay.md tells what an operator has to know.\n\nExamples:\n" +
				"  athena relay run --key devrelay --state ./relay --executor 127.0.0.1:7711",
			Flags: append(daemonFlags(defaultRelay),
				&cli.StringFlag{Name: "executor", Value: defaultExecutor, Category: categoryDaemon,
					Usage: "gRPC `ADDRESS` of an executor, for dry runs and receipts"},
				&cli.DurationFlag{Name: "bundle-interval", Category: categoryDaemon,
					Usage: "post when the oldest transaction has waited for `D`; 0 is the default"},
			),
			Action: relayRun,
		}},
	}
}

func relayRun(c *cli.Context) error {
	if c.String("key") == "" {
		return &usageError{errors.New("--key: a relay pays for its bundles from an L1 account")}
	}
	if c.Duration("bundle-interval") < 0 || c.Duration("bundle-interval") > time.Hour {
		return &usageError{errors.New("--bundle-interval: at most an hour")}
	}
	d, err := startDaemon(c)
	if err != nil {
		return err
	}
	r, err := relay.Start(c.Context, relay.Config{
		Genesis: d.genesis, Chain: d.chain, Key: d.key, Account: d.account,
		Listen: c.String("listen"), Executor: c.String("executor"), Dir: c.String("state"),
		BundleInterval: c.Duration("bundle-interval"), Log: d.log,
	})
	if err != nil {
		return closeBoth(err, d.chain.Close)
	}
	stop := context.AfterFunc(c.Context, func() { _ = r.Close() }) // Close below returns its error
	defer stop()
	if err = announceDaemon(c, "relay", r.Addr(), nil); err == nil {
		err = r.Err()
	}
	return closeBoth(err, r.Close, d.chain.Close)
}
