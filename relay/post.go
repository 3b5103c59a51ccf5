package relay

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// maxInFlight bounds the bundles that wait for a block; more stay in the queue.
const maxInFlight = 16

// post builds and posts bundles when they are full or old enough.
func (r *Relay) post(ctx context.Context) error {
	tick := time.NewTicker(max(r.cfg.BundleInterval/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.kick:
		case <-tick.C:
		}
		r.mu.Lock()
		now := time.Now()
		due := len(r.queue) > 0 && now.Sub(r.records[r.queue[0]].since) >= r.cfg.BundleInterval
		try := (due || r.full() || len(r.unsent()) > 0) && r.retry.ready(now)
		r.mu.Unlock()
		if !try {
			continue
		}
		if err := r.drain(ctx, due); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !waits(err) {
				return err
			}
			r.cfg.Log.Warn("bundle waits", "error", err)
		}
	}
}

// Flush posts all that waits now, full or not, also while the relay pauses after a failure.
func (r *Relay) Flush(ctx context.Context) error { return r.drain(ctx, true) }

// drain posts full bundles, and what is left as well when all is true, as far as there is room for
// them on L1 and in a layer.
func (r *Relay) drain(ctx context.Context, all bool) (err error) {
	r.posts.Lock()
	defer r.posts.Unlock()
	if r.closed {
		return errStopped
	}
	ctx, cancel := context.WithTimeout(ctx, l1Timeout)
	defer cancel()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil {
			r.retry.failed(time.Now())
		} else {
			r.retry.reset()
		}
	}()
	r.mu.Lock()
	unsent := r.unsent()
	r.mu.Unlock()
	for _, p := range unsent {
		if err := r.submit(ctx, p); err != nil {
			return err
		}
	}
	for {
		r.mu.Lock()
		ready := len(r.queue) > 0 && (all || r.full())
		r.mu.Unlock()
		if !ready {
			return nil
		}
		if posted, err := r.postOne(ctx); err != nil || !posted {
			return err
		}
	}
}

// unsent returns the bundles that L1 has not taken yet. The caller holds mu.
func (r *Relay) unsent() (all []*posting) {
	for _, p := range r.postings {
		if p.height == 0 && !p.sent {
			all = append(all, p)
		}
	}
	return all
}

// postOne bundles from the head of the queue, makes the signed L1 transaction durable, and submits it.
// It is false when the bundles in flight leave no room.
func (r *Relay) postOne(ctx context.Context) (posted bool, err error) {
	b := r.take()
	if len(b.txs) == 0 {
		return false, nil
	}
	p, err := r.seal(ctx, b)
	if err != nil {
		return false, err
	}
	if err := r.commit(p); err != nil {
		return false, err
	}
	if err := r.submit(ctx, p); err != nil {
		return false, err
	}
	r.cfg.Log.Info("bundle posted", "l1tx", p.id.String(), "transactions", len(p.txs),
		"bytes", len(p.raw), "weight", b.weight)
	return true, nil
}

// submit hands a bundle in flight to L1: the same bytes as ever. A refusal of these bytes takes the
// bundle back; without an answer, or without room in the mempool, it stays in flight.
func (r *Relay) submit(ctx context.Context, p *posting) error {
	_, err := r.cfg.Chain.Submit(ctx, p.tx)
	var refusal *rollup.RefusedError
	if !errors.As(err, &refusal) || refusal.Reason == rollup.ReasonQueueFull {
		r.mu.Lock()
		p.sent = err == nil
		r.mu.Unlock()
		return waitFor("submit a bundle to L1", err)
	}
	if err := r.takeBack(p); err != nil {
		return err
	}
	return waitFor("L1 refused a bundle", err)
}

// batch is what the next bundle is made of.
type batch struct {
	hashes []rollup.Hash
	txs    [][]byte
	units  metering.Units
	weight uint64
}

