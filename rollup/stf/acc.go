package stf

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// Acc is the record "acc": what the layer being executed has accumulated so far. Layer begin resets
// it, each step folds its own sums into it once, after its last item, and layer end seals it.
type Acc struct {
	Used        metering.Units // by effective items
	Receipts    rollup.MMR
	Withdrawals rollup.MMR
	FeePool     uint64 // execution fees, credited when a claim of the layer is final
	ItemIndex   uint32 // number of items executed
	Burned      uint64
	// Relays are credited by layer end, so that the steps before it need not show their accounts.
	Relays []RelayCredit
}

// RelayCredit is what transactions earned for a relay.
type RelayCredit struct {
	To     address.Address
	Amount uint64
}

// earn notes a credit: together with what the relay earned before, or as that of the next relay. It
// reports false, without effect, when there is no place, or the sum is above 2^64-1: then the step
// has to credit the account.
func (a *Acc) earn(c RelayCredit) bool {
	for i := range a.Relays {
		if r := &a.Relays[i]; r.To == c.To {
			sum, carry := bits.Add64(r.Amount, c.Amount, 0)
			if carry != 0 {
				return false
			}
			r.Amount = sum
			return true
		}
	}
	if len(a.Relays) >= rollup.MaxRelayCredits {
		return false
	}
	a.Relays = append(a.Relays, c)
	return true
}

// Encode returns the canonical encoding of the record.
func (a *Acc) Encode() []byte {
	var e scale.Encoder
	for _, u := range a.Used {
		e.U64(u)
	}
	e.Bytes(a.Receipts.Encode())
	e.Bytes(a.Withdrawals.Encode())
	e.U64(a.FeePool)
	e.U32(a.ItemIndex)
	e.U64(a.Burned)
	e.Len(len(a.Relays))
	for i := range a.Relays {
		e.Raw(a.Relays[i].To[:])
		e.U64(a.Relays[i].Amount)
	}
	return e.B
}

// maxFrontierBytes is the largest encoding of a frontier: a count and one peak per bit of it.
const maxFrontierBytes = 8 + 4 + 64*32

// DecodeAcc reads what Encode wrote.
func DecodeAcc(b []byte) (*Acc, error) {
	a := new(Acc)
	d := scale.NewDecoder(b)
	for i := range a.Used {
		a.Used[i] = d.U64()
	}
	receipts, withdrawals := d.Bytes(maxFrontierBytes), d.Bytes(maxFrontierBytes)
	a.FeePool = d.U64()
	a.ItemIndex = d.U32()
	a.Burned = d.U64()
	for range d.Len(rollup.MaxRelayCredits) {
		var c RelayCredit
		d.Fill(c.To[:])
		c.Amount = d.U64()
		a.Relays = append(a.Relays, c)
	}
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("acc: %w", err)
	}
	r, err := rollup.DecodeMMR(receipts)
	if err != nil {
		return nil, fmt.Errorf("acc: receipts: %w", err)
	}
	w, err := rollup.DecodeMMR(withdrawals)
	if err != nil {
		return nil, fmt.Errorf("acc: withdrawals: %w", err)
	}
	if n := max(r.Count(), w.Count()); n > math.MaxUint32 {
		return nil, fmt.Errorf("acc: %d leaves", n) // more than a layer has items
	}
	a.Receipts, a.Withdrawals = *r, *w
	return a, nil
}
