package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/executor"
)

func executorCommand() *cli.Command {
	return &cli.Command{
		Name:  "executor",
		Usage: "execute the layers of an L1, answer questions, claim and challenge",
		Subcommands: []*cli.Command{{
			Name:  "run",
			Usage: "run an executor until it is interrupted",
			Description: "docs/operate/executor.md tells what an operator has to know.\n\nExamples:\n" +
				"  athena executor run --key devexecutor0 --state ./one --self-validate\n" +
				"  athena executor run --shadow --state ./watch\n" +
				"  athena executor run --shadow --state ./new --sync snapshot --peers 127.0.0.1:7711,127.0.0.1:7721",
			Flags: append(daemonFlags(defaultExecutor),
				&cli.BoolFlag{Name: "shadow", Category: categoryDaemon,
					Usage: "execute and compare, post nothing; needs no key"},
				&cli.BoolFlag{Name: "self-validate", Category: categoryDaemon,
					Usage: "execute every step once more, from its own witness, before its layer counts"},
				&cli.IntFlag{Name: "claim-every", Value: 1, Category: categoryDaemon,
					Usage: "claim when `N` layers are open"},
				&cli.IntFlag{Name: "history", Category: categoryDaemon,
					Usage: "layers that can be undone and proven; 0 is the default"},
				&cli.IntFlag{Name: "records", Category: categoryDaemon,
					Usage: "layers whose receipts stay; 0 is the default"},
				&cli.IntFlag{Name: "snapshot-every", Category: categoryDaemon,
					Usage: "cut a snapshot for others every `N` layers; 0 is none"},
				&cli.StringFlag{Name: "sync", Category: categoryDaemon, Value: "derive",
					Usage: "where an empty state begins: derive, from the genesis; or snapshot, from --peers"},
				&cli.StringFlag{Name: "peers", Category: categoryDaemon,
					Usage: "executors that serve snapshots, `A,B,C`; none of them is believed"},
			),
			Action: executorRun,
		}},
	}
}

func executorRun(c *cli.Context) error {
	sync := c.String("sync")
	switch {
	case sync != "derive" && sync != "snapshot":
		return &usageError{fmt.Errorf("--sync %q: want derive or snapshot", sync)}
	case sync == "snapshot" && (c.String("peers") == "" || c.String("state") == ""):
		return &usageError{errors.New("--sync snapshot needs --peers and --state")}
	case !c.Bool("shadow") && c.String("key") == "":
		return &usageError{errors.New("--key: claims and challenges need an L1 account; or use --shadow")}
	}
	d, err := startDaemon(c)
	if err != nil {
		return err
	}
	cfg := executor.Config{
		Genesis: d.genesis, Chain: d.chain, Dir: c.String("state"), Key: d.key, Reward: d.account,
		Claim: !c.Bool("shadow"), Challenge: !c.Bool("shadow"), ClaimEvery: c.Int("claim-every"),
		SelfValidate: c.Bool("self-validate"), History: c.Int("history"), Records: c.Int("records"),
		SnapshotEvery: c.Int("snapshot-every"), Listen: c.String("listen"), Log: d.log,
	}
	if err := cfg.Validate(); err != nil {
		return closeBoth(&usageError{err}, d.chain.Close)
	}
	if sync == "snapshot" {
		if err := joinPeers(c, cfg); err != nil {
			return closeBoth(err, d.chain.Close)
		}
	}
	e, err := executor.New(cfg)
	if err != nil {
		return closeBoth(err, d.chain.Close)
	}
	err = announceDaemon(c, "executor", e.Addr(), nil)
	if err == nil {
		err = e.Run(c.Context)
	}
	return closeBoth(err, e.Close, d.chain.Close)
}

// joinPeers makes an empty state from a snapshot of the peers.
func joinPeers(c *cli.Context, cfg executor.Config) (err error) {
	j := &executor.Join{Config: cfg}
	for _, addr := range strings.Split(c.String("peers"), ",") {
		p, err := executor.DialPeer(strings.TrimSpace(addr))
		if err != nil {
			return &usageError{err}
		}
		defer func() { _ = p.Close() }() // nothing is buffered
		j.Peers = append(j.Peers, p)
	}
	return j.Run(c.Context)
}
