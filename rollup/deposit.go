package rollup

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

// Deposit locks Amount on L1 and mints it on Athena. If Payload is not empty it is the payload of a
// call of To, SCALE {selector Option<[u8; 4]>, input Vec<u8>}, that runs after the mint with at most
// MaxUnits, which are prepaid on L1; Payload stands for the data units of it, so that of MaxUnits is
// 0. See docs/spec/bridge.md.
type Deposit struct {
	To       address.Address
	Amount   uint64
	Payload  []byte
	MaxUnits metering.Units
}

// Attach adds a call of a method: SCALE arguments, and what it may use at most.
func (d *Deposit) Attach(method [4]byte, args []byte, units metering.Units) {
	var e scale.Encoder
	e.Bool(true)
	e.Raw(method[:])
	e.Bytes(args)
	d.Payload, d.MaxUnits = e.B, units
	d.MaxUnits[metering.Data] = 0
}

// Kind implements L1Payload.
func (*Deposit) Kind() L1Kind { return L1Deposit }

// DepositItem is a deposit as an item: From is the L1 account that sent it, ID the L1 transaction's
// id.
type DepositItem struct {
	ID       Hash
	From     address.Address
	To       address.Address
	Amount   uint64
	Payload  []byte
	MaxUnits metering.Units
}

// depositItem is what derivation makes of a deposit.
func depositItem(id Hash, from address.Address, d *Deposit) Item {
	return Item{Kind: ItemDeposit, Deposit: DepositItem{
		ID: id, From: from, To: d.To, Amount: d.Amount, Payload: d.Payload, MaxUnits: d.MaxUnits,
	}}
}

// Item is what L1 prices: the deposit with an id that it does not have yet.
func (d *Deposit) Item(from address.Address) Item { return depositItem(Hash{}, from, d) }

func (d *Deposit) encode(e *scale.Encoder) {
	e.Raw(d.To[:])
	e.U64(d.Amount)
	encodeAttached(e, d.Payload, &d.MaxUnits)
}

func (d *Deposit) decode(r *scale.Decoder, p *Params) {
	r.Fill(d.To[:])
	d.Amount = r.U64()
	d.Payload = decodeAttached(r, &d.MaxUnits, p)
}

func (i *DepositItem) encode(e *scale.Encoder) {
	e.Raw(i.ID[:])
	e.Raw(i.From[:])
	e.Raw(i.To[:])
	e.U64(i.Amount)
	encodeAttached(e, i.Payload, &i.MaxUnits)
}

func (i *DepositItem) decode(d *scale.Decoder, p *Params) {
	d.Fill(i.ID[:])
	d.Fill(i.From[:])
	d.Fill(i.To[:])
	i.Amount = d.U64()
	i.Payload = decodeAttached(d, &i.MaxUnits, p)
}

// encodeAttached appends Option {payload Vec<u8>, maxUnits Units}; no payload is none.
func encodeAttached(e *scale.Encoder, payload []byte, units *metering.Units) {
	e.Bool(len(payload) > 0)
	if len(payload) > 0 {
		e.Bytes(payload)
		encodeUnits(e, units)
	}
}

func decodeAttached(d *scale.Decoder, units *metering.Units, p *Params) []byte {
	if !d.Bool() {
		return nil
	}
	payload := vector(d, int(min(p.MaxDepositUnits[metering.Data], unbounded)))
	decodeUnits(d, units)
	if d.Err() == nil && (len(payload) == 0 || units[metering.Data] != 0) {
		d.Fail(refusef(ReasonMalformed, "attached call of %d bytes that declares %d units of data",
			len(payload), units[metering.Data]))
	}
	return payload
}
