package devnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/api/l1rpc"
	"github.com/athenarollup/athena/executor"
	"github.com/athenarollup/athena/internal/service"
	"github.com/athenarollup/athena/relay"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/sdk/go/client"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// BlockSeconds is the virtual time between two blocks.
const BlockSeconds = 15

// Config says what a development network looks like. Listen addresses default to free loopback ports.
type Config struct {
	Seed      uint64
	Executors int    // at least 1; executor 0 claims and challenges
	Dir       string // state of all daemons; "" = memory only

	L1Listen       string // "" = L1 is not served
	RelayListen    string
	ExecutorListen string // of executor 0; the others take free ports

	BundleInterval time.Duration // 0 = the relay's default
	SelfValidate   bool          // executors execute every step from its own witness, too
	SnapshotEvery  int           // layers between two snapshots of each executor; 0 = none
	Log            *slog.Logger

	// Tamper makes executor i lie in its claims; nil = all are honest.
	Tamper func(executor int) func(layer uint64, roots []rollup.Hash) []rollup.Hash
}

// Net is a running development network. Mine makes blocks; nothing happens on its own.
type Net struct {
	Genesis   *rollup.Genesis
	Chain     *sim.Chain
	Relay     *relay.Relay
	Executors []*executor.Executor
	Client    *client.Client // talks to the relay and to executor 0

	cfg    Config
	server *service.Server // of L1; nil: it is not served
	closes []func() error
}

// L1Addr is the address that L1 is served at; empty when it is not.
func (n *Net) L1Addr() string {
	if n.server == nil {
		return ""
	}
	return n.server.Addr()
}

const anyPort = "127.0.0.1:0"

// Start builds genesis from the seed and starts L1, executors, relay and a client, in that order.
func Start(ctx context.Context, cfg Config) (n *Net, err error) {
	if cfg.RelayListen == "" {
		cfg.RelayListen = anyPort
	}
	if cfg.ExecutorListen == "" {
		cfg.ExecutorListen = anyPort
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	n = &Net{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
			n = nil
		}
	}()
	if n.Genesis, err = Genesis(cfg.Seed, cfg.Executors); err != nil {
		return n, err
	}
	if err = n.startL1(); err != nil {
		return n, err
	}
	for i := range cfg.Executors {
		if err = n.startExecutor(ctx, i); err != nil {
			return n, err
		}
	}
	if err = n.startRelay(ctx); err != nil {
		return n, err
	}
	n.Client, err = client.Dial(n.Relay.Addr(), n.Executors[0].Addr())
	if err != nil {
		return n, err
	}
	n.closes = append(n.closes, n.Client.Close)
	return n, nil
}

// dir is the folder of one daemon; "" keeps it in memory.
func (n *Net) dir(name string) string {
	if n.cfg.Dir == "" {
		return ""
	}
	return filepath.Join(n.cfg.Dir, name)
}

func (n *Net) startL1() error {
	chain, store, err := openL1(n.cfg.Seed, n.Genesis, n.dir("l1"))
	if err != nil {
		return err
	}
	n.Chain = chain
	n.closes = append(n.closes, store.Close)
	if n.cfg.L1Listen == "" {
		return nil
	}
	if n.server, err = l1rpc.Serve(n.cfg.L1Listen, chain, n.Genesis); err != nil {
		return err
	}
	n.closes = append(n.closes, n.server.Stop)
	return nil
}

func (n *Net) startExecutor(ctx context.Context, i int) error {
	cfg := executor.Config{
		Genesis: n.Genesis,
		Chain:   n.Chain,
		Dir:     n.dir(fmt.Sprintf("executor-%d", i)),
		Key:     Key(n.cfg.Seed, executorRole(i)),
		Reward:  n.Reward(i),
		Claim:   true,
		Listen:  anyPort,
		Log:     n.cfg.Log.With("executor", i),

		SelfValidate:  n.cfg.SelfValidate,
		SnapshotEvery: n.cfg.SnapshotEvery,
	}
	if i == 0 {
		cfg.Challenge = true
		cfg.Listen = n.cfg.ExecutorListen
	}
	if n.cfg.Tamper != nil {
		cfg.Tamper = n.cfg.Tamper(i)
	}
	e, err := executor.New(cfg)
	if err != nil {
		return fmt.Errorf("devnet: start executor %d: %w", i, err)
	}
	e.Start(ctx)
	n.Executors = append(n.Executors, e)
	n.closes = append(n.closes, e.Close)
	return nil
}

func (n *Net) startRelay(ctx context.Context) (err error) {
	n.Relay, err = relay.Start(ctx, relay.Config{
		Genesis: n.Genesis, Chain: n.Chain, Dir: n.dir("relay"),
		Key: Key(n.cfg.Seed, relayRole), Account: n.RelayAccount(),
		Listen: n.cfg.RelayListen, Executor: n.Executors[0].Addr(),
		BundleInterval: n.cfg.BundleInterval, Log: n.cfg.Log.With("daemon", "relay"),
	})
	if err != nil {
		return fmt.Errorf("devnet: start relay: %w", err)
	}
	n.closes = append(n.closes, n.Relay.Close)
	return nil
}

// Reward is the Athena account that executor i earns fees on.
func (n *Net) Reward(i int) address.Address { return n.operator(executorRole(i)) }

// RelayAccount is the Athena account that the relay is credited on.
func (n *Net) RelayAccount() address.Address { return n.operator(relayRole) }

// ExecutorL1 is the L1 account of executor i.
func (n *Net) ExecutorL1(i int) address.Address {
	return rollup.L1Address([32]byte(Key(n.cfg.Seed, executorRole(i))[32:]))
}

// RelayL1 is the L1 account of the relay.
func (n *Net) RelayL1() address.Address {
	return rollup.L1Address([32]byte(Key(n.cfg.Seed, relayRole)[32:]))
}

func (n *Net) operator(role string) address.Address {
	w := wallet.Wallet{Key: Key(n.cfg.Seed, role), Template: WalletTemplate()}
	return w.Address()
}

// Mine posts what waits in the relay, makes one block, and returns when relay and executors have taken
// it in and handed their own transactions for the next block to L1.
func (n *Net) Mine(ctx context.Context) (*rollup.Layer, []l1.Event, error) {
	if err := n.Relay.Flush(ctx); err != nil {
		return nil, nil, fmt.Errorf("devnet: flush the relay: %w", err)
	}
	layer, events, err := n.Chain.Mine(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("devnet: mine: %w", err)
	}
	return layer, events, n.Sync(ctx)
}

// Sync returns when relay and executors have taken in the newest block.
func (n *Net) Sync(ctx context.Context) error {
	tip, err := n.Chain.Tip(ctx)
	if err != nil {
		return fmt.Errorf("devnet: tip: %w", err)
	}
	if err := n.Relay.Sync(ctx, tip); err != nil {
		return err
	}
	for _, e := range n.Executors {
		if err := e.Sync(ctx, tip); err != nil {
			return err
		}
	}
	return nil
}

// Close stops everything in the reverse order of its start.
func (n *Net) Close() error {
	var errs []error
	for i := len(n.closes) - 1; i >= 0; i-- {
		errs = append(errs, n.closes[i]())
	}
	n.closes = nil
	return errors.Join(errs...)
}

// Run makes a block every interval until ctx ends or a daemon fails.
func (n *Net) Run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if _, _, err := n.Mine(ctx); err != nil {
			return err
		}
	}
}
