package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// retryAfter is the pause after L1 could not be reached.
const retryAfter = 200 * time.Millisecond

// follow watches L1: bundles that a block includes are ordered, bundles that a reorganisation or a
// crash took away are posted again with unchanged bytes, transactions that expired are dropped.
func (r *Relay) follow(ctx context.Context) error {
	tip := l1.Tip{}
	for {
		next, err := r.cfg.Chain.Wait(ctx, tip)
		if err == nil {
			err = r.settle(ctx, next)
		}
		if err == nil {
			tip = next
			continue
		}
		if fatal := r.report(ctx, "following L1", err); fatal != nil {
			return fatal
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryAfter):
		}
	}
}

// Sync returns when the relay has seen the block at the given tip.
func (r *Relay) Sync(ctx context.Context, tip l1.Tip) error {
	for {
		r.mu.Lock()
		seen := r.tip == tip
		r.mu.Unlock()
		if seen {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("relay: waiting for block %d: %w", tip.Height, ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}

// settle brings every bundle in flight up to date with the chain at tip.
func (r *Relay) settle(ctx context.Context, tip l1.Tip) error {
	r.posts.Lock()
	defer r.posts.Unlock()
	r.mu.Lock()
	postings := append([]*posting{}, r.postings...)
	r.mu.Unlock()
	for _, p := range postings {
		if err := r.settleOne(ctx, tip, p); err != nil {
			return err
		}
	}
	if err := r.dropExpired(tip.Height); err != nil {
		return err
	}
	r.mu.Lock()
	r.tip = tip
	r.mu.Unlock()
	return nil
}

func (r *Relay) settleOne(ctx context.Context, tip l1.Tip, p *posting) error {
	params := &r.cfg.Genesis.Params
	tx, err := rollup.DecodeL1Tx(p.raw, params)
	if err != nil {
		return fmt.Errorf("relay: stored bundle: %w", err)
	}
	st, err := r.cfg.Chain.TxStatus(ctx, tx.ID())
	switch {
	case err != nil:
		return fmt.Errorf("relay: ask L1 for a bundle: %w", err)
	case st.Found && st.Reason != rollup.ReasonNone:
		r.cfg.Log.Warn("bundle refused", "l1tx", tx.ID().String(), "reason", st.Reason.String())
		return r.takeBack(p)
	case st.Height == 0:
		if err := r.mark(p, 0); err != nil {
			return err
		}
		if _, err := r.cfg.Chain.Submit(ctx, tx); err != nil {
			return r.refused(p, err)
		}
		return nil
	case st.Height != p.height:
		return r.mark(p, st.Height)
	case tip.Height >= st.Height+params.ReorgBound:
		return r.retire(p)
	}
	return nil
}

// mark notes the block that includes a bundle, or 0 when none does any more.
func (r *Relay) mark(p *posting, height uint64) error {
	if p.height == height {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	stage, layer := stageOrdered, height+r.cfg.Genesis.Params.OrderDelay
	if height == 0 {
		stage, layer = stageBundled, 0
	}
	q := *p
	q.height = height
	writes := []kv.Write{q.write()}
	for _, h := range p.txs {
		rec := *r.records[h]
		rec.stage, rec.layer = stage, layer
		writes = append(writes, rec.write(h))
	}
	if err := r.store.Apply(writes...); err != nil {
		return err
	}
	p.height = height
	for _, h := range p.txs {
		r.records[h].stage, r.records[h].layer = stage, layer
	}
	return nil
}

// retire forgets a bundle that no reorganisation can undo; the records stay in the store.
func (r *Relay) retire(p *posting) error {
	if err := r.store.Apply(kv.Write{Key: postingKey(p.seq), Delete: true}); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, q := range r.postings {
		if q == p {
			r.postings = append(r.postings[:i:i], r.postings[i+1:]...)
			break
		}
	}
	for _, h := range p.txs {
		delete(r.records, h)
	}
	return nil
}

// dropExpired drops what waited in the queue for longer than its user allowed.
func (r *Relay) dropExpired(height uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var writes []kv.Write
	var kept, dropped []rollup.Hash
	for _, h := range r.queue {
		rec := *r.records[h]
		if rec.expiry > height+r.cfg.Genesis.Params.OrderDelay {
			kept = append(kept, h)
			continue
		}
		rec.stage, rec.reason = stageDropped, rollup.ReasonExpired
		writes = append(writes, rec.write(h))
		dropped = append(dropped, h)
	}
	if len(dropped) == 0 {
		return nil
	}
	if err := r.store.Apply(writes...); err != nil {
		return err
	}
	r.queue = kept
	for _, h := range dropped {
		r.queued -= len(r.records[h].raw)
		delete(r.records, h)
	}
	return nil
}
