package rollupbench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/athenarollup/athena/executor"
)

const (
	partJoin = "executor: snapshot sync"
	// joinTurns is how many blocks are waited for a snapshot: those of a window, and some.
	joinTurns = 3 * (reorgs + 4)
	// claimEvery is the number of layers of a claim.
	claimEvery = 16
)

// join measures joining from a snapshot that the executor serves.
func (n *network) join() error {
	n.Progress("claims become final")
	cfg := n.config()
	cfg.Key, cfg.Reward = executorKey(), n.world.relay
	cfg.Claim, cfg.ClaimEvery, cfg.SnapshotEvery = true, claimEvery, claimEvery
	cfg.Listen = "127.0.0.1:0"
	if err := n.open(cfg); err != nil {
		return err
	}
	dialled, err := executor.DialPeer(n.node.Addr())
	if err != nil {
		return err
	}
	peer := &countingPeer{Peer: dialled}
	err = n.joinFrom(peer)
	return errors.Join(err, peer.Close())
}

func (n *network) joinFrom(peer *countingPeer) error {
	cut, longest, err := n.untilSnapshot(peer)
	if err != nil {
		return err
	}
	cfg := n.config()
	cfg.Dir = filepath.Join(n.dir, "joined")
	n.Progress("joining")
	peer.bytes.Store(0)
	start := time.Now()
	j := executor.Join{Config: cfg, Peers: []executor.Peer{peer}}
	if err := j.Run(n.ctx); err != nil {
		return err
	}
	joined := time.Since(start)
	e, err := executor.New(cfg)
	if err != nil {
		return err
	}
	at, _ := e.Head()
	if err := errors.Join(steps(n.ctx, e), n.steps()); err != nil {
		return errors.Join(err, e.Close())
	}
	head, root := e.Head()
	wantHead, want := n.node.Head()
	if err := e.Close(); err != nil {
		return err
	}
	if head != wantHead || root != want {
		return fmt.Errorf("bench: layer %d and %d, root %v and %v: this is a bug", head, wantHead,
			root, want)
	}
	o, mb := &n.out, float64(peer.bytes.Load())/1e6
	o.add(partJoin, "cut the state into chunks", cut.Seconds(), "s", nil)
	o.add(partJoin, "longest step of an executor that cuts", longest.Seconds(), "s", nil)
	o.add(partJoin, "chunks", mb, "MB", nil)
	o.add(partJoin, "download, verify and install", joined.Seconds(), "s", nil)
	o.add(partJoin, "rate", mb/joined.Seconds(), "MB/s", nil)
	o.add(partJoin, "rate in accounts", float64(n.Accounts)/joined.Seconds(), "/s", nil)
	o.add(partJoin, "layers derived after it", float64(head-at), "", nil)
	return nil
}

// untilSnapshot makes blocks until there is a snapshot that a new node may begin with, and returns
// how long the longest turn of the executor took, the one that cut it, and its longest step.
func (n *network) untilSnapshot(
	peer executor.Peer,
) (cut, longest time.Duration, err error) {
	for range joinTurns {
		if err := n.mine(); err != nil {
			return 0, 0, err
		}
		turn, step, err := timed(n.ctx, n.node)
		if err != nil {
			return 0, 0, err
		}
		cut, longest = max(cut, turn), max(longest, step)
		all, err := peer.Snapshots(n.ctx)
		if err != nil {
			return 0, 0, err
		}
		tip, err := n.chain.Tip(n.ctx)
		if err != nil {
			return 0, 0, err
		}
		if len(all) > 0 && all[0].Layer+n.world.genesis.Params.ReorgBound <= tip.Height {
			return cut, longest, nil
		}
	}
	return 0, 0, errors.New("bench: no snapshot was cut: this is a bug")
}

// timed lets an executor do all that there is to do, and returns how long that took and its longest
// step.
func timed(ctx context.Context, e *executor.Executor) (all, longest time.Duration, err error) {
	for {
		start := time.Now()
		progress, err := e.Step(ctx)
		took := time.Since(start)
		all, longest = all+took, max(longest, took)
		if err != nil || !progress {
			return all, longest, err
		}
	}
}

// countingPeer counts the bytes of the chunks that come from a peer.
type countingPeer struct {
	executor.Peer
	bytes atomic.Int64
}

// Chunk implements executor.Peer.
func (p *countingPeer) Chunk(ctx context.Context, layer uint64, index uint32) ([]byte, error) {
	b, err := p.Peer.Chunk(ctx, layer, index)
	p.bytes.Add(int64(len(b)))
	return b, err
}
