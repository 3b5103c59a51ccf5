package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/athenarollup/athena/rollup/l1"
)

// follow watches L1: bundles that a block includes are ordered, bundles that a reorganisation or a
// crash took away are posted again with unchanged bytes, transactions that expired are dropped.
func (r *Relay) follow(ctx context.Context) error {
	var seen l1.Tip
	for {
		tip, err := r.cfg.Chain.Wait(ctx, seen)
		delay, err := r.observe(ctx, tip, waitFor("wait for L1", err))
		switch {
		case err != nil:
			return err
		case delay == 0:
			seen = tip
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay):
		}
	}
}

// observe settles the block at tip, unless L1 failed to name one. It returns how long to wait after
// a failure that time cures, and every other failure.
func (r *Relay) observe(ctx context.Context, tip l1.Tip, err error) (time.Duration, error) {
	if err == nil {
		err = r.settle(ctx, tip)
	}
	if err != nil && ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if err != nil && !waits(err) {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.down = true
		delay := r.away.failed(r.now())
		r.cfg.Log.Warn("L1 does not answer", "error", err, "retry", delay)
		return delay, nil
	}
	if r.down { // L1 is back: what waits need not wait longer
		r.down = false
		r.away.reset()
		r.retry.reset()
	}
	r.wake()
	return 0, nil
}

// Step does once what the loops do: it looks at L1, posts what is due, and looks for what bundles
// earned. It is for callers that give the relay a Clock. The error says what ended the relay; what
// time cures is waited for, and is no error.
func (r *Relay) Step(ctx context.Context) error {
	if r.stopped() {
		return errStopped
	}
	err := r.step(ctx)
	if err != nil && ctx.Err() == nil {
		r.broke(err)
	}
	return err
}

func (r *Relay) step(ctx context.Context) error {
	r.mu.Lock()
	ready, settled := r.away.ready(r.now()), r.settled
	r.mu.Unlock()
	if ready {
		tip, err := r.cfg.Chain.Tip(ctx)
		if err != nil || tip != settled || settled == (l1.Tip{}) {
			if _, err := r.observe(ctx, tip, waitFor("ask L1 for its tip", err)); err != nil {
				return err
			}
		}
	}
	if err := r.postDue(ctx); err != nil {
		return err
	}
	return r.audit(ctx)
}

// Sync returns when the relay has done all that the block at the given tip asks for or, where L1 has
// moved on, its newest block. With a Clock, Step does.
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
	if r.closed {
		return errStopped
	}
	ctx, cancel := context.WithTimeout(ctx, l1Timeout)
	defer cancel()
	v, err := r.lookAt(ctx, tip)
	if err != nil {
		return err
	}
	r.mu.Lock()
	postings := append([]*posting{}, r.postings...)
	r.mu.Unlock()
	for _, p := range postings {
		if err := r.settleOne(ctx, tip, p); err != nil {
			return err
		}
	}
	if err := r.bump(ctx, v); err != nil {
		return err
	}
	if err := r.dropExpired(tip.Height); err != nil {
		return err
	}
	if err := r.fill(ctx, v); err != nil {
		return err
	}
	if err := r.prune(tip.Height); err != nil {
		return err
	}
	r.mu.Lock()
	r.tip, r.settled, r.header, r.known, r.stalled = tip, tip, v.header, true, false
	close(r.moved)
	r.moved = make(chan struct{})
	r.mu.Unlock()
	return nil
}

func (r *Relay) settleOne(ctx context.Context, tip l1.Tip, p *posting) error {
	f, err := r.fate(ctx, p)
	switch {
	case err != nil:
		return err
	case f.refused:
		r.pause()
		return r.takeBack(p)
	}
	if err := r.mark(p, f.height, f.at); err != nil {
		return err
	}
	switch {
	case !f.found:
		return r.resubmit(ctx, tip, p)
	case f.height == 0:
		r.mu.Lock()
		p.sent = true
		r.mu.Unlock()
		return nil
	}
	block, err := r.cfg.Chain.Layer(ctx, f.height)
	if err != nil {
		return waitFor("ask L1 for a block", err)
	}
	r.mu.Lock()
	p.header = block.Header
	r.mu.Unlock()
	if tip.Height >= f.height+r.cfg.Genesis.Params.OrderDelay {
		if err := r.readmit(ctx, p, block); err != nil {
			return err
		}
	}
	if tip.Height >= f.height+r.params.Load().ReorgBound {
		return r.retire(p, tip.Height)
	}
	return nil
}

// resubmit posts a bundle again that L1 does not know. Refused or not, L1 has answered: what was
// taken back is posted anew after a pause.
func (r *Relay) resubmit(ctx context.Context, tip l1.Tip, p *posting) error {
	err := r.submitLive(ctx, tip, p)
	if err == nil {
		r.cfg.Log.Info("bundle posted again", "bundle", p.id.String(), "l1tx", p.now().id.String())
		return nil
	}
	return r.shrug(p, err)
}

// shrug makes nothing of a refusal by L1 but a pause: L1 has answered.
func (r *Relay) shrug(p *posting, err error) error {
	if err == nil || !waits(err) || !isRefused(err) {
		return err
	}
	r.cfg.Log.Warn("bundle not posted again", "bundle", p.id.String(), "error", err)
	r.pause()
	return nil
}

// pause notes that L1 refused something: the next bundle waits a little.
func (r *Relay) pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retry.failed(r.now())
}
