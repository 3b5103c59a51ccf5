package rollup

import (
	"crypto/sha256"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

// Derivation is what Derive makes of a block.
type Derivation struct {
	Items []Item
	Steps []Step
	Drops []Drop
	Carry Carry // the forced transactions that wait for a later layer

	raws     [][]byte   // encoding of each item's transaction, as it was posted
	declared []Declared // of each item
}

// ItemsRoot is what Header.ItemsRoot commits to: the root over the items' encodings.
func (d *Derivation) ItemsRoot() Hash {
	if len(d.raws) != len(d.Items) {
		return ItemsRoot(d.Items)
	}
	var m MMR
	e := scale.Encoder{B: make([]byte, 0, 1<<10)}
	for i := range d.Items {
		e.B = append(e.B[:0], mmrLeaf)
		d.Items[i].encode(&e, d.raws[i])
		m.appendHash(sha256.Sum256(e.B))
	}
	return m.Root()
}

// ItemsRoot is the root over the items' encodings.
func ItemsRoot(items []Item) Hash {
	var m MMR
	for i := range items {
		m.Append(items[i].Encode())
	}
	return m.Root()
}

// Derive makes the items of the layer with header h from the L1 block that it executes, source (nil
// for a first layer that executes none), and from what earlier layers carried over (nil for
// nothing). Of h it uses height and beacon, of source's header height and prices. It reads no
// Athena state.
//
// It is total: whatever source holds, there is a result, and what was left out is in its drops with
// a reason. It takes source's transactions as admitted and paid by L1. Its work and its result are
// bounded by the size of source and carry: a bundle expands to at most 16 times its bytes.
//
// The order is layer begin, deposits in L1 order, forced transactions first in first out, the
// transactions of bundles as the beacon shuffles them, layer end. See docs/spec/derive.md.
//
// Items and carry alias source and carry, which must not change after.
func Derive(h *Header, source *Layer, carry *Carry, p *Params, chainID Hash) *Derivation {
	if source == nil {
		source = new(Layer)
	}
	v := &deriver{
		header:  h,
		source:  source,
		params:  p,
		chainID: chainID,
		taken:   make(map[Hash]int32, posted(source)/minTxBytes),
		ids:     make(map[int]Hash),
		out:     new(Derivation),
	}
	system := p.declaredSystem()
	v.add(Item{Kind: ItemLayerBegin}, nil, system)
	v.deposits()
	v.used = v.used.Add(system.Units) // the room of layer end is kept for it
	v.forced(carry)
	chosen := order(h, v.selectFitting(v.bundles()))
	v.out.Items = slices.Grow(v.out.Items, len(chosen)+1)
	v.out.raws = slices.Grow(v.out.raws, len(chosen)+1)
	v.out.declared = slices.Grow(v.out.declared, len(chosen)+1)
	for _, c := range chosen {
		item := c.item(ItemTx, h.Height)
		item.Relay = c.from.relay
		item.DataPrice, item.InclusionPrice = source.Header.DataPrice, source.Header.InclusionPrice
		v.add(item, c.raw, c.declared)
	}
	v.add(Item{Kind: ItemLayerEnd}, nil, system)
	v.out.Steps = cut(v.out.declared, p)
	return v.out
}

// posted is the length of a block's bundles.
func posted(source *Layer) (n int) {
	for i := range source.Txs {
		if post, ok := source.Txs[i].Payload.(*PostBundle); ok {
			n += len(post.Bundle)
		}
	}
	return n
}

// deriver is one derivation.
type deriver struct {
	header  *Header
	source  *Layer
	params  *Params
	chainID Hash

	used  metering.Units // declared by the items so far
	taken map[Hash]int32 // TxHash of every forced item (-1), and of every candidate: its index
	ids   map[int]Hash   // ids of L1 transactions, as far as they were asked for
	in    inflater
	out   *Derivation
}

// add appends an item and takes its room.
func (v *deriver) add(i Item, raw []byte, d Declared) {
	v.used = v.used.Add(d.Units)
	v.out.Items = append(v.out.Items, i)
	v.out.raws = append(v.out.raws, raw)
	v.out.declared = append(v.out.declared, d)
}

// deposits adds every deposit: L1 has locked the money already, and admits no more of them than
// MaxDepositsPerLayer.
func (v *deriver) deposits() {
	for i := range v.source.Txs {
		if d, ok := v.source.Txs[i].Payload.(*Deposit); ok {
			item := depositItem(v.source.Txs[i].ID(), v.source.Txs[i].From(), d)
			v.add(item, nil, v.params.Declared(&item))
		}
	}
}

// candidate is a transaction that may become an item.
type candidate struct {
	tx       *Tx
	raw      []byte
	hash     Hash // TxHash
	declared Declared
	weight   uint64
	from     *origin // nil of a forced one
}

// origin is the bundle that carries a candidate.
type origin struct {
	relay address.Address
	bid   uint64
	l1    int // index of the L1 transaction
}

// parse decodes a transaction into c.tx, which is zero; only bytes are judged.
func (v *deriver) parse(c *candidate, raw []byte) *RefusedError {
	signed, err := c.tx.parse(raw, v.params)
	if err != nil {
		return err
	}
	id := digest(domainTx, raw[:signed])
	c.raw, c.hash = raw, digest(domainTxHash, id[:], raw[signed:])
	c.declared = v.params.declaredTx(c.tx, len(raw))
	c.weight = v.params.Weight(c.declared)
	return nil
}

// item is what c becomes; a bundle adds to it.
func (c *candidate) item(kind ItemKind, expiry uint64) Item {
	return Item{Kind: kind, Tx: c.tx, Size: uint32(len(c.raw)), Weight: c.weight, Expiry: expiry}
}

// judge checks what a transaction's bytes do not decide, at the given layer.
func (c *candidate) judge(p *Params, chainID Hash, layer uint64) Reason {
	t := c.tx
	switch {
	case t.ChainID != chainID:
		return ReasonWrongChain
	case t.ExpiryLayer < layer:
		return ReasonExpired
	case t.Nonce.Kind == NonceUnordered && t.ExpiryLayer-layer > p.UnorderedWindow:
		return ReasonExpiryWindow
	case !c.declared.Units.Fits(p.MaxTx):
		return ReasonOverLimit
	}
	return ReasonNone
}

// idOf returns the id of an L1 transaction of the source. It is hashed once: a bundle may be large.
func (v *deriver) idOf(l1 int) Hash {
	id, ok := v.ids[l1]
	if !ok {
		id = v.source.Txs[l1].ID()
		v.ids[l1] = id
	}
	return id
}

// drop records why a transaction is left out.
func (v *deriver) drop(c *candidate, l1 Hash, why Reason) {
	v.out.Drops = append(v.out.Drops, Drop{ID: c.hash, TxID: c.tx.ID(), L1Tx: l1, Reason: why})
}

// dropUnread records why something that did not decode is left out. It has no id of its own, so one
// record for each L1 transaction and reason says all: hostile bundles make no more records than
// that.
func (v *deriver) dropUnread(l1 Hash, why Reason, since int) {
	d := Drop{ID: l1, L1Tx: l1, Reason: why}
	for _, old := range v.out.Drops[since:] {
		if old == d {
			return
		}
	}
	v.out.Drops = append(v.out.Drops, d)
}
