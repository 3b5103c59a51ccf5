package relay

import (
	"fmt"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
)

// loadParams sets the parameters that the relay went by before it stopped; L1 may not answer yet.
func (r *Relay) loadParams() error {
	p := r.cfg.Genesis.Params
	r.params.Store(&p)
	b, ok, err := r.store.Get([]byte{keyParams})
	if err != nil || !ok {
		return err
	}
	stored, err := rollup.DecodeParams(b)
	if err != nil {
		return fmt.Errorf("relay: stored parameters: %w", err)
	}
	r.params.Store(stored)
	return nil
}

// adopt goes by other parameters: those of the layer that executes what is posted now. What waits is
// weighed again, since a bundle that weighs more than it says is dropped; what is in a bundle is when it
// is taken back. Limits never shrink (docs/spec/params.md, "Upgrades"), so what was accepted stays
// acceptable.
func (r *Relay) adopt(p *rollup.Params) error {
	if *r.params.Load() == *p {
		return nil
	}
	if err := r.apply(kv.Write{Key: []byte{keyParams}, Value: p.Encode()}); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.params.Store(p)
	for _, h := range r.queue {
		if err := r.records[h].weigh(h, p); err != nil {
			return err
		}
	}
	return nil
}

// weigh makes the terms of a transaction that waits those under p.
func (r *record) weigh(h rollup.Hash, p *rollup.Params) error {
	tx, _, err := rollup.DecodeTx(r.raw, p)
	if err != nil {
		return fmt.Errorf("relay: transaction %s under new parameters: %w", h, err)
	}
	t := termsOf(tx, len(r.raw), p)
	r.terms.units, r.terms.weight = t.units, t.weight
	return nil
}
