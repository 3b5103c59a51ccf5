package relay

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
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
		if err := r.postDue(ctx); err != nil {
			return err
		}
	}
}

// postDue posts what is due, unless the relay pauses after a failure. It returns what ends the relay.
func (r *Relay) postDue(ctx context.Context) error {
	r.mu.Lock()
	now := r.now()
	due := len(r.queue) > 0 && now.Sub(r.records[r.queue[0]].since) >= r.cfg.BundleInterval
	try := (due || r.full()) && !r.stalled || len(r.unsent()) > 0
	try = try && r.retry.ready(now)
	r.mu.Unlock()
	if !try {
		return nil
	}
	err := r.drain(ctx, due)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !waits(err):
		return err
	}
	r.cfg.Log.Warn("bundle waits", "error", err)
	return nil
}

// Flush posts all that waits now, full or not, also while the relay pauses after a failure.
func (r *Relay) Flush(ctx context.Context) error { return r.drain(ctx, true) }

// drain posts full bundles, and what is left as well when all is true, as far as there is room for
// them on L1 and in a layer. What gates intake does not gate it.
func (r *Relay) drain(ctx context.Context, all bool) (err error) {
	r.posts.Lock()
	defer r.posts.Unlock()
	if r.closed {
		return errStopped
	}
	ctx, cancel := context.WithTimeout(ctx, l1Timeout)
	defer cancel()
	r.mu.Lock()
	unsent, nothing := r.unsent(), len(r.queue) == 0
	r.mu.Unlock()
	if nothing && len(unsent) == 0 {
		return nil
	}
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil {
			r.retry.failed(r.now())
		} else {
			r.retry.reset()
		}
	}()
	v, err := r.look(ctx)
	if err != nil {
		return err
	}
	if err := r.dropExpired(v.tip.Height); err != nil {
		return err
	}
	for _, p := range unsent {
		if err := r.submitLive(ctx, v.tip, p); err != nil {
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
		if posted, err := r.postOne(ctx, v); err != nil || !posted {
			return err
		}
	}
}

// view is L1 at one block.
type view struct {
	tip    l1.Tip
	header rollup.Header
}

// look asks L1 for its newest block.
func (r *Relay) look(ctx context.Context) (view, error) {
	tip, err := r.cfg.Chain.Tip(ctx)
	if err != nil {
		return view{}, waitFor("ask L1 for its tip", err)
	}
	return r.lookAt(ctx, tip)
}

func (r *Relay) lookAt(ctx context.Context, tip l1.Tip) (view, error) {
	block, err := r.cfg.Chain.Layer(ctx, tip.Height)
	if err != nil { // or a reorganisation has taken it already
		return view{}, waitFor("ask L1 for its prices", err)
	}
	// What is posted now is in the next block at the earliest, and executed by the layer after that.
	p, err := r.cfg.Chain.Params(ctx, tip.Height+2)
	if err != nil {
		return view{}, waitFor("ask L1 for its parameters", err)
	}
	return view{tip, block.Header}, r.adopt(p)
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

// postOne bundles from the queue, makes the signed L1 transaction durable, and submits it. It is
// false when there is nothing that may be posted now.
func (r *Relay) postOne(ctx context.Context, v view) (posted bool, err error) {
	b := r.take(&v.header)
	if len(b.txs) == 0 {
		return false, nil
	}
	p, err := r.seal(ctx, v, b)
	if err != nil {
		return false, err
	}
	if err := r.commit(p); err != nil {
		return false, err
	}
	if err := r.submit(ctx, p); err != nil {
		return false, err
	}
	r.cfg.Log.Info("bundle posted", "bundle", p.id.String(), "l1tx", p.now().id.String(),
		"transactions", len(p.txs), "bytes", len(p.raw), "weight", p.post().Weight)
	return true, nil
}

// submitLive submits a bundle in flight, unless all in it has expired: then it is given up, and fill
// gives its nonce to something cheaper where that is needed.
func (r *Relay) submitLive(ctx context.Context, tip l1.Tip, p *posting) error {
	r.mu.Lock()
	live := false
	r.own(p, func(_ rollup.Hash, rec *record) {
		live = live || !rec.expired(tip.Height, r.cfg.Genesis.Params.OrderDelay)
	})
	r.mu.Unlock()
	if live {
		return r.submit(ctx, p)
	}
	r.cfg.Log.Warn("bundle given up: everything in it has expired", "bundle", p.id.String())
	return r.abandon(p, tip.Height)
}

// submit hands a bundle in flight to L1: the same bytes as ever. A refusal of these bytes takes the
// bundle back, unless L1 has it with another bid; without an answer, or without room in the mempool,
// it stays in flight.
func (r *Relay) submit(ctx context.Context, p *posting) error {
	_, err := r.cfg.Chain.Submit(ctx, p.now().tx)
	var refusal *rollup.RefusedError
	if !errors.As(err, &refusal) || refusal.Reason == rollup.ReasonQueueFull {
		r.mu.Lock()
		p.sent = err == nil
		r.mu.Unlock()
		return waitFor("submit a bundle to L1", err)
	}
	other, serr := r.otherBid(ctx, p)
	switch {
	case serr != nil:
		return serr
	case other >= 0:
		r.mu.Lock()
		p.at, p.sent = other, true
		r.mu.Unlock()
		return nil
	}
	if err := r.takeBack(p); err != nil {
		return err
	}
	return waitFor("L1 refused a bundle", err)
}

// seal makes a signed L1 transaction of a batch, if the account can pay for it.
func (r *Relay) seal(ctx context.Context, v view, b batch) (*posting, error) {
	account, err := r.cfg.Chain.Account(ctx, r.l1Address())
	if err != nil {
		return nil, waitFor("ask L1 for the account", err)
	}
	r.mu.Lock()
	nonce, owed := account.Nonce, r.owed(nil)
	used := map[uint64]bool{}
	for _, p := range r.postings {
		used[p.nonce()] = true
	}
	r.mu.Unlock()
	for used[nonce] { // L1 may not know all bundles in flight; a gap is filled first
		nonce++
	}
	bundle, b := r.pack(b)
	units, weight := b.declared()
	tx := &rollup.L1Tx{
		ChainID: r.chainID,
		Nonce:   nonce,
		Payload: &rollup.PostBundle{Bundle: bundle, Weight: weight, Bid: r.bid},
	}
	tx.Sign(r.cfg.Key)
	p := &posting{raw: tx.Encode(), txs: b.hashes, units: units}
	p.bids = []bid{{
		price: r.bid, signature: tx.Signature,
		cost: costOf(&v.header, len(p.raw), weight, r.bid),
	}}
	if err := p.decode(r.params.Load()); err != nil {
		return nil, err
	}
	if need := saturatingAdd(owed, p.cost()); need > account.Balance {
		return nil, waitFor("post a bundle", fmt.Errorf("L1 account %s has %d, and needs %d: send it money",
			r.l1Address(), account.Balance, need))
	}
	return p, nil
}

// owed is the most that the bundles in flight but one take from the L1 account. The caller holds mu.
func (r *Relay) owed(but *posting) (sum uint64) {
	for _, p := range r.postings {
		if p.height == 0 && p != but {
			sum = saturatingAdd(sum, p.cost())
		}
	}
	return sum
}

// costOf is the most that the block after one takes from the account for a bundle.
func costOf(h *rollup.Header, size int, weight, bid uint64) uint64 {
	price := saturatingAdd(riseFor(h.InclusionPrice, 1), bid)
	return saturatingAdd(saturatingMul(uint64(size), riseFor(h.ByteFee, 1)),
		saturatingMul(weight, price))
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
