package demo

import (
	"context"
	"fmt"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

const (
	deposited = 5_000_000 // by carol, from her L1 account to her wallet
	withdrawn = 3_000_000 // by bob, from his wallet to his L1 account
)

// bridge moves money both ways: the deposit is on Athena with the next layer, the withdrawal is gone
// from Athena with it and waits for a final root.
func (d *demo) bridge(ctx context.Context) error {
	d.chapter("The bridge")
	bob, carol := d.users[1], d.users[2]
	d.say("carol locks %d on L1 for her wallet; bob's wallet withdraws %d to his L1 account.",
		deposited, withdrawn)
	err := d.postL1(ctx, carol, &rollup.Deposit{To: carol.address(), Amount: deposited})
	if err != nil {
		return fmt.Errorf("demo: deposit: %w", err)
	}
	out := wallet.Withdraw(bob.w.L1Address(), withdrawn)
	if d.withdrawal, err = d.quote(ctx, bob, "withdraws to L1", out); err != nil {
		return err
	}
	carol.balance += deposited
	bob.balance -= withdrawn
	return d.mineUntilExecuted(ctx)
}

// unlock shows L1 the withdrawal under a final root, twice: L1 pays once.
func (d *demo) unlock(ctx context.Context) error {
	d.chapter("The way out")
	bob, alice := d.users[1], d.users[0]
	r, err := d.net.Client.Executor.Withdrawals(ctx,
		&athenav1.WithdrawalsRequest{Id: d.withdrawal[:], Proof: true})
	if err != nil {
		return fmt.Errorf("demo: ask the executor for the withdrawal: %w", err)
	}
	if len(r.GetWithdrawals()) != 1 || len(r.GetWithdrawals()[0].GetPayload()) == 0 {
		return fmt.Errorf("demo: the executor has no payload for the withdrawal %s", d.withdrawal)
	}
	w := r.GetWithdrawals()[0]
	payload, err := rollup.DecodeWithdrawProve(w.GetPayload())
	if err != nil {
		return fmt.Errorf("demo: withdrawal: %w", err)
	}
	d.say("bob's withdrawal of layer %d is covered by final layer %d: a proof of %d bytes unlocks it.",
		w.GetLayer(), payload.FinalLayer, len(w.GetPayload()))
	d.say("alice posts the proof, since anybody may; then she posts it once more.")
	before, err := d.net.Chain.Account(ctx, bob.w.L1Address())
	if err != nil {
		return err
	}
	for range 2 {
		if err := d.postL1(ctx, alice, payload); err != nil {
			return fmt.Errorf("demo: unlock: %w", err)
		}
	}
	if err := d.mine(ctx); err != nil {
		return err
	}
	after, err := d.net.Chain.Account(ctx, bob.w.L1Address())
	if err != nil {
		return err
	}
	d.paidOut = after.Balance - before.Balance
	return nil
}

// postL1 signs and submits an L1 transaction of a user.
func (d *demo) postL1(ctx context.Context, u *user, p rollup.L1Payload) error {
	account, err := d.net.Chain.Account(ctx, u.w.L1Address())
	if err != nil {
		return err
	}
	tx := &rollup.L1Tx{ChainID: d.report.ChainID, Nonce: account.Nonce, Payload: p}
	tx.Sign(u.w.Key)
	_, err = d.net.Chain.Submit(ctx, tx)
	return err
}

// checkBridge compares the bridge with what was moved.
func (d *demo) checkBridge(context.Context) error {
	d.expect("withdrawal: L1 paid bob", uint64(withdrawn), d.paidOut)
	d.expect("withdrawal: the second proof was refused", rollup.ReasonSpent, d.refused)
	state := d.net.Chain.State()
	locked := uint64(0)
	for _, a := range d.net.Genesis.Allocations {
		locked += a.Amount
	}
	d.expect("L1 has locked what is on Athena", locked+deposited-withdrawn, state.Locked())
	return nil
}

// noteBridge keeps why L1 refused the second proof.
func (d *demo) noteBridge(e l1.Refused) {
	if e.Kind == rollup.L1WithdrawProve {
		d.refused = e.Reason
	}
}
