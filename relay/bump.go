package relay

import (
	"context"
	"slices"

	"github.com/athenarollup/athena/rollup"
)

// fate is what L1 says of a bundle in flight, whichever bid it has.
type fate struct {
	found   bool
	refused bool
	height  uint64 // 0 while it waits
	at      int    // bid that L1 has, or that it should get
}

// fate asks L1 for every bid of a bundle. One in a block wins; else the newest counts, and where that
// is refused, an older one that is not.
func (r *Relay) fate(ctx context.Context, p *posting) (fate, error) {
	refused, other := false, -1
	otherFound := false
	for i := range p.bids {
		st, err := r.cfg.Chain.TxStatus(ctx, p.bids[i].id)
		dead := st.Found && st.Reason != rollup.ReasonNone
		switch {
		case err != nil:
			return fate{}, waitFor("ask L1 for a bundle", err)
		case dead && i == p.at:
			refused = true
			r.cfg.Log.Warn("bundle refused", "bundle", p.id.String(),
				"l1tx", p.bids[i].id.String(), "reason", st.Reason.String())
		case dead:
		case st.Height > 0:
			return fate{found: true, height: st.Height, at: i}, nil
		case i == p.at:
			other, otherFound = i, st.Found
		case other != p.at && (st.Found || !otherFound):
			other, otherFound = i, st.Found
		}
	}
	if refused && other < 0 {
		return fate{found: true, refused: true, at: p.at}, nil
	}
	return fate{found: otherFound, at: other}, nil
}

// otherBid returns the index of a bid that L1 has, other than the present one; -1 when there is none.
func (r *Relay) otherBid(ctx context.Context, p *posting) (int, error) {
	for i := range p.bids {
		if i == p.at {
			continue
		}
		st, err := r.cfg.Chain.TxStatus(ctx, p.bids[i].id)
		if err != nil {
			return 0, waitFor("ask L1 for a bundle", err)
		}
		if st.Found && st.Reason == rollup.ReasonNone {
			return i, nil
		}
	}
	return -1, nil
}

// bump raises the bid of the first bundle in line, if it waits for a block for too long. The bundle
// and its nonce stay what they are. Bundles behind it wait for its nonce: a higher bid would not help.
func (r *Relay) bump(ctx context.Context, v view) error {
	r.mu.Lock()
	var p *posting
	for _, q := range r.postings {
		if q.height == 0 && q.sent && (p == nil || q.nonce() < p.nonce()) {
			p = q
		}
	}
	if p == nil {
		r.mu.Unlock()
		return nil
	}
	if p.since == 0 {
		p.since = max(v.tip.Height, 1)
	}
	due := v.tip.Height >= saturatingAdd(p.since, r.cfg.Bidding.BumpAfter)
	owed := r.owed(p)
	r.mu.Unlock()
	price, ok := r.raised(p, &v.header)
	if !due || !ok {
		return nil
	}
	next := bid{price: price, cost: costOf(&v.header, len(p.raw), p.post().Weight, price)}
	account, err := r.cfg.Chain.Account(ctx, r.l1Address())
	if err != nil {
		return waitFor("ask L1 for the account", err)
	}
	if need := saturatingAdd(owed, next.cost); need > account.Balance {
		r.cfg.Log.Warn("no money for a higher bid", "bundle", p.id.String(),
			"balance", account.Balance, "needs", need)
		return nil
	}
	next.tx = withBid(p.bids[0].tx, price)
	next.tx.Sign(r.cfg.Key)
	next.signature, next.id = next.tx.Signature, next.tx.ID()
	if err := r.rebid(p, next, v.tip.Height); err != nil {
		return err
	}
	r.cfg.Log.Info("bid raised", "bundle", p.id.String(), "l1tx", next.id.String(), "bid", price)
	return r.shrug(p, r.submit(ctx, p))
}

// raised is the next bid of a bundle: a quarter more than it offers for a unit of weight, within
// MaxBid. It is false where the bid may not rise any more.
func (r *Relay) raised(p *posting, h *rollup.Header) (uint64, bool) {
	last := p.bids[len(p.bids)-1].price
	price := r.above(last, h)
	return price, price > last && len(p.bids) < maxBids
}

// above is a bid a quarter above the whole offer of another, within MaxBid.
func (r *Relay) above(price uint64, h *rollup.Header) uint64 {
	offer := saturatingAdd(price, h.InclusionPrice)
	return min(saturatingAdd(price, max(1, offer/4)), r.cfg.Bidding.MaxBid)
}

// rebid makes another bid of a bundle durable; it is what L1 gets from now on.
func (r *Relay) rebid(p *posting, next bid, height uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := *p
	q.bids = append(slices.Clone(p.bids), next)
	q.at = len(q.bids) - 1
	if err := r.apply(q.write()); err != nil {
		return err
	}
	p.bids, p.at, p.since, p.sent = q.bids, q.at, height, false
	return nil
}

// fill gives a nonce that no bundle has to an empty transfer, where bundles in flight wait for it and
// nothing in the queue can take it: what had that nonce was given up, or is in another bundle by now.
// The transfer is the same whenever it is made, and L1 takes the nonce once.
func (r *Relay) fill(ctx context.Context, v view) error {
	r.mu.Lock()
	first, waits := ^uint64(0), false
	for _, p := range r.postings {
		if p.height == 0 {
			first, waits = min(first, p.nonce()), true
		}
	}
	r.mu.Unlock()
	if !waits {
		return nil
	}
	account, err := r.cfg.Chain.Account(ctx, r.l1Address())
	if err != nil {
		return waitFor("ask L1 for the account", err)
	}
	if first <= account.Nonce || len(r.take(&v.header).hashes) > 0 {
		return nil
	}
	tx := &rollup.L1Tx{
		ChainID: r.chainID, Nonce: account.Nonce, Payload: &rollup.Transfer{To: r.l1Address()},
	}
	tx.Sign(r.cfg.Key)
	r.cfg.Log.Warn("a nonce is filled that no bundle has", "nonce", account.Nonce)
	_, err = r.cfg.Chain.Submit(ctx, tx)
	if isRefused(err) {
		return nil // somebody has taken it, or there is no room: seen at the next block
	}
	return waitFor("submit a transfer to L1", err)
}
