package stf

import (
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// The names of the system records, which lie under the zero address (docs/spec/state.md).
const (
	recordAcc       = "acc"       // Acc
	recordPrices    = "prices"    // 5 u64: the prices sealed by the last layer end
	recordRentIndex = "rentIndex" // u64: rent of a byte since genesis
	recordBurned    = "burned"    // u64: money burned in sealed layers
	recordFeesDue   = "feesDue"   // u64: fee pools of sealed layers that nobody earned yet
	recordSeenNext  = "seenNext"  // u64 layer, u32 index: the next seen record to expire

	prefixLayer     = "layer/"     // ‖ height u64 big endian: LayerRecord
	prefixSeen      = "seen/"      // ‖ transaction id: u64 expiry
	prefixSeenQueue = "seenq/"     // ‖ expiry u64: u32 count; ‖ expiry ‖ index u32: transaction id
	prefixUnclaimed = "unclaimed/" // ‖ id: Unclaimed
)

// LayerRecordName returns the name of the sealed record of a layer.
func LayerRecordName(height uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefixLayer), height))
}

// UnclaimedName returns the name of the record that holds a credit which could not be made. The id
// is that of the deposit or of the claim.
func UnclaimedName(id rollup.Hash) string { return prefixUnclaimed + string(id[:]) }

// LayerRecord is the sealed record of a layer. It stays in state for ever, so that any later root
// proves the layer's receipts and withdrawals.
type LayerRecord struct {
	ReceiptsRoot     rollup.Hash
	ReceiptsCount    uint64
	WithdrawalsRoot  rollup.Hash
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

// DecodeLayerRecord reads what Encode wrote.
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
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("layer record: %w", err)
	}
	return r, nil
}

// Unclaimed is money whose credit would overflow the balance of its owner.
type Unclaimed struct {
	To     address.Address
	Amount uint64
}

func (u *Unclaimed) encode() []byte {
	var e scale.Encoder
	e.Raw(u.To[:])
	e.U64(u.Amount)
	return e.B
}

func decodeUnclaimed(b []byte) (*Unclaimed, error) {
	u := new(Unclaimed)
	d := scale.NewDecoder(b)
	d.Fill(u.To[:])
	u.Amount = d.U64()
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("unclaimed: %w", err)
	}
	return u, nil
}

func encodeUnits(u metering.Units) []byte {
	var e scale.Encoder
	for _, v := range u {
		e.U64(v)
	}
	return e.B
}

func decodeUnits(b []byte) (u metering.Units, err error) {
	d := scale.NewDecoder(b)
	for i := range u {
		u[i] = d.U64()
	}
	return u, d.Finish()
}

func encodeU64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func decodeU64(b []byte) (uint64, error) {
	d := scale.NewDecoder(b)
	v := d.U64()
	return v, d.Finish()
}
