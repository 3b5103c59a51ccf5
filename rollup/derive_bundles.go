package rollup

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"github.com/athenarollup/athena/address"
)

// bundles returns the transactions of all bundles in L1 order, without those that no layer may
// hold.
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
	b, read, err := v.open(l1, post, since)
	if err != nil {
		v.out.Drops = v.out.Drops[:since]
		v.dropUnread(v.idOf(l1), reasonOf(err), since)
		return all
	}
	height := v.header.Height
	for _, c := range read {
		t := c.item.Tx
		why := c.judge(v.params, v.chainID, height)
		switch {
		case why != ReasonNone:
		case !t.Relay.IsZero() && t.Relay != b.Relay:
			why = ReasonWrongRelay
		case !v.take(c.hash):
			why = ReasonDuplicate
		}
		if why != ReasonNone {
			v.drop(c, v.idOf(l1), why)
			continue
		}
		c.item.Expiry = height
		c.item.Relay = b.Relay
		c.item.DataPrice = v.source.Header.DataPrice
		c.item.InclusionPrice = v.source.Header.InclusionPrice
		c.bid, c.l1 = post.Bid, l1
		all = append(all, c)
	}
	return all
}

// open reads a bundle and those of its transactions that decode, and weighs them.
func (v *deriver) open(l1 int, post *PostBundle, since int) (*Bundle, []*candidate, error) {
	b, err := DecodeBundle(post.Bundle, v.params)
	if err != nil {
		return nil, nil, err
	}
	raws, err := b.txs(v.params, &v.in)
	if err != nil {
		return nil, nil, err
	}
	read := make([]*candidate, 0, len(raws))
	var weight uint64
	for _, raw := range raws {
		c, refused := v.parse(ItemTx, raw)
		if refused != nil {
			v.dropUnread(v.idOf(l1), refused.Reason, since)
			continue
		}
		read = append(read, c)
		weight = saturatingAdd(weight, c.item.Weight)
	}
	if weight > post.Weight {
		return nil, nil, refusef(ReasonWeightLie, "rollup: bundle: weighs %d, paid for %d",
			weight, post.Weight)
	}
	return b, read, nil
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
		sum = sum.Add(c.units)
	}
	if sum.Fits(v.params.Layer) {
		return all
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		if c := cmp.Compare(b.bid, a.bid); c != 0 {
			return c
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
	kept := all[:0]
	sum = v.used
	for _, c := range all {
		next := sum.Add(c.units)
		if !next.Fits(v.params.Layer) {
			v.drop(c, v.idOf(c.l1), ReasonLayerFull)
			continue
		}
		sum, kept = next, append(kept, c)
	}
	return kept
}

// order sorts by the layer's shuffle; then the places of each principal's ordered transactions are
// filled again in the order of (nonce, TxHash). Unordered ones keep their place. Nobody can buy
// one.
func order(h *Header, all []*candidate) []*candidate {
	seed := make([]byte, 0, len(h.Beacon)+8)
	seed = append(seed, h.Beacon[:]...)
	for i := range 8 {
		seed = append(seed, byte(h.Height>>(8*i)))
	}
	for _, c := range all {
		c.key = digest(domainOrder, seed, c.hash[:])
	}
	slices.SortFunc(all, func(a, b *candidate) int { return bytes.Compare(a.key[:], b.key[:]) })

	places := make(map[address.Address][]int)
	var principals []address.Address // in order of first appearance
	for i, c := range all {
		if c.item.Tx.Nonce.Kind == NonceUnordered {
			continue
		}
		who := c.item.Tx.Principal
		if places[who] == nil {
			principals = append(principals, who)
		}
		places[who] = append(places[who], i)
	}
	for _, who := range principals {
		refill(all, places[who])
	}
	return all
}

// refill puts the transactions at the given places, which ascend, in the order of (nonce, TxHash).
func refill(all []*candidate, places []int) {
	if len(places) < 2 {
		return
	}
	own := make([]*candidate, len(places))
	for i, at := range places {
		own[i] = all[at]
	}
	slices.SortFunc(own, func(a, b *candidate) int {
		if c := cmp.Compare(a.item.Tx.Nonce.Value, b.item.Tx.Nonce.Value); c != 0 {
			return c
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
	for i, at := range places {
		all[at] = own[i]
	}
}
