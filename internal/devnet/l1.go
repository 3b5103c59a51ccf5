package devnet

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/api/l1rpc"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/internal/service"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/stf"
)

// L1Config says what the L1 of a development network looks like that runs on its own.
type L1Config struct {
	Seed      uint64
	Executors int    // that have money
	Dir       string // "" = memory only
	Listen    string
}

// L1 is such an L1: daemons in other processes talk to it.
type L1 struct {
	Genesis *rollup.Genesis
	Chain   *sim.Chain

	store  *kv.Store
	server *service.Server
}

// StartL1 opens the chain and serves it. Nothing happens on its own: Chain.Run makes blocks.
func StartL1(cfg L1Config) (*L1, error) {
	g, err := Genesis(cfg.Seed, cfg.Executors)
	if err != nil {
		return nil, err
	}
	l := &L1{Genesis: g}
	if l.Chain, l.store, err = openL1(cfg.Seed, g, cfg.Dir); err != nil {
		return nil, err
	}
	if l.server, err = l1rpc.Serve(cfg.Listen, l.Chain, g); err != nil {
		return nil, errors.Join(err, l.store.Close())
	}
	return l, nil
}

// Addr is the address that it listens on.
func (l *L1) Addr() string { return l.server.Addr() }

// Close ends the server and the store.
func (l *L1) Close() error { return errors.Join(l.server.Stop(), l.store.Close()) }

func openL1(seed uint64, g *rollup.Genesis, dir string) (*sim.Chain, *kv.Store, error) {
	store, err := kv.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	chain, err := sim.New(g, sim.Options{
		Seed: seed, BlockTime: BlockSeconds, Store: store,
		Proposer: rollup.L1Address([32]byte(Key(seed, "proposer")[32:])),
		Judge:    dispute.NewJudge(stf.New()),
	})
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("devnet: start L1: %w", err), store.Close())
	}
	return chain, store, nil
}
