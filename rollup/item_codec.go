package rollup

import (
	"github.com/athenarollup/athena/scale"
)

// ItemVersion is the version byte of the only format of items.
const ItemVersion = 1

// Encode returns the canonical encoding: version u8 ‖ kind u8 ‖ the fields of that kind. Size is
// not in it, being the length of the transaction.
func (i *Item) Encode() []byte {
	var e scale.Encoder
	var raw []byte
	if i.Tx != nil {
		raw = i.Tx.Encode()
	}
	i.encode(&e, raw)
	return e.B
}

// encode appends the item; raw is the encoding of Tx.
func (i *Item) encode(e *scale.Encoder, raw []byte) {
	e.U8(ItemVersion)
	e.U8(uint8(i.Kind))
	switch i.Kind {
	case ItemDeposit:
		i.Deposit.encode(e)
	case ItemForced, ItemTx:
		e.Bytes(raw)
		e.U64(i.Weight)
		e.U64(i.Expiry)
	}
	if i.Kind == ItemTx {
		e.Raw(i.Relay[:])
		e.U64(i.DataPrice)
		e.U64(i.InclusionPrice)
	}
}

// DecodeItem reads an item; its transaction must decode, and nothing else of it is judged. The
// result aliases b. The error wraps a *RefusedError.
func DecodeItem(b []byte, p *Params) (*Item, error) {
	i := new(Item)
	d := scale.NewDecoder(b)
	version(d, ItemVersion)
	i.Kind = ItemKind(d.U8())
	switch i.Kind {
	case ItemLayerBegin, ItemLayerEnd:
	case ItemDeposit:
		i.Deposit.decode(d, p)
	case ItemForced, ItemTx:
		i.decodeTx(d, p)
	default:
		d.Fail(refusef(ReasonMalformed, "item of kind %d", uint8(i.Kind)))
	}
	if err := finish("item", d); err != nil {
		return nil, err
	}
	return i, nil
}

func (i *Item) decodeTx(d *scale.Decoder, p *Params) {
	raw := d.Bytes(int(p.MaxTxBytes))
	i.Weight = d.U64()
	i.Expiry = d.U64()
	if i.Kind == ItemTx {
		d.Fill(i.Relay[:])
		i.DataPrice = d.U64()
		i.InclusionPrice = d.U64()
	}
	if d.Err() != nil {
		return
	}
	t, err := parseTx(raw, p)
	if err != nil {
		d.Fail(err)
		return
	}
	i.Tx, i.Size = t, uint32(len(raw))
}
