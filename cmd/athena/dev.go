package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/devnet"
)

func devCommand() *cli.Command {
	return &cli.Command{
		Name:  "dev",
		Usage: "run a development network until it is interrupted",
		Description: "L1, a relay and two executors in one process. It prints addresses, ten prefunded accounts and\n" +
			"their keys on stderr when all of it is up; with --json the same on stdout as one document.\n\n" +
			"Examples:\n" +
			"  athena dev\n" +
			"  athena dev --port 0 --state ./state --block-time 200ms",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "port", Value: 7710, EnvVars: []string{"ATHENA_DEV_PORT"}, Category: categoryNetwork,
				Usage: "the relay listens on 127.0.0.1:`N`, the first executor on N+1, L1 on N+2; 0 takes any"},
			&cli.StringFlag{Name: "state", Usage: "keep the state in `DIR`; without it, it ends with the process",
				EnvVars: []string{"ATHENA_DEV_STATE"}, Category: categoryNetwork},
			&cli.DurationFlag{Name: "block-time", Value: time.Second, Usage: "an L1 block every `D`",
				Category: categoryNetwork},
			&cli.IntFlag{Name: "executors", Value: 2, Category: categoryNetwork,
				Usage: "run `N` executors; the first challenges"},
			&cli.BoolFlag{Name: "self-validate", Category: categoryNetwork,
				Usage: "executors execute every step once more, from its own witness"},
			&cli.IntFlag{Name: "snapshot-every", Category: categoryNetwork,
				Usage: "executors cut a snapshot every `N` layers; 0 is none"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "log what the daemons do",
				Category: categoryOutput},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			if c.Duration("block-time") < 10*time.Millisecond {
				return &usageError{fmt.Errorf("--block-time %s: at least 10ms", c.Duration("block-time"))}
			}
			if c.Int("executors") < 1 || c.Int("snapshot-every") < 0 {
				return &usageError{errors.New("--executors: at least 1; --snapshot-every: at least 0")}
			}
			return dev(c)
		},
	}
}

func dev(c *cli.Context) error {
	cfg := devnet.Config{
		Seed: devnet.DefaultSeed, Executors: c.Int("executors"), Dir: c.String("state"),
		SelfValidate: c.Bool("self-validate"), SnapshotEvery: c.Int("snapshot-every"),
		RelayListen: "127.0.0.1:0", ExecutorListen: "127.0.0.1:0", L1Listen: "127.0.0.1:0",
		BundleInterval: c.Duration("block-time") / 2,
	}
	if port := c.Int("port"); port != 0 {
		cfg.RelayListen = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		cfg.ExecutorListen = net.JoinHostPort("127.0.0.1", strconv.Itoa(port+1))
		cfg.L1Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(port+2))
	}
	if c.Bool("verbose") {
		cfg.Log = slog.New(slog.NewTextHandler(c.App.ErrWriter, nil))
	}
	if cfg.Dir != "" {
		if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
			return fmt.Errorf("dev: --state: %w", err)
		}
	}
	n, err := devnet.Start(c.Context, cfg)
	if err != nil {
		return err
	}
	err = announce(c, n)
	if err == nil {
		err = n.Run(c.Context, c.Duration("block-time"))
	}
	if errors.Is(err, context.Canceled) {
		err = nil // interrupted: that is how it ends
	}
	return errors.Join(err, n.Close())
}

type devAccount struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Key     string `json:"key"`
	Balance string `json:"balance"`
}

// announce prints where everything is, last and all at once.
func announce(c *cli.Context, n *devnet.Net) error {
	var accounts []devAccount
	for i := range devnet.Accounts {
		w := devnet.Account(devnet.DefaultSeed, i)
		accounts = append(accounts, devAccount{
			Name: fmt.Sprintf("dev%d", i), Address: w.Address().String(),
			Key: hex.EncodeToString(w.Key.Seed()), Balance: strconv.Itoa(devnet.AccountBalance),
		})
	}
	if c.Bool("json") {
		id := n.Genesis.ChainID()
		doc := map[string]any{
			"relay": n.Relay.Addr(), "executor": n.Executors[0].Addr(), "l1": n.L1Addr(),
			"chainId":        hex0x(id[:]),
			"walletTemplate": devnet.WalletTemplate().String(), "accounts": accounts,
		}
		if len(n.Executors) > 1 {
			doc["secondExecutor"] = n.Executors[1].Addr()
		}
		return printJSON(c, doc)
	}
	w := tabwriter.NewWriter(c.App.ErrWriter, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Athena development network\n\nrelay\t%s\texport ATHENA_RELAY=%[1]s\n", n.Relay.Addr())
	fmt.Fprintf(w, "executor\t%s\texport ATHENA_EXECUTOR=%[1]s\n", n.Executors[0].Addr())
	fmt.Fprintf(w, "L1\t%s\texport ATHENA_L1=%[1]s\n", n.L1Addr())
	for i, e := range n.Executors[1:] {
		fmt.Fprintf(w, "executor %d\t%s\n", i+2, e.Addr())
	}
	fmt.Fprintf(w, "wallet template\t%s\n\n", devnet.WalletTemplate())
	fmt.Fprintf(w, "account\taddress (%d units each)\tprivate key, public to all the world\n",
		devnet.AccountBalance)
	for _, a := range accounts {
		fmt.Fprintf(w, "%s\t%s\t%s\n", a.Name, a.Address, a.Key)
	}
	fmt.Fprintf(w, "\nTry:\tathena deploy fixtures/elf/token.elf\nStop:\t^C\n")
	return w.Flush()
}
