package rollup

import "github.com/athenarollup/athena/metering"

// CheckForced decodes a transaction that a user posts without a relay, and judges it as derivation
// will: at the L1 block that accepts it. L1 asks before it admits one, and prices the item's
// weight. The error wraps a *RefusedError.
func (p *Params) CheckForced(raw []byte, accepted uint64, chainID Hash) (*Item, error) {
	v := deriver{params: p, chainID: chainID}
	c, refused := v.parseForced(&ForcedEntry{Accepted: accepted, Tx: raw})
	if refused != nil {
		return nil, refused
	}
	item := c.item(ItemForced, accepted)
	return &item, nil
}

// Waiting is what the queued transactions declare in all, by dimension: L1 admits no more of them
// when that is MaxCarryDelay times ForcedShare.
func (c *Carry) Waiting(p *Params) metering.Units {
	var sum metering.Units
	for i := range c.Forced {
		t, err := parseTx(c.Forced[i].Tx, p)
		if err != nil {
			continue // derivation drops it
		}
		sum = sum.Add(p.declaredTx(t, len(c.Forced[i].Tx)).Units)
	}
	return sum
}

// parseForced decodes and judges a forced transaction.
func (v *deriver) parseForced(f *ForcedEntry) (*candidate, *RefusedError) {
	c := &candidate{tx: new(Tx)}
	if refused := v.parse(c, f.Tx); refused != nil {
		return nil, refused
	}
	why := c.judge(v.params, v.chainID, f.Accepted)
	if why == ReasonNone && !c.declared.Units.Fits(v.params.MaxForced()) {
		why = ReasonForcedTooLarge
	}
	if why != ReasonNone {
		return c, refusef(why, "rollup: forced transaction %s", c.hash)
	}
	return c, nil
}

// forced adds queued transactions, then new ones, up to the reserved share of the layer and to what
// deposits left. The first that does not fit waits with all behind it. Whatever cannot become an
// item is dropped when its turn comes.
func (v *deriver) forced(carry *Carry) {
	queue := v.queue(carry)
	share := v.params.ForcedShare()
	var sum metering.Units
	for n := range queue {
		f := &queue[n]
		since := len(v.out.Drops)
		c, refused := v.parseForced(f)
		switch {
		case c == nil:
			v.dropUnread(f.L1Tx, refused.Reason, since)
			continue
		case refused != nil:
			v.drop(c, f.L1Tx, refused.Reason)
			continue
		}
		if _, twice := v.taken[c.hash]; twice {
			v.drop(c, f.L1Tx, ReasonDuplicate)
			continue
		}
		next := sum.Add(c.declared.Units)
		if !next.Fits(share) || !v.used.Add(c.declared.Units).Fits(v.params.Layer) {
			v.out.Carry.Forced = queue[n:len(queue):len(queue)]
			return
		}
		sum = next
		v.taken[c.hash] = -1
		v.add(c.item(ItemForced, f.Accepted), c.raw, c.declared)
	}
}

// queue is the carry followed by the forced transactions of the source block.
func (v *deriver) queue(carry *Carry) []ForcedEntry {
	var queue []ForcedEntry
	if carry != nil {
		queue = append(queue, carry.Forced...)
	}
	for i := range v.source.Txs {
		if f, ok := v.source.Txs[i].Payload.(*ForcedTx); ok {
			queue = append(queue, ForcedEntry{
				Accepted: v.source.Header.Height, L1Tx: v.source.Txs[i].ID(), Tx: f.Tx,
			})
		}
	}
	return queue
}
