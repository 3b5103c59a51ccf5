package stf

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// run is one step in execution. What items earn for others is collected here and folded into the
// state once, after the last item, so that no item sees it (docs/spec/derive.md, steps).
type run struct {
	layer *Layer
	state *state.State
	exec  *host.Executor
	first uint32
	watch func(item uint32) host.Tracer // nil: nobody watches

	ctx     host.Context
	acc     *Acc
	rates   rates
	burned  uint64
	feePool uint64
	used    metering.Units
	relays  []RelayCredit // for which the accumulator has no place

	withdrawals [][]host.Withdrawal // of each item

	sealed bool // the step is layer end

	result StepResult
	err    error // the first damaged record met
}

// step executes the items and folds their sums.
func (r *run) step(items []rollup.Item) error {
	r.begin()
	for i := range items {
		if err := r.failed(); err != nil {
			return fmt.Errorf("item %d: %w", r.first+uint32(i), err)
		}
		r.item(&items[i], r.first+uint32(i))
	}
	r.fold()
	return r.failed()
}

// begin reads what every step starts from.
func (r *run) begin() {
	h := r.layer.Header
	acc, err := DecodeAcc(r.record(recordAcc))
	if err != nil {
		r.damaged(err)
		acc = new(Acc)
	}
	if r.rates, err = decodeRates(r.record(recordRates)); err != nil {
		r.damaged(err)
	}
	r.acc = acc
	r.state.SetRentIndex(r.rates.rentIndex)
	r.ctx = host.Context{
		Height:     h.Height,
		Time:       h.Time,
		Beacon:     h.Beacon,
		ParentHash: h.ParentHash,
		ChainID:    r.layer.ChainID,
		Prices:     r.rates.prices,

		DepositPrice: r.layer.Params.DepositPrice,
		PrepaidRent:  r.layer.Params.PrepaidRent(),
	}
}

// item executes one item and notes its receipt.
func (r *run) item(it *rollup.Item, index uint32) {
	out := outcome{receipt: rollup.Receipt{ItemIndex: index}}
	switch it.Kind {
	case rollup.ItemForced, rollup.ItemTx:
		r.tx(it, &out)
	default:
		r.state.BeginTx(nil)
		switch it.Kind {
		case rollup.ItemLayerBegin:
			r.layerBegin()
		case rollup.ItemDeposit:
			r.deposit(&it.Deposit, &out)
		case rollup.ItemLayerEnd:
			r.layerEnd(&out)
		default:
			r.damaged(fmt.Errorf("item of kind %d", it.Kind))
		}
	}
	out.receipt.EventsRoot = eventsRoot(out.events)
	out.receipt.ReturnHash = returnHash(out.returned)
	r.result.Receipts = append(r.result.Receipts, out.receipt)
	r.result.Events = append(r.result.Events, out.events)
	r.result.Returns = append(r.result.Returns, out.returned)
	r.result.Logs = append(r.result.Logs, out.logs)
	r.result.GasUsed += out.gas
	r.withdrawals = append(r.withdrawals, out.withdrawals)
}

// fold adds what the items of the step accumulated to the state.
func (r *run) fold() {
	r.state.BeginTx(nil)
	for _, c := range r.relays {
		r.creditOrBurn(c.To, c.Amount)
	}
	for i := range r.result.Receipts {
		r.acc.Receipts.Append(r.result.Receipts[i].Encode())
	}
	r.withdraw()
	r.acc.Used = r.acc.Used.Add(r.used)
	r.acc.FeePool += r.feePool
	r.acc.Burned += r.burned
	r.acc.ItemIndex += uint32(len(r.result.Receipts))
	if r.sealed {
		r.seal()
	}
	r.setRecord(recordAcc, r.acc.Encode())
}

// creditOrBurn credits an account; what it cannot hold is burned.
func (r *run) creditOrBurn(to address.Address, amount uint64) {
	if !r.state.Credit(to, amount) {
		r.state.TakeFault()
		r.burned += amount
	}
}

// setRecord writes a system record.
func (r *run) setRecord(name string, payload []byte) {
	r.state.SetSystem(name, payload)
	if f := r.state.TakeFault(); f != trap.None {
		r.damaged(fmt.Errorf("record %q: %v", name, f))
	}
}

// record returns a system record that must exist.
func (r *run) record(name string) []byte {
	b, ok := r.state.System(name)
	if !ok {
		r.damaged(fmt.Errorf("no record %q", name))
	}
	return b
}

// u64 returns a system record that holds one number.
func (r *run) u64(name string) uint64 {
	v, err := decodeU64(r.record(name))
	if err != nil {
		r.damaged(fmt.Errorf("record %q: %w", name, err))
	}
	return v
}

// damaged notes that the state contradicts itself. The step goes on to its next check of failed,
// with zeroes in place of what could not be read.
func (r *run) damaged(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
}

// failed returns the first operational error, or that the state is damaged.
func (r *run) failed() error {
	if err := r.state.Err(); err != nil {
		return err
	}
	return r.err
}
