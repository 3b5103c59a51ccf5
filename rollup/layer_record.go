package rollup

import (
	"encoding/binary"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

const (
	prefixLayer = "layer/" // ‖ height u64 big endian: LayerRecord
)

// LayerRecordName returns the name of the sealed record of a layer.
func LayerRecordName(height uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefixLayer), height))
}

// LayerRecord is the sealed record of a layer. It stays in state for ever, so that any later root
// proves the layer's receipts and withdrawals.
type LayerRecord struct {
	ReceiptsRoot     Hash
	ReceiptsCount    uint64
	WithdrawalsRoot  Hash
	WithdrawalsCount uint64
	FeePool          uint64
	FeeCum           uint64 // sum of all fee pools up to this layer, modulo 2^64
	Used             metering.Units
	Time             uint64
}

// Encode returns the canonical encoding of the record.
func (r *LayerRecord) Encode() []byte {
	var e scale.Encoder
	e.Raw(r.ReceiptsRoot[:])
	e.U64(r.ReceiptsCount)
	e.Raw(r.WithdrawalsRoot[:])
	e.U64(r.WithdrawalsCount)
	e.U64(r.FeePool)
	e.U64(r.FeeCum)
	for _, u := range r.Used {
		e.U64(u)
	}
	e.U64(r.Time)
	return e.B
}

// DecodeLayerRecord reads what Encode wrote. The error wraps a *RefusedError.
func DecodeLayerRecord(b []byte) (*LayerRecord, error) {
	r := new(LayerRecord)
	d := scale.NewDecoder(b)
	d.Fill(r.ReceiptsRoot[:])
	r.ReceiptsCount = d.U64()
	d.Fill(r.WithdrawalsRoot[:])
	r.WithdrawalsCount = d.U64()
	r.FeePool = d.U64()
	r.FeeCum = d.U64()
	for i := range r.Used {
		r.Used[i] = d.U64()
	}
	r.Time = d.U64()
	if err := finish("layer record", d); err != nil {
		return nil, err
	}
	return r, nil
}
