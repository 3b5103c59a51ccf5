package rollup

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/athenarollup/athena/address"
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
	b, read, err := v.open(l1, post, since)
	if err != nil {
		v.out.Drops = v.out.Drops[:since]
		v.dropUnread(v.idOf(l1), reasonOf(err), since)
		return all
	}
	height := v.header.Height
	all = slices.Grow(all, len(read))
	for i := range read {
		c := &read[i]
		why := c.judge(v.params, v.chainID, height)
		if why == ReasonNone && !c.tx.Relay.IsZero() && c.tx.Relay != b.Relay {
			why = ReasonWrongRelay
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
	case at >= 0 && all[at].bid < c.bid:
		all[at], c = c, all[at]
	}
	v.drop(c, v.idOf(c.l1), ReasonDuplicate)
	return all
}

// open reads a bundle and those of its transactions that decode, and weighs them.
func (v *deriver) open(l1 int, post *PostBundle, since int) (*Bundle, []candidate, error) {
	b, err := DecodeBundle(post.Bundle, v.params)
	if err != nil {
		return nil, nil, err
	}
	raws, err := b.txs(v.params, &v.in)
	if err != nil {
		return nil, nil, err
	}
	read := make([]candidate, len(raws))
	n := 0
	var weight uint64
	for _, raw := range raws {
		if refused := v.parse(&read[n], ItemTx, raw); refused != nil {
			v.dropUnread(v.idOf(l1), refused.Reason, since)
			read[n] = candidate{}
			continue
		}
		weight = saturatingAdd(weight, read[n].item.Weight)
		n++
	}
	if weight > post.Weight {
		return nil, nil, refusef(ReasonWeightLie, "rollup: bundle: weighs %d, paid for %d",
			weight, post.Weight)
	}
	return b, read[:n], nil
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
		if c := cmp.Compare(b.bid, a.bid); c != 0 {
			return c
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
	kept := all[:0]
	sum = v.used
	for _, c := range all {
		next := sum.Add(c.declared.Units)
		if !next.Fits(v.params.Layer) {
			v.drop(c, v.idOf(c.l1), ReasonLayerFull)
			continue
		}
		sum, kept = next, append(kept, c)
	}
	return kept
}

// ticket is a candidate's place in the shuffle: the first 8 bytes of its sort key, big-endian.
type ticket struct {
	head uint64
	at   int32 // index of the candidate
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
	keys := make([]Hash, len(all))
	tickets := make([]ticket, len(all))
	for i, c := range all {
		keys[i] = digest(domainOrder, seed, c.hash[:])
		tickets[i] = ticket{binary.BigEndian.Uint64(keys[i][:]), int32(i)}
	}
	slices.SortFunc(tickets, func(a, b ticket) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(keys[a.at][:], keys[b.at][:])
	})
	sorted := make([]*candidate, len(all))
	for i, t := range tickets {
		sorted[i] = all[t.at]
	}
	refillAll(sorted)
	return sorted
}

// refillAll refills the places of every principal that holds several. Each place is linked to the
// one before it of the same principal.
func refillAll(all []*candidate) {
	last := make(map[address.Address]int32, len(all)) // a principal's last place so far, plus 1
	before := make([]int32, len(all))
	var several []address.Address // principals with at least 2 places, by their second one
	for i, c := range all {
		if c.tx.Nonce.Kind == NonceUnordered {
			continue
		}
		who := c.tx.Principal
		at := last[who]
		if at > 0 && before[at-1] == 0 {
			several = append(several, who)
		}
		before[i], last[who] = at, int32(i)+1
	}
	var places []int
	for _, who := range several {
		places = places[:0]
		for at := last[who]; at > 0; at = before[at-1] {
			places = append(places, int(at)-1)
		}
		slices.Reverse(places)
		refill(all, places)
	}
}

// refill puts the transactions at the given places, which ascend, in the order of (nonce, TxHash).
func refill(all []*candidate, places []int) {
	own := make([]*candidate, len(places))
	for i, at := range places {
		own[i] = all[at]
	}
	slices.SortFunc(own, func(a, b *candidate) int {
		if c := cmp.Compare(a.tx.Nonce.Value, b.tx.Nonce.Value); c != 0 {
			return c
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
	for i, at := range places {
		all[at] = own[i]
	}
}
