package stf

import (
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// The names of the system records, which lie under the zero address (docs/spec/state.md); that of a
// sealed layer is rollup.LayerRecordName. State gives those of the first group short paths.
const (
	recordAcc      = "acc"      // Acc
	recordRates    = "rates"    // rates: what all items of the next layer go by
	recordUsage    = "usage"    // usage: what the window of layers used
	recordSweep    = "sweep"    // 32 bytes: the key that the sweep visited last
	recordBurned   = "burned"   // u64: money burned in sealed layers
	recordFeesDue  = "feesDue"  // u64: fee pools of sealed layers that nobody earned yet
	recordSeenNext = "seenNext" // u64 layer, u32 index: the next seen record to expire

	prefixSeen      = "seen/"      // ‖ transaction id: u64 expiry
	prefixSeenQueue = "seenq/"     // ‖ expiry u64: u32 count; ‖ expiry ‖ index u32: transaction id
	prefixUnclaimed = "unclaimed/" // ‖ id: Unclaimed
)

// UnclaimedName returns the name of the record that holds a credit which could not be made. The id
// is that of the deposit or of the claim.
func UnclaimedName(id rollup.Hash) string { return prefixUnclaimed + string(id[:]) }

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

// rates is the record "rates": what the last layer end sealed for all items of the next layer.
type rates struct {
	prices    metering.Units // of execution
	rentIndex uint64         // rent of 2^20 bytes since genesis
}

func (r *rates) encode() []byte {
	var e scale.Encoder
	for _, v := range r.prices {
		e.U64(v)
	}
	e.U64(r.rentIndex)
	return e.B
}

func decodeRates(b []byte) (r rates, err error) {
	d := scale.NewDecoder(b)
	for i := range r.prices {
		r.prices[i] = d.U64()
	}
	r.rentIndex = d.U64()
	if err := d.Finish(); err != nil {
		return rates{}, fmt.Errorf("rates: %w", err)
	}
	return r, nil
}

func encodeU64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func decodeU64(b []byte) (uint64, error) {
	d := scale.NewDecoder(b)
	v := d.U64()
	return v, d.Finish()
}
