package stf

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// layerBegin opens the accumulator of the layer and pays the fee pools of claims that became final.
func (r *run) layerBegin() {
	r.acc = new(Acc)
	final := r.layer.Header.Finalized
	if limit := uint64(r.layer.Params.MaxFinalPerLayer); uint64(len(final)) > limit {
		final = final[:limit]
	}
	if len(final) == 0 {
		return
	}
	due := r.u64(recordFeesDue)
	for i := range final {
		due -= r.payClaim(&final[i])
	}
	r.setRecord(recordFeesDue, encodeU64(due))
}

// payClaim credits the fee pools of a stretch of layers, in a time that does not depend on their
// number, and returns the amount. The sums are modulo 2^64; their difference is exact, since the
// pools of the stretch are money that exists at once.
func (r *run) payClaim(c *rollup.FinalClaim) uint64 {
	if c.FromLayer == 0 || c.ToLayer < c.FromLayer || c.ToLayer >= r.layer.Header.Height {
		return 0 // no such stretch: L1 never says so
	}
	amount := r.sealedLayer(c.ToLayer).FeeCum - r.sealedLayer(c.FromLayer-1).FeeCum
	r.creditOrKeep(c.Reward, amount, c.ClaimID)
	return amount
}

// creditOrKeep credits an account, or keeps the amount in the unclaimed record of an id and returns
// false.
func (r *run) creditOrKeep(to address.Address, amount uint64, id rollup.Hash) bool {
	if r.state.Credit(to, amount) {
		return true
	}
	r.state.TakeFault()
	u := &Unclaimed{To: to, Amount: amount}
	name := UnclaimedName(id)
	if b, ok := r.state.System(name); ok {
		old, err := decodeUnclaimed(b)
		if err != nil {
			r.damaged(err)
			return false
		}
		if u.Amount += old.Amount; u.Amount < amount {
			r.burned += amount // two credits of one id beyond 2^64-1: no history leads here
			return false
		}
	}
	r.state.SetSystem(name, u.encode())
	if r.state.TakeFault() != trap.None {
		r.burned += amount // the record has no place in the tree either
	}
	return false
}

// layerEnd credits the relays, sweeps, and purges expired seen records. The layer is sealed when the step
// is folded, so that the record covers the receipt of layer end itself.
func (r *run) layerEnd(out *outcome) {
	for _, c := range r.acc.Relays {
		r.creditOrBurn(c.To, c.Amount)
	}
	r.acc.Relays = nil
	r.sweep(out)
	r.purgeSeen()
	r.sealed = true
}

// seal writes the record of the layer, and the prices of the next one.
func (r *run) seal() {
	h := r.layer.Header
	var cum uint64
	if h.Height > 0 {
		cum = r.sealedLayer(h.Height - 1).FeeCum
	}
	rec := rollup.LayerRecord{
		ReceiptsRoot:     r.acc.Receipts.Root(),
		ReceiptsCount:    r.acc.Receipts.Count(),
		WithdrawalsRoot:  r.acc.Withdrawals.Root(),
		WithdrawalsCount: r.acc.Withdrawals.Count(),
		FeePool:          r.acc.FeePool,
		FeeCum:           cum + r.acc.FeePool,
		Used:             r.acc.Used,
		Time:             h.Time,
	}
	r.setRecord(rollup.LayerRecordName(h.Height), rec.Encode())
	r.setRecord(recordFeesDue, encodeU64(r.u64(recordFeesDue)+r.acc.FeePool))
	if r.acc.Burned > 0 {
		r.setRecord(recordBurned, encodeU64(r.u64(recordBurned)+r.acc.Burned))
	}
	r.acc.FeePool, r.acc.Burned = 0, 0
	r.moveRates()
}
