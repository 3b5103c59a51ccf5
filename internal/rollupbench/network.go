package rollupbench

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/athenarollup/athena/executor"
	"github.com/athenarollup/athena/internal/usage"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/stf"
)

// network is a simulated L1 with the folder of one executor, which is opened with one configuration
// after another.
type network struct {
	*run
	chain  *sim.Chain
	engine *stf.Engine
	dir    string
	posted uint64 // nonce of the poster's L1 account
	node   *executor.Executor
}

// executors measures what an executor does, and one that joins.
func (r *run) executors() (err error) {
	n := &network{run: r, engine: stf.New()}
	n.chain, err = sim.New(r.world.genesis, sim.Options{Judge: dispute.NewJudge(n.engine)})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if n.dir, err = os.MkdirTemp(r.Dir, "athena-bench-rollup-"); err != nil {
		return fmt.Errorf("bench: make a folder for the databases: %w", err)
	}
	defer func() { err = errors.Join(err, n.close(), os.RemoveAll(n.dir)) }()
	r.Progress("an executor's genesis")
	if err := n.open(n.config()); err != nil {
		return err
	}
	r.world.begin()
	if err := n.layer(r.world.spawns(0, wallets)); err != nil {
		return err
	}
	for _, part := range []func() error{n.rewinds, n.validation, n.restarts, n.join} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// config is that of an executor that executes and posts nothing.
func (n *network) config() executor.Config {
	return executor.Config{
		Genesis: n.world.genesis, Chain: n.chain, Dir: filepath.Join(n.dir, "node"), Engine: n.engine,
		Log: slog.New(slog.DiscardHandler),
	}
}

// open opens the executor in place of the one before.
func (n *network) open(cfg executor.Config) (err error) {
	if err := n.close(); err != nil {
		return err
	}
	n.node, err = executor.New(cfg)
	return err
}

func (n *network) close() error {
	if n.node == nil {
		return nil
	}
	err := n.node.Close()
	n.node = nil
	return err
}

// steps lets the executor do all that the tip asks for.
func (n *network) steps() error { return steps(n.ctx, n.node) }

func steps(ctx context.Context, e *executor.Executor) error {
	for {
		progress, err := e.Step(ctx)
		if err != nil || !progress {
			return err
		}
	}
}

// post hands a bundle to L1.
func (n *network) post(txs []*rollup.Tx) error {
	key := posterKey()
	tx := &rollup.L1Tx{
		ChainID: n.world.chainID, Nonce: n.posted,
		Payload: n.world.bundle(&n.world.genesis.Params, rollup.CodecDeflate, txs),
		Sender:  [32]byte(key.Public().(ed25519.PublicKey)),
	}
	tx.Sign(key)
	n.posted++
	_, err := n.chain.Submit(n.ctx, tx)
	return err
}

// mine makes the next block.
func (n *network) mine() error {
	if err := n.ctx.Err(); err != nil {
		return err
	}
	_, _, err := n.chain.Mine(n.ctx)
	return err
}

// layer posts transactions and has their layer executed.
func (n *network) layer(txs []*rollup.Tx) error {
	if _, err := n.pending(txs); err != nil {
		return err
	}
	return n.steps()
}

// pending posts transactions and makes the block whose layer they are, after the executor has done
// all before. It returns when the processor and the wall clock stand.
func (n *network) pending(txs []*rollup.Tx) (at stamp, err error) {
	if err := errors.Join(n.post(txs), n.mine(), n.steps(), n.mine()); err != nil {
		return at, err
	}
	return now(), nil
}

// stamp is a moment on both clocks.
type stamp struct {
	wall time.Time
	cpu  time.Duration
}

func now() stamp { return stamp{time.Now(), usage.CPUTime()} }

func (s stamp) since() (wall, cpu time.Duration) {
	return time.Since(s.wall), usage.CPUTime() - s.cpu
}
