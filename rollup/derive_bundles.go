package rollup

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// bundles returns the transactions of all bundles in L1 order, without those that no layer may
// hold, and one copy of each.
func (v *deriver) bundles() []*candidate {
	var all []*candidate
	for i := range v.source.Txs {
		if post, ok := v.source.Txs[i].Payload.(*PostBundle); ok {
			all = v.bundle(all, i, post)
		}
	}
	return all
}

// bundle appends the transactions of one bundle. A structural failure, or a body that weighs more
// than was paid for, drops all of it; else each transaction stands for itself.
func (v *deriver) bundle(all []*candidate, l1 int, post *PostBundle) []*candidate {
	since := len(v.out.Drops)
	from, read, err := v.open(l1, post, since)
	if err != nil {
		v.out.Drops = v.out.Drops[:since]
		v.dropUnread(v.idOf(l1), reasonOf(err), since)
		return all
	}
	all = slices.Grow(all, len(read))
	for i := range read {
		c := &read[i]
		why := c.judge(v.params, v.chainID, v.header.Height)
		if why == ReasonNone && !c.tx.Relay.IsZero() && c.tx.Relay != from.relay {
			why = ReasonWrongRelay
		}
		if why != ReasonNone {
			v.drop(c, v.idOf(l1), why)
			continue
		}
		all = v.dedupe(all, c)
	}
	return all
}

// dedupe appends c, or drops it or its earlier copy: of copies with an equal TxHash the one whose
// bundle bid most stays, and among equal bids the first. A copy that bid less must not stand in the
// way of one that bid more: over-full layers are filled by bids (docs/spec/derive.md).
func (v *deriver) dedupe(all []*candidate, c *candidate) []*candidate {
	at, twice := v.taken[c.hash]
	switch {
	case !twice:
		v.taken[c.hash] = int32(len(all))
		return append(all, c)
	case at >= 0 && all[at].from.bid < c.from.bid:
		all[at], c = c, all[at]
	}
	v.drop(c, v.idOf(c.from.l1), ReasonDuplicate)
	return all
}

// open reads a bundle and those of its transactions that decode, and weighs them.
func (v *deriver) open(l1 int, post *PostBundle, since int) (*origin, []candidate, error) {
	b, err := DecodeBundle(post.Bundle, v.params)
	if err != nil {
		return nil, nil, err
	}
	raws, err := b.txs(v.params, &v.in)
	if err != nil {
		return nil, nil, err
	}
	from := &origin{relay: b.Relay, bid: post.Bid, l1: l1}
	read, txs := make([]candidate, len(raws)), make([]Tx, len(raws))
	n := 0
	var weight uint64
	for _, raw := range raws {
		c := &read[n]
		c.tx, c.from = &txs[n], from
		if refused := v.parse(c, raw); refused != nil {
			v.dropUnread(v.idOf(l1), refused.Reason, since)
			*c, txs[n] = candidate{}, Tx{}
			continue
		}
		weight = saturatingAdd(weight, c.weight)
		n++
	}
	if weight > post.Weight {
		return nil, nil, refusef(ReasonWeightLie, "rollup: bundle: weighs %d, paid for %d",
			weight, post.Weight)
	}
	return from, read[:n], nil
}

// reasonOf returns the reason of a refusal; every decoder's error is one.
func reasonOf(err error) Reason {
	var r *RefusedError
	if !errors.As(err, &r) {
		panic("BUG: rollup: refusal without a reason: " + err.Error())
	}
	return r.Reason
}

// selectFitting keeps what fits the layer. If not all does, transactions are taken by (bid
// descending, TxHash ascending), and one that does not fit is dropped.
func (v *deriver) selectFitting(all []*candidate) []*candidate {
	sum := v.used
	for _, c := range all {
		sum = sum.Add(c.declared.Units)
	}
	if sum.Fits(v.params.Layer) {
		return all
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		if c := cmp.Compare(b.from.bid, a.from.bid); c != 0 {
			return c
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
	kept := all[:0]
	sum = v.used
	for _, c := range all {
		next := sum.Add(c.declared.Units)
		if !next.Fits(v.params.Layer) {
			v.drop(c, v.idOf(c.from.l1), ReasonLayerFull)
			continue
		}
		sum, kept = next, append(kept, c)
	}
	return kept
}
