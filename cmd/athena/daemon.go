package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/api/l1rpc"
	"github.com/athenarollup/athena/internal/devnet"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// daemonFlags are shared by the daemons that live on an L1.
func daemonFlags(listen string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "l1", Value: defaultL1, EnvVars: []string{"ATHENA_L1"},
			Category: categoryDaemon, Usage: "gRPC `ADDRESS` of this daemon's own L1 node"},
		&cli.StringFlag{Name: "listen", Value: listen, Category: categoryDaemon,
			Usage: "gRPC `ADDRESS`; port 0 takes a free one"},
		&cli.StringFlag{Name: "state", Category: categoryDaemon,
			Usage: "keep everything in `DIR`; without it, it ends with the process"},
		&cli.StringFlag{Name: "key", Category: categoryDaemon,
			Usage: "L1 account: a file with 64 hex digits, or devexecutor0, devrelay on a development network"},
		&cli.StringFlag{Name: "account", Category: categoryDaemon,
			Usage: "Athena `ADDRESS` that earns; without it, the wallet of the key"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Category: categoryOutput,
			Usage: "log every layer, not only what needs attention"},
		jsonFlag(),
	}
}

// daemon is what a daemon begins with.
type daemon struct {
	chain   *l1rpc.Client
	genesis *rollup.Genesis
	key     ed25519.PrivateKey // nil without --key
	account address.Address
	log     *slog.Logger
}

// startDaemon connects to the L1 and reads the key.
func startDaemon(c *cli.Context) (*daemon, error) {
	if err := wantArgs(c, 0, 0); err != nil {
		return nil, err
	}
	if err := makeDir(c.String("state")); err != nil {
		return nil, err
	}
	level := slog.LevelWarn
	if c.Bool("verbose") {
		level = slog.LevelInfo
	}
	d := &daemon{log: slog.New(slog.NewTextHandler(c.App.ErrWriter, &slog.HandlerOptions{Level: level}))}
	if name := c.String("key"); name != "" {
		if err := d.readKey(name, c.String("account")); err != nil {
			return nil, err
		}
	}
	var err error
	if d.chain, err = l1rpc.Dial(c.String("l1")); err != nil {
		return nil, err
	}
	if d.genesis, err = d.chain.Genesis(c.Context); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; is `athena l1 run` running? --l1 says where", err),
			d.chain.Close())
	}
	return d, nil
}

func (d *daemon) readKey(name, account string) error {
	role := ""
	if i, ok := strings.CutPrefix(name, "devexecutor"); ok {
		if _, err := strconv.ParseUint(i, 10, 16); err == nil {
			role = "executor " + i
		}
	} else if name == "devrelay" {
		role = "relay"
	}
	if role != "" {
		d.key = devnet.Key(devnet.DefaultSeed, role)
	} else {
		text, err := readFile(name)
		if err != nil {
			return &usageError{fmt.Errorf("--key: %w", err)}
		}
		seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(seed) != ed25519.SeedSize {
			return &usageError{fmt.Errorf("--key: file %q: want %d hex digits", name, 2*ed25519.SeedSize)}
		}
		d.key = ed25519.NewKeyFromSeed(seed)
	}
	w := wallet.Wallet{Key: d.key, Template: devnet.WalletTemplate()}
	d.account = w.Address()
	if account == "" {
		return nil
	}
	a, err := address.Parse(account)
	if err != nil {
		return &usageError{fmt.Errorf("--account: %w", err)}
	}
	d.account = a
	return nil
}

// closeBoth ends a daemon. That it was interrupted is how it ends.
func closeBoth(err error, closers ...func() error) error {
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	for _, fn := range closers {
		err = errors.Join(err, fn())
	}
	return err
}
