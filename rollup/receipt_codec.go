package rollup

import (
	"github.com/athenarollup/athena/scale"
)

// ReceiptVersion is the version byte of the only format of receipts.
const ReceiptVersion = 1

// Encode returns the canonical encoding: a leaf of the layer's receipts accumulator.
func (r *Receipt) Encode() []byte {
	var e scale.Encoder
	e.U8(ReceiptVersion)
	e.Raw(r.TxHash[:])
	e.U32(r.ItemIndex)
	e.U8(uint8(r.Outcome))
	e.U8(r.Trap)
	e.U16(uint16(r.Reason))
	encodeUnits(&e, &r.Units)
	e.U64(r.Fee)
	e.Raw(r.Relay[:])
	e.Raw(r.ReturnHash[:])
	e.Raw(r.EventsRoot[:])
	e.Bytes(r.Message)
	return e.B
}

// DecodeReceipt reads a receipt. The result aliases b. The error wraps a *RefusedError.
func DecodeReceipt(b []byte) (*Receipt, error) {
	r := new(Receipt)
	d := scale.NewDecoder(b)
	version(d, ReceiptVersion)
	d.Fill(r.TxHash[:])
	r.ItemIndex = d.U32()
	r.Outcome = Outcome(d.U8())
	if r.Outcome > OutcomeIneffective {
		d.Fail(refusef(ReasonMalformed, "outcome %d", uint8(r.Outcome)))
	}
	r.Trap = d.U8()
	r.Reason = Reason(d.U16())
	decodeUnits(d, &r.Units)
	r.Fee = d.U64()
	d.Fill(r.Relay[:])
	d.Fill(r.ReturnHash[:])
	d.Fill(r.EventsRoot[:])
	r.Message = vector(d, unbounded)
	if err := finish("receipt", d); err != nil {
		return nil, err
	}
	return r, nil
}

// maxTopics is the largest number of topics of an event.
const maxTopics = 4

// Encode returns the canonical encoding: a leaf of Receipt.EventsRoot.
func (v *Event) Encode() []byte {
	var e scale.Encoder
	e.Raw(v.Account[:])
	encodeHashes(&e, v.Topics)
	e.Bytes(v.Data)
	return e.B
}

// DecodeEvent reads an event. The result aliases b. The error wraps a *RefusedError.
func DecodeEvent(b []byte) (*Event, error) {
	v := new(Event)
	d := scale.NewDecoder(b)
	d.Fill(v.Account[:])
	v.Topics = decodeHashes(d, maxTopics)
	v.Data = vector(d, unbounded)
	if err := finish("event", d); err != nil {
		return nil, err
	}
	return v, nil
}

// Encode returns the canonical encoding.
func (x *Drop) Encode() []byte {
	var e scale.Encoder
	e.Raw(x.ID[:])
	e.Raw(x.TxID[:])
	e.Raw(x.L1Tx[:])
	e.U16(uint16(x.Reason))
	return e.B
}

// DecodeDrop reads what Encode wrote. The error wraps a *RefusedError.
func DecodeDrop(b []byte) (*Drop, error) {
	x := new(Drop)
	d := scale.NewDecoder(b)
	d.Fill(x.ID[:])
	d.Fill(x.TxID[:])
	d.Fill(x.L1Tx[:])
	x.Reason = Reason(d.U16())
	if err := finish("drop", d); err != nil {
		return nil, err
	}
	return x, nil
}

// Encode returns the canonical encoding: Vec<accepted u64, L1 transaction 32, transaction Vec<u8>>.
func (c *Carry) Encode() []byte {
	var e scale.Encoder
	e.Len(len(c.Forced))
	for i := range c.Forced {
		f := &c.Forced[i]
		e.U64(f.Accepted)
		e.Raw(f.L1Tx[:])
		e.Bytes(f.Tx)
	}
	return e.B
}

// Root is H("athena/carry" ‖ encoding): what Header.CarryRoot commits to.
func (c *Carry) Root() Hash { return digest(domainCarry, c.Encode()) }

const minForcedBytes = 8 + 32 + 1

// DecodeCarry reads what Encode wrote. The result aliases b. The error wraps a *RefusedError.
func DecodeCarry(b []byte) (*Carry, error) {
	c := new(Carry)
	d := scale.NewDecoder(b)
	if n := count(d, unbounded, minForcedBytes); n > 0 {
		c.Forced = make([]ForcedEntry, n)
	}
	for i := range c.Forced {
		f := &c.Forced[i]
		f.Accepted = d.U64()
		d.Fill(f.L1Tx[:])
		f.Tx = vector(d, unbounded)
	}
	if err := finish("carry", d); err != nil {
		return nil, err
	}
	return c, nil
}
