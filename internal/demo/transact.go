package demo

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// quote sends a transaction whose limits and fee the relay suggests after a dry run.
func (d *demo) quote(
	ctx context.Context, u *user, what string, calls ...rollup.Call,
) (id rollup.Hash, err error) {
	tx, err := d.net.Client.Prepare(ctx, u.w, calls...)
	if err != nil {
		return id, fmt.Errorf("demo: %s: %w", what, err)
	}
	d.say("    %s signs: %s (max fee %d)", u.name, what, tx.MaxFee)
	_, err = d.submit(ctx, u, what, tx)
	return tx.ID(), err
}

// transfer signs a token transfer with the limits of an earlier dry run, as a busy wallet would.
func (d *demo) transfer(u *user, to address.Address, amount uint64) *rollup.Tx {
	tx := &rollup.Tx{
		ChainID: d.report.ChainID, Relay: d.relayAt,
		Nonce:  rollup.Nonce{Kind: rollup.NonceExact, Value: u.nonce},
		Calls:  []rollup.Call{wallet.Proxy(d.token, "transfer", transferArgs(to, amount), 0)},
		MaxFee: d.maxFee, MaxUnits: d.limits, ExpiryLayer: d.expiry,
	}
	u.w.Sign(tx)
	return tx
}

// submit hands a signed transaction to the relay and enters it in the books.
func (d *demo) submit(ctx context.Context, u *user, what string, tx *rollup.Tx) (known bool, err error) {
	resp, err := d.net.Client.Relay.Submit(ctx, &athenav1.SubmitRequest{Tx: tx.Encode()})
	if err != nil {
		return false, fmt.Errorf("demo: %s: %w", what, err)
	}
	if !resp.GetKnown() {
		d.enter(u, what, tx)
	}
	return resp.GetKnown(), nil
}

func (d *demo) enter(u *user, what string, tx *rollup.Tx) {
	d.sent[tx.ID()] = &sent{what: u.name + " " + what, payer: u}
	u.nonce++
}

// force posts a transaction to L1 as its user, without any relay.
func (d *demo) force(ctx context.Context, u *user, what string, tx *rollup.Tx) error {
	if err := d.postL1(ctx, u, &rollup.ForcedTx{Tx: tx.Encode()}); err != nil {
		return fmt.Errorf("demo: %s: %w", what, err)
	}
	d.enter(u, what, tx)
	d.forced = tx.ID()
	return nil
}

// executed reads what a layer did from the honest executor and settles the books.
func (d *demo) executed(ctx context.Context, block *rollup.Layer) (*Layer, error) {
	h := block.Header.Height
	resp, err := d.net.Client.Executor.Layer(ctx, &athenav1.LayerRequest{Height: h})
	if err != nil {
		return nil, fmt.Errorf("demo: ask the executor for layer %d: %w", h, err)
	}
	out := &Layer{Height: h, L1Hash: block.Header.Hash(), Items: resp.GetItems(), Steps: resp.GetSteps()}
	if roots := resp.GetStepRoots(); len(roots) > 0 {
		copy(out.Root[:], roots[len(roots)-1])
	}
	for _, r := range resp.GetReceipts() {
		if len(r.GetTxId()) != len(rollup.Hash{}) {
			continue // layer begin, layer end
		}
		if d.sent[rollup.Hash(r.GetTxId())] == nil {
			continue // a system item
		}
		// The layer lists receipts without their events: ask for the whole one.
		whole, err := d.net.Client.Executor.Receipt(ctx, &athenav1.ReceiptRequest{Id: r.GetTxId()})
		if err != nil {
			return nil, fmt.Errorf("demo: ask the executor for a receipt: %w", err)
		}
		out.Txs = append(out.Txs, *d.settleReceipt(h, whole.GetReceipt()))
	}
	return out, nil
}

// settleReceipt enters an executed transaction in the books of who paid for it.
func (d *demo) settleReceipt(layer uint64, r *athenav1.Receipt) *Tx {
	id := rollup.Hash(r.GetTxId())
	s := d.sent[id]
	why := r.GetTrap()
	for _, more := range []string{r.GetReason(), r.GetMessage()} {
		if more != "" && why != "" {
			why += ": "
		}
		why += more
	}
	s.got = &Tx{
		ID: id, What: s.what, Outcome: r.GetOutcome(), Why: why,
		Gas: r.GetUnits().GetCompute(), Fee: r.GetFee(), Events: len(r.GetEvents()),
	}
	s.count++
	s.layer = layer
	s.payer.balance -= r.GetFee()
	return s.got
}

func transferArgs(to address.Address, amount uint64) []byte {
	var e scale.Encoder
	e.Raw(to[:])
	e.U64(amount)
	return e.B
}

// view calls a method of the token that returns a u64, on the newest state.
func (d *demo) view(ctx context.Context, method string, args []byte) (uint64, error) {
	resp, err := d.net.Client.Executor.Call(ctx, &athenav1.CallRequest{
		Address: d.token[:], Method: method, Args: args,
	})
	if err != nil {
		return 0, fmt.Errorf("demo: call %s: %w", method, err)
	}
	dec := scale.NewDecoder(resp.GetReturnData())
	v := dec.U64()
	if err := dec.Finish(); err != nil || resp.GetTrap() != "" {
		return 0, fmt.Errorf("demo: call %s: trap %q, return %x: %w", method, resp.GetTrap(),
			resp.GetReturnData(), err)
	}
	return v, nil
}
