package demo

import (
	"context"
	"fmt"
	"strconv"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
)

// expect adds a check: what is wanted and what is there, both printed.
func (d *demo) expect(name string, want, got any) {
	w, g := fmt.Sprint(want), fmt.Sprint(got)
	d.report.Checks = append(d.report.Checks, Check{Name: name, Want: w, Got: g, OK: w == g})
}

// check compares the end of the story with the books.
func (d *demo) check(ctx context.Context) error {
	d.chapter("Checks")
	for _, part := range []func(context.Context) error{
		d.checkUsers, d.checkTransactions, d.checkRoots, d.checkDispute, d.checkReorg, d.checkBridge,
		d.checkMoney,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	d.report.OK = true
	for _, c := range d.report.Checks {
		d.report.OK = d.report.OK && c.OK
	}
	d.table(d.report.Checks)
	if d.report.OK {
		d.say("\nAll %d checks hold.", len(d.report.Checks))
	} else {
		d.say("\nSOME CHECKS FAILED.")
	}
	return nil
}

func (d *demo) checkUsers(ctx context.Context) error {
	var sum uint64
	for _, u := range d.users {
		a := u.address()
		resp, err := d.net.Client.Executor.Account(ctx, &athenav1.AccountRequest{Address: a[:], Proof: true})
		if err != nil {
			return fmt.Errorf("demo: account of %s: %w", u.name, err)
		}
		tokens, err := d.view(ctx, "balance_of", a[:])
		if err != nil {
			return err
		}
		sum += tokens
		d.expect(u.name+": tokens", u.tokens, tokens)
		d.expect(u.name+": balance, fees paid", u.balance, resp.GetBalance())
		d.expect(u.name+": nonce", u.nonce, resp.GetNonce())
		d.expect(u.name+": account proven against the state root", true, proven(resp))
		d.report.Accounts = append(d.report.Accounts, Account{
			Name: u.name, Address: a, Balance: resp.GetBalance(), Tokens: tokens, Nonce: resp.GetNonce(),
		})
	}
	supply, err := d.view(ctx, "total_supply", nil)
	if err != nil {
		return err
	}
	d.expect("tokens: sum of balances is the supply", supply, sum)
	d.expect("tokens: supply is what was minted", uint64(minted*len(d.users)), supply)
	return nil
}

// proven verifies the proof as a light client would: with nothing but the root.
func proven(resp *athenav1.AccountResponse) bool {
	if len(resp.GetRoot()) != len(statetree.Root{}) || len(resp.GetKey()) != len(statetree.Key{}) {
		return false
	}
	value, ok, err := statetree.VerifyProof(statetree.Root(resp.GetRoot()),
		resp.GetProof().GetTree(), statetree.Key(resp.GetKey()))
	return err == nil && ok && string(value) == string(resp.GetValue())
}

func (d *demo) checkTransactions(ctx context.Context) error {
	executed, events := 0, 0
	for _, s := range d.sent { // sums: any order
		executed += s.count
		if s.layer == d.lieLayer && s.got != nil {
			events += s.got.Events
		}
	}
	d.expect("every transaction executed once", len(d.sent), executed)
	d.expect("one Transfer event for each successful transfer", d.transfers, events)

	over := d.sent[d.overdraft].got
	d.expect("overdraft: outcome", "failed", over.Outcome)
	d.expect("overdraft: fee kept", true, over.Fee > 0)
	d.expect("overdraft: no event left", 0, over.Events)
	d.expect("duplicate: the relay knew it", true, d.known)
	d.expect("duplicate: executed", "once", times(d.sent[d.twice].count))
	forced := d.sent[d.forced].got
	d.expect("forced transaction: outcome", "success", forced.Outcome)
	st, err := d.net.Client.Relay.Status(ctx, &athenav1.StatusRequest{Id: d.twice[:]})
	if err != nil {
		return fmt.Errorf("demo: status: %w", err)
	}
	d.expect("relay: the transfer's stage", athenav1.Stage_STAGE_FINAL, st.GetStage())
	return nil
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

func (d *demo) checkRoots(context.Context) error {
	height, root := d.net.Executors[honest].Head()
	otherHeight, other := d.net.Executors[liar].Head()
	d.expect("both executors are at the same layer", height, otherHeight)
	d.expect("both executors have the same root, the liar too", root, other)
	var atFinal rollup.Hash
	for i := range d.report.Layers {
		if d.report.Layers[i].Height == d.report.Final.Layer {
			atFinal = d.report.Layers[i].Root
		}
	}
	d.expect("the final root is the derived one", atFinal, d.report.Final.Root)
	return nil
}

func (d *demo) checkDispute(ctx context.Context) error {
	d.expect("verdict", rollup.VerdictFraud, d.report.Verdict)
	d.expect("disputed layer", d.lieLayer, d.report.Challenge.Layer)
	bond := d.net.Genesis.Params.ClaimBond
	d.expect("slashed bond", bond, d.report.Slash.Bond)
	d.expect("40 % to the challenger", bond/100*40, d.report.Slash.ToChallenger)
	d.expect("10 % to the block's proposer", bond/100*10, d.report.Slash.ToProposer)
	d.expect("50 % burned", bond/100*50, d.report.Slash.Burned)
	claims, _, err := d.net.Chain.Claims(ctx)
	if err != nil {
		return err
	}
	slashed, lied := 0, 0
	for i := range claims {
		if claims[i].Status == l1.ClaimSlashed {
			slashed++
			if claims[i].ID == d.report.Challenge.ClaimID {
				lied++
			}
		}
	}
	d.expect("claims slashed: the false one and no other", "1 of 1", fmt.Sprintf("%d of %d", lied, slashed))
	return nil
}

// checkMoney compares what exists with what was there at genesis, on both sides.
func (d *demo) checkMoney(ctx context.Context) error {
	var athena uint64
	for _, a := range d.net.Genesis.Allocations {
		athena += a.Amount
	}
	athena += deposited - withdrawn
	for i, e := range d.net.Executors {
		supply, err := e.Supply(ctx)
		if err != nil {
			return err
		}
		d.expect(fmt.Sprintf("money on Athena is conserved (executor %d)", i), athena, supply)
	}
	conserved := "yes"
	if err := d.net.Chain.State().CheckMoney(); err != nil {
		conserved = err.Error()
	}
	d.expect("money on L1 is conserved: balances, bonds, locked, burned", "yes", conserved)
	return nil
}
