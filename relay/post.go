package relay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// maxInFlight bounds the bundles that wait for a block; more stay in the queue.
const maxInFlight = 16

// post builds and posts bundles when they are full or old enough.
func (r *Relay) post(ctx context.Context) error {
	tick := time.NewTicker(max(r.cfg.BundleInterval/4, time.Millisecond))
	defer tick.Stop()
	for {
		full := false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.kick:
			full = true
		case <-tick.C:
		}
		r.mu.Lock()
		due := len(r.queue) > 0 && time.Since(r.oldest) >= r.cfg.BundleInterval
		r.mu.Unlock()
		if !due && !full {
			continue
		}
		if err := r.drain(ctx, due); err != nil {
			if fatal := r.report(ctx, "posting a bundle", err); fatal != nil {
				return fatal
			}
		}
	}
}

// report logs what L1 or the store refused; only a failing store or the end of ctx is fatal.
func (r *Relay) report(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.cfg.Log.Warn("relay waits for L1", "doing", doing, "error", err)
	return nil
}

// Flush posts all that waits now, full or not.
func (r *Relay) Flush(ctx context.Context) error { return r.drain(ctx, true) }

// drain posts full bundles, and what is left as well when all is true.
func (r *Relay) drain(ctx context.Context, all bool) error {
	r.posts.Lock()
	defer r.posts.Unlock()
	for {
		r.mu.Lock()
		n := len(r.queue)
		full := r.queued >= r.cfg.BundleBytes || n >= r.cfg.BundleTxs
		waiting := 0
		for _, p := range r.postings {
			if p.height == 0 {
				waiting++
			}
		}
		r.mu.Unlock()
		if n == 0 || waiting >= maxInFlight || !full && !all {
			return nil
		}
		if err := r.postOne(ctx); err != nil {
			return err
		}
	}
}

// postOne bundles from the head of the queue, makes the signed L1 transaction durable, and submits it.
func (r *Relay) postOne(ctx context.Context) error {
	account, err := r.cfg.Chain.Account(ctx, rollup.L1Address(r.publicKey()))
	if err != nil {
		return fmt.Errorf("relay: ask L1 for the account: %w", err)
	}
	hashes, txs, weight := r.take()
	l1tx := &rollup.L1Tx{
		ChainID: r.chainID,
		Nonce:   account.Nonce,
		Payload: &rollup.PostBundle{
			Bundle: rollup.EncodeBundle(r.cfg.Account, rollup.CodecDeflate, txs, &r.cfg.Genesis.Params),
			Weight: weight,
			Bid:    r.cfg.Bid,
		},
	}
	l1tx.Sign(r.cfg.Key)
	p := &posting{raw: l1tx.Encode(), txs: hashes}
	id := l1tx.ID()
	if err := r.commitPosting(p, id); err != nil {
		return err
	}
	if _, err := r.cfg.Chain.Submit(ctx, l1tx); err != nil {
		return r.refused(p, err)
	}
	r.cfg.Log.Info("bundle posted", "l1tx", id.String(), "transactions", len(txs),
		"bytes", len(p.raw), "weight", weight)
	return nil
}

func (r *Relay) publicKey() [32]byte { return [32]byte(r.cfg.Key[32:]) }

// take chooses the transactions of the next bundle without removing them from the queue.
func (r *Relay) take() (hashes []rollup.Hash, txs [][]byte, weight uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.cfg.Genesis.Params
	size := 0
	for _, h := range r.queue {
		rec := r.records[h]
		if len(txs) > 0 && size+len(rec.raw)+4 > r.cfg.BundleBytes || len(txs) >= r.cfg.BundleTxs {
			break
		}
		tx, _, err := rollup.DecodeTx(rec.raw, p)
		if err != nil {
			panic("BUG: relay: an accepted transaction does not decode: " + err.Error())
		}
		d := p.Declared(&rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(len(rec.raw))})
		w := p.Weight(d)
		if weight > math.MaxUint64-w {
			break
		}
		weight += w
		size += len(rec.raw) + 4
		hashes, txs = append(hashes, h), append(txs, rec.raw)
	}
	return hashes, txs, weight
}

// commitPosting moves the transactions of p from the queue into the bundle, durably.
func (r *Relay) commitPosting(p *posting, id rollup.Hash) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.seq = r.nextSeq
	writes := []kv.Write{p.write()}
	for _, h := range p.txs {
		rec := *r.records[h]
		rec.stage, rec.bundle = stageBundled, id
		writes = append(writes, rec.write(h))
	}
	if err := r.store.Apply(writes...); err != nil {
		return err
	}
	r.nextSeq++
	r.postings = append(r.postings, p)
	for _, h := range p.txs {
		rec := r.records[h]
		rec.stage, rec.bundle = stageBundled, id
		r.queued -= len(rec.raw)
	}
	r.queue = append([]rollup.Hash{}, r.queue[len(p.txs):]...)
	r.oldest = time.Now()
	return nil
}

// refused takes a bundle back that L1 would not have: its transactions go to the head of the queue. Any
// other failure leaves it in flight; following the chain submits the same bytes again.
func (r *Relay) refused(p *posting, err error) error {
	var refusal *rollup.RefusedError
	if !errors.As(err, &refusal) {
		return err
	}
	return errors.Join(err, r.takeBack(p))
}

func (r *Relay) takeBack(p *posting) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	writes := []kv.Write{{Key: postingKey(p.seq), Delete: true}}
	for _, h := range p.txs {
		rec := *r.records[h]
		rec.stage, rec.bundle, rec.layer = stageAccepted, rollup.Hash{}, 0
		writes = append(writes, rec.write(h))
	}
	if err := r.store.Apply(writes...); err != nil {
		return err
	}
	for i, q := range r.postings {
		if q == p {
			r.postings = append(r.postings[:i:i], r.postings[i+1:]...)
			break
		}
	}
	for _, h := range p.txs {
		rec := r.records[h]
		rec.stage, rec.bundle, rec.layer = stageAccepted, rollup.Hash{}, 0
		r.queued += len(rec.raw)
	}
	r.queue = append(append([]rollup.Hash{}, p.txs...), r.queue...)
	r.oldest = time.Now()
	return nil
}
