package stf

import (
	"fmt"
	"math"

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
