package rollup

import (
	"github.com/athenarollup/athena/scale"
)

// HeaderVersion is the version byte of the only format of headers.
const HeaderVersion = 1

// Encode returns the canonical encoding.
func (h *Header) Encode() []byte {
	var e scale.Encoder
	h.encode(&e)
	return e.B
}

// Hash is the block's hash.
func (h *Header) Hash() Hash { return digest(domainLayer, h.Encode()) }

func (h *Header) encode(e *scale.Encoder) {
	e.U8(HeaderVersion)
	e.U64(h.Height)
	e.Raw(h.ParentHash[:])
	e.U64(h.Time)
	e.Raw(h.Beacon[:])
	e.Raw(h.Proposer[:])
	e.Raw(h.TxsRoot[:])
	e.U64(h.ByteFee)
	e.U64(h.DataPrice)
	e.U64(h.InclusionPrice)
	e.Raw(h.ParamsHash[:])
	e.Len(len(h.Finalized))
	for i := range h.Finalized {
		c := &h.Finalized[i]
		e.Raw(c.ClaimID[:])
		e.Raw(c.Reward[:])
		e.U64(c.FromLayer)
		e.U64(c.ToLayer)
	}
	e.Raw(h.CarryRoot[:])
	e.Raw(h.ItemsRoot[:])
	e.U32(h.ItemCount)
	e.U32(h.StepCount)
}

const finalClaimBytes = 32 + 24 + 8 + 8

// DecodeHeader reads a header. The error wraps a *RefusedError.
func DecodeHeader(b []byte, p *Params) (*Header, error) {
	h := new(Header)
	d := scale.NewDecoder(b)
	h.decode(d, p)
	if err := finish("header", d); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *Header) decode(d *scale.Decoder, p *Params) {
	version(d, HeaderVersion)
	h.Height = d.U64()
	d.Fill(h.ParentHash[:])
	h.Time = d.U64()
	d.Fill(h.Beacon[:])
	d.Fill(h.Proposer[:])
	d.Fill(h.TxsRoot[:])
	h.ByteFee = d.U64()
	h.DataPrice = d.U64()
	h.InclusionPrice = d.U64()
	d.Fill(h.ParamsHash[:])
	if n := count(d, int(p.MaxFinalPerLayer), finalClaimBytes); n > 0 {
		h.Finalized = make([]FinalClaim, n)
	}
	for i := range h.Finalized {
		c := &h.Finalized[i]
		d.Fill(c.ClaimID[:])
		d.Fill(c.Reward[:])
		c.FromLayer = d.U64()
		c.ToLayer = d.U64()
	}
	d.Fill(h.CarryRoot[:])
	d.Fill(h.ItemsRoot[:])
	h.ItemCount = d.U32()
	h.StepCount = d.U32()
}

// Encode returns the canonical encoding: the header, then the transactions as Vec<Vec<u8>>.
func (l *Layer) Encode() []byte {
	var e scale.Encoder
	l.Header.encode(&e)
	e.Len(len(l.Txs))
	for i := range l.Txs {
		e.Bytes(l.Txs[i].Encode())
	}
	return e.B
}

// maxHeaderBytes is more than a header takes beside its final claims.
const maxHeaderBytes = 512

// DecodeLayer reads a block; it checks none of what L1 recomputes. The result aliases b. The error
// wraps a *RefusedError.
func DecodeLayer(b []byte, p *Params) (*Layer, error) {
	limit := saturate32(uint64(p.MaxL1BlockBytes) + maxHeaderBytes +
		finalClaimBytes*uint64(p.MaxFinalPerLayer))
	if err := tooLarge("layer", len(b), limit); err != nil {
		return nil, err
	}
	l := new(Layer)
	d := scale.NewDecoder(b)
	l.Header.decode(d, p)
	if n := count(d, unbounded, 1+minL1TxBytes); n > 0 {
		l.Txs = make([]L1Tx, n)
	}
	for i := range l.Txs {
		raw := d.Bytes(int(p.MaxL1TxBytes))
		if d.Err() != nil {
			break
		}
		t, err := DecodeL1Tx(raw, p)
		if err != nil {
			d.Fail(err)
			break
		}
		l.Txs[i] = *t
	}
	if err := finish("layer", d); err != nil {
		return nil, err
	}
	return l, nil
}

// TxsRoot is what Header.TxsRoot commits to.
func TxsRoot(txs []L1Tx) Hash {
	var m MMR
	for i := range txs {
		m.Append(txs[i].Encode())
	}
	return m.Root()
}

// saturate32 is v, or the largest 32-bit number.
func saturate32(v uint64) uint32 { return uint32(min(v, 1<<32-1)) }
