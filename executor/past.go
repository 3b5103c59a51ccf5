package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
)

const (
	// replayChunk is the number of layers that are replayed before new blocks of L1 are looked at
	// again.
	replayChunk = 32
	// replayDir is the folder of the replayed state within Config.Dir.
	replayDir = "replay"
	// replaySaid is how many layers are replayed between two lines of the log.
	replaySaid = 4096
)

// errReplaying says that a state below the history is wanted and not replayed yet: Step goes on with
// it, and what wanted it is tried again.
var errReplaying = errors.New("executor: the state below the history is being replayed")

// errPruned says that the state below the history cannot be replayed: L1 does not have the blocks.
var errPruned = errors.New("executor: L1 does not have the blocks any more that a replay needs; " +
	"set --l1 to a node that keeps all blocks, and start again")

// past executes layers again that lie below the history of the state database, for challenges of
// claims that come late. It is a second ledger, which advances by some layers in each Step; what it
// has survives a restart.
type past struct {
	cfg    Config
	ledger *ledger // nil: closed
	want   uint64  // state after this layer
	asked  bool    // since the last advance
	gone   bool    // there is no folder
	lost   error   // why nothing can be replayed; nil: it can
}

func newPast(cfg *Config) *past {
	p := &past{cfg: *cfg}
	p.cfg.History, p.cfg.SelfValidate, p.cfg.Records = 1, false, 1
	p.cfg.Report = nil
	p.cfg.Log = slog.New(slog.DiscardHandler)
	if cfg.Dir != "" {
		p.cfg.Dir = filepath.Join(cfg.Dir, replayDir)
	}
	return p
}

// after returns the state after a layer and the carry, or errReplaying, or errPruned.
func (p *past) after(layer uint64) (*statetree.Tree, *rollup.Carry, error) {
	if p.lost != nil {
		return nil, nil, p.lost
	}
	p.asked = true
	if p.ledger == nil {
		if err := p.open(); err != nil {
			return nil, nil, err
		}
	}
	h, err := p.ledger.head()
	if err != nil {
		return nil, nil, err
	}
	if h.layer == layer {
		p.want = layer
		t, err := p.ledger.store.Tree()
		if err != nil {
			return nil, nil, err
		}
		c, _, err := p.ledger.carryAfter(layer)
		return t.Fork(), c, err
	}
	if h.layer >= p.want { // what was wanted before has come
		p.want = layer
	}
	return nil, nil, errReplaying
}

// advance replays some layers towards what is wanted, and reports whether it did. Nothing is wanted
// any more when nobody asked since the last time: then the replayed state is removed.
func (p *past) advance(ctx context.Context, log *slog.Logger) (more bool, err error) {
	if !p.asked {
		return false, p.drop()
	}
	p.asked = false
	for range replayChunk {
		h, err := p.ledger.head()
		if err != nil {
			return false, err
		}
		switch {
		case h.layer == p.want:
			return more, nil
		case h.layer > p.want: // an older state is wanted: from the start
			if err := errors.Join(p.drop(), p.open()); err != nil {
				return false, err
			}
			more = true
			continue
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if _, _, err := p.ledger.advance(ctx); err != nil {
			if errors.Is(err, errMoved) { // what was replayed is of another branch, or L1 forgets
				pruned, failed := p.pruned(ctx, h.layer+1)
				if err = errors.Join(err, p.drop(), failed); pruned {
					log.Error("no replay, no challenge of old layers", "error", p.lost)
					return false, failed
				}
			}
			return false, fmt.Errorf("executor: replay of layer %d: %w", h.layer+1, err)
		}
		if more = true; h.layer%replaySaid == 0 {
			log.Warn("replaying layers below the history", "at", h.layer, "to", p.want)
		}
	}
	return more, nil
}

// pruned reports whether L1 lacks what layer h is derived from, although it is far above it. Then
// nothing is replayed any more: what cannot be challenged must not keep the executor from the rest.
func (p *past) pruned(ctx context.Context, h uint64) (bool, error) {
	tip, err := p.cfg.Chain.Tip(ctx)
	if err != nil || tip.Height <= h {
		return false, onChain("ask L1 for its tip", err)
	}
	for at := max(1, h-1); at <= h; at++ {
		_, err := p.cfg.Chain.Layer(ctx, at)
		if errors.Is(err, l1.ErrNoLayer) {
			p.lost = fmt.Errorf("%w (block %d, of layers up to %d)", errPruned, at, p.want)
			return true, nil
		}
		if err != nil {
			return false, onChain("read an L1 block", err)
		}
	}
	return false, nil
}

func (p *past) open() (err error) {
	p.gone = false
	if p.ledger, err = openLedger(&p.cfg); err == nil {
		p.ledger.final.Store(math.MaxUint64) // nobody asks for its records
	}
	return err
}

// drop closes and removes the replayed state, also one that an earlier run left.
func (p *past) drop() error {
	if p.gone {
		return nil
	}
	err := p.close()
	if p.cfg.Dir != "" {
		fs := p.cfg.FS
		if fs == nil {
			fs = kv.Disk
		}
		err = errors.Join(err, fs.RemoveAll(p.cfg.Dir))
	}
	p.gone = err == nil
	return err
}

func (p *past) close() error {
	if p.ledger == nil {
		return nil
	}
	err := p.ledger.store.Close()
	p.ledger = nil
	return err
}
