package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// follow watches L1: bundles that a block includes are ordered, bundles that a reorganisation or a
// crash took away are posted again with unchanged bytes, transactions that expired are dropped.
func (r *Relay) follow(ctx context.Context) error {
	var seen l1.Tip
	var retry backoff
	for {
		tip, err := r.cfg.Chain.Wait(ctx, seen)
		if err == nil {
			err = r.settle(ctx, tip)
		} else {
			err = waitFor("wait for L1", err)
		}
		if err == nil {
			if retry != (backoff{}) { // L1 is back: what waits need not wait longer
				retry.reset()
				r.mu.Lock()
				r.retry.reset()
				r.mu.Unlock()
			}
			seen = tip
			r.wake()
			continue
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !waits(err):
			return err
		}
		delay := retry.failed(time.Now())
		r.cfg.Log.Warn("L1 does not answer", "error", err, "retry", delay)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay):
		}
	}
}

// Sync returns when the relay has done all that the block at the given tip asks for or, where L1 has
// moved on, its newest block.
func (r *Relay) Sync(ctx context.Context, tip l1.Tip) error {
	for {
		r.mu.Lock()
		seen, moved := r.settled, r.moved
		r.mu.Unlock()
		if seen == tip {
			return nil
		}
		if now, err := r.cfg.Chain.Tip(ctx); err == nil && seen == now {
			return nil
		}
		select {
		case <-moved:
		case <-r.done:
			return fmt.Errorf("relay: waiting for block %d: %w", tip.Height, errStopped)
		case <-ctx.Done():
			return fmt.Errorf("relay: waiting for block %d: %w", tip.Height, ctx.Err())
		}
	}
}

// settle brings every bundle in flight up to date with the chain at tip.
func (r *Relay) settle(ctx context.Context, tip l1.Tip) error {
	r.posts.Lock()
	defer r.posts.Unlock()
	ctx, cancel := context.WithTimeout(ctx, l1Timeout)
	defer cancel()
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
	block, err := r.cfg.Chain.Layer(ctx, tip.Height)
	if err != nil { // or a reorganisation has taken it already
		return waitFor("ask L1 for its prices", err)
	}
	r.mu.Lock()
	r.tip, r.settled, r.header = tip, tip, block.Header
	close(r.moved)
	r.moved = make(chan struct{})
	r.mu.Unlock()
	return nil
}

func (r *Relay) settleOne(ctx context.Context, tip l1.Tip, p *posting) error {
	st, err := r.cfg.Chain.TxStatus(ctx, p.id)
	switch {
	case err != nil:
		return waitFor("ask L1 for a bundle", err)
	case st.Found && st.Reason != rollup.ReasonNone:
		r.cfg.Log.Warn("bundle refused", "l1tx", p.id.String(), "reason", st.Reason.String())
		r.mu.Lock()
		r.retry.failed(time.Now())
		r.mu.Unlock()
		return r.takeBack(p)
	case st.Height != p.height:
		if err := r.mark(p, st.Height); err != nil {
			return err
		}
	}
	switch {
	case !st.Found:
		return r.resubmit(ctx, p)
	case p.height != 0 && tip.Height >= p.height+r.cfg.Genesis.Params.ReorgBound:
		return r.retire(p)
	}
	return nil
}

// resubmit posts a bundle again that L1 does not know. Refused or not, L1 has answered: what was
// taken back is posted anew after a pause.
func (r *Relay) resubmit(ctx context.Context, p *posting) error {
	err := r.submit(ctx, p)
	if err == nil {
		r.cfg.Log.Info("bundle posted again", "l1tx", p.id.String())
		return nil
	}
	if !waits(err) || !isRefused(err) {
		return err
	}
	r.cfg.Log.Warn("bundle not posted again", "l1tx", p.id.String(), "error", err)
	r.mu.Lock()
	r.retry.failed(time.Now())
	r.mu.Unlock()
	return nil
}

// dropExpired drops what waited in the queue for longer than its user allowed.
func (r *Relay) dropExpired(height uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var writes []kv.Write
	var kept, dropped []rollup.Hash
	for _, h := range r.queue {
		rec := r.records[h].queued()
		if rec.expiry > height+r.cfg.Genesis.Params.OrderDelay {
			kept = append(kept, h)
			continue
		}
		rec.stage, rec.reason = stageDropped, rollup.ReasonExpired
		writes = append(writes, rec.write(h),
			kv.Write{Key: hashKey(keyRaw, h), Delete: true},
			kv.Write{Key: seqKey(keyQueue, rec.seq), Delete: true})
		dropped = append(dropped, h)
	}
	if len(dropped) == 0 {
		return nil
	}
	if err := r.apply(writes...); err != nil {
		return err
	}
	r.queue = kept
	for _, h := range dropped {
		r.queueBytes -= len(r.records[h].raw)
		delete(r.records, h)
	}
	return nil
}
