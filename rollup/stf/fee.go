package stf

import (
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// executionDimensions are the dimensions that the fee pool is paid for; data is the relay's.
var executionDimensions = [...]metering.Dimension{
	metering.Compute, metering.Read, metering.Write, metering.Alloc,
}

// executionFits reports whether use stays within what was declared.
func executionFits(used, limit metering.Units) bool {
	for _, d := range executionDimensions {
		if used[d] > limit[d] {
			return false
		}
	}
	return true
}

// checkFee requires that maxFee covers the declared units and that the payer has it.
func (t *txRun) checkFee() rollup.Reason {
	most, ok := t.layer.Params.MaxFeeBound(t.item, t.ctx.Prices)
	if !ok || most > t.tx.MaxFee {
		return rollup.ReasonFeeAboveMax
	}
	payer, _ := t.state.Header(t.payer())
	if t.state.Spendable(&payer) < t.tx.MaxFee {
		return rollup.ReasonCannotPay
	}
	return rollup.ReasonNone
}

// charge takes the price of what was used, and what was stored, out of the fee that is held, and
// returns the rest.
func (t *txRun) charge() {
	used := t.session.Used()
	for _, d := range executionDimensions {
		used[d] = min(used[d], t.tx.MaxUnits[d])
	}
	used[metering.Data] = uint64(t.item.Size)
	// All fit 64 bits, and their sum is at most maxFee: checkFee saw to it for larger units.
	pool, _ := rollup.ExecutionFee(used, t.ctx.Prices)
	relay, _ := rollup.RelayFee(t.item)
	moved := t.state.Ledger()
	fee := pool + relay + moved.Storage
	t.state.BeginTx(nil) // what the transaction could not pay for cannot stop its settlement
	t.creditOrBurn(t.payer(), t.tx.MaxFee-fee)
	t.feePool += pool + moved.Rent
	earned := RelayCredit{To: t.item.Relay, Amount: relay}
	if relay > 0 && !t.acc.earn(earned) {
		t.relays = append(t.relays, earned)
	}
	t.run.used = t.run.used.Add(used)
	t.out.receipt.Units = used
	t.out.receipt.Fee = fee
}