// take chooses the transactions of the next bundle without removing them from the queue: as many as
// fit the configured size and, with the bundles that wait for a block, a layer.
func (r *Relay) take() (b batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var inFlight int
	var used metering.Units
	for _, p := range r.postings {
		if p.height == 0 {
			inFlight++
			used = used.Add(p.units)
		}
	}
	if inFlight >= maxInFlight {
		return b
	}
	params := &r.cfg.Genesis.Params
	size := 0
	for _, h := range r.queue {
		raw := r.records[h].raw
		size += len(raw)
		body := size + lengthPrefix*(len(b.txs)+1)
		if len(b.txs) > 0 && (size > r.cfg.BundleBytes || body > r.cfg.maxBody() ||
			len(b.txs) >= r.cfg.BundleTxs) {
			break
		}
		tx, _, err := rollup.DecodeTx(raw, params)
		if err != nil {
			panic("BUG: relay: an accepted transaction does not decode: " + err.Error())
		}
		d := r.declared(tx, len(raw))
		if used = used.Add(d.Units); !used.Fits(r.cfg.room()) {
			break
		}
		b.units = b.units.Add(d.Units)
		b.weight += params.Weight(d) // each at most 2^20, as d fits a layer
		b.hashes, b.txs = append(b.hashes, h), append(b.txs, raw)
	}
	return b
}

// seal makes a signed L1 transaction of a batch, if the account can pay for it.
func (r *Relay) seal(ctx context.Context, b batch) (*posting, error) {
	account, err := r.cfg.Chain.Account(ctx, r.l1Address())
	if err != nil {
		return nil, waitFor("ask L1 for the account", err)
	}
	r.mu.Lock()
	nonce, owed := account.Nonce, uint64(0)
	used := map[uint64]bool{}
	for _, p := range r.postings {
		used[p.tx.Nonce] = true
		if p.height == 0 {
			owed = saturatingAdd(owed, p.cost)
		}
	}
	r.mu.Unlock()
	for used[nonce] { // L1 may not know all bundles in flight; a gap is filled first
		nonce++
	}
	tx := &rollup.L1Tx{
		ChainID: r.chainID,
		Nonce:   nonce,
		Payload: &rollup.PostBundle{
			Bundle: rollup.EncodeBundle(r.cfg.Account, rollup.CodecDeflate, b.txs, &r.cfg.Genesis.Params),
			Weight: b.weight,
			Bid:    r.cfg.Bid,
		},
	}
	tx.Sign(r.cfg.Key)
	p := &posting{raw: tx.Encode(), txs: b.hashes, units: b.units}
	if err := p.decode(&r.cfg.Genesis.Params); err != nil {
		return nil, err
	}
	if p.cost, err = r.cost(ctx, len(p.raw), b.weight); err != nil {
		return nil, err
	}
	if need := saturatingAdd(owed, p.cost); need > account.Balance {
		return nil, waitFor("post a bundle", fmt.Errorf("L1 account %s has %d, and needs %d: send it money",
			r.l1Address(), account.Balance, need))
	}
	return p, nil
}

// cost is the most that the next block takes from the account for a bundle.
func (r *Relay) cost(ctx context.Context, size int, weight uint64) (uint64, error) {
	tip, err := r.cfg.Chain.Tip(ctx)
	if err != nil {
		return 0, waitFor("ask L1 for its tip", err)
	}
	block, err := r.cfg.Chain.Layer(ctx, tip.Height)
	if err != nil {
		return 0, waitFor("ask L1 for its prices", err)
	}
	h := &block.Header
	price := saturatingAdd(riseFor(h.InclusionPrice, 1), r.cfg.Bid)
	return saturatingAdd(saturatingMul(uint64(size), riseFor(h.ByteFee, 1)),
		saturatingMul(weight, price)), nil
}

// riseFor is the most that a price of L1 can be after so many blocks: each raises it by at most an
// eighth, rounded up (docs/spec/fees.md).
func riseFor(price uint64, blocks int) uint64 {
	for range blocks {
		price = saturatingAdd(price, max(1, price/8+min(1, price%8)))
	}
	return price
}

func saturatingAdd(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return ^uint64(0)
	}
	return sum
}

func saturatingMul(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi != 0 {
		return ^uint64(0)
	}
	return lo
}
