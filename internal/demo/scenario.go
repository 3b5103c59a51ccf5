package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/internal/devnet"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

const (
	minted       = 1_000_000 // tokens for each user
	relayed      = 36        // transfers through the relay that succeed
	largest      = 2_000     // of one transfer
	blocksAtMost = 60        // until the disputed layer must be final
)

func (d *demo) introduce(ctx context.Context) error {
	d.report.ChainID = d.net.Genesis.ChainID()
	d.report.Genesis = d.net.Genesis.StateRoot
	d.relayAt = d.net.RelayAccount()
	d.chapter("A network: L1, one relay, two executors")
	d.say("seed %d, chain %s, state root at genesis %s",
		d.report.Seed, d.report.ChainID.Short(), d.report.Genesis.Short())
	d.say("L1 orders and holds no Athena state; the relay (gRPC on %s) takes transactions and pays L1;",
		d.net.Relay.Addr())
	d.say("executor 0 (%s) claims the truth and challenges lies; executor 1 (%s) will lie once.",
		d.net.Executors[honest].Addr(), d.net.Executors[liar].Addr())
	for i, name := range []string{"alice", "bob", "carol"} {
		u := &user{name: name, w: devnet.Account(d.report.Seed, i), balance: devnet.AccountBalance}
		d.users = append(d.users, u)
		d.say("%-5s has %d units at %s, an account without code yet", name, u.balance, u.address())
	}
	d.names = d.nameL1()
	return d.mine(ctx)
}

// nameL1 replaces the short forms of L1 accounts by the names of their owners.
func (d *demo) nameL1() *strings.Replacer {
	pairs := []string{d.net.RelayL1().Short(), "the relay"}
	for _, u := range d.users {
		pairs = append(pairs, u.w.L1Address().Short(), u.name)
	}
	for i := range d.net.Executors {
		name := fmt.Sprintf("executor %d", i)
		pairs = append(pairs, d.net.ExecutorL1(i).Short(), name, d.net.Reward(i).Short(), name)
	}
	return strings.NewReplacer(pairs...)
}

// deploy stores the token's program and spawns the three wallets.
func (d *demo) deploy(ctx context.Context) error {
	d.chapter("Wallets and a contract")
	elf := fixtures.Token()
	d.template = address.OfTemplate(address.CodeHash(elf))
	d.say("The first transaction of each user spawns the user's wallet from the wallet template; alice's")
	d.say("also deploys the token, a RISC-V program of %d bytes compiled from Rust.", len(elf))
	if _, err := d.quote(ctx, d.users[0], "deploys the token template", wallet.Deploy(elf)); err != nil {
		return err
	}
	for _, u := range d.users[1:] {
		if _, err := d.quote(ctx, u, "spawns a wallet"); err != nil {
			return err
		}
	}
	return d.mineUntilExecuted(ctx)
}

// create makes a token from the template and mints.
func (d *demo) create(ctx context.Context) error {
	d.chapter("A token")
	alice := d.users[0]
	owner := alice.address()
	var e scale.Encoder
	e.Raw(owner[:])
	wallets := devnet.WalletTemplate()
	e.Raw(wallets[:])
	e.U64(d.report.Seed)
	d.token = address.OfSpawn(d.template, e.B)
	d.say("alice's wallet calls the template, which spawns the token %s:", d.token)
	d.say("alice may mint, and only accounts of the wallet template may move it.")
	_, err := d.quote(ctx, alice, "spawns the token", wallet.Proxy(d.template, "spawn", e.B, 0))
	if err != nil {
		return err
	}
	if err := d.mineUntilExecuted(ctx); err != nil {
		return err
	}
	var mints []rollup.Call
	for _, u := range d.users {
		mints = append(mints, wallet.Proxy(d.token, "mint", transferArgs(u.address(), minted), 0))
		u.tokens = minted
	}
	_, err = d.quote(ctx, alice, "mints for all three, three calls in one transaction", mints...)
	if err != nil {
		return err
	}
	return d.mineUntilExecuted(ctx)
}

// trade sends the transfers of one busy layer: good ones, one above the balance, one twice, one by L1.
func (d *demo) trade(ctx context.Context) error {
	tip, err := d.net.Chain.Tip(ctx)
	if err != nil {
		return err
	}
	layer := tip.Height + 2 // posted in the next block, executed in the one after
	d.lieLayer = layer
	d.lying.Store(layer)
	d.chapter("A busy layer: %d", layer)
	if err := d.learnLimits(ctx); err != nil {
		return err
	}
	if err := d.bypass(ctx); err != nil {
		return err
	}
	for range relayed {
		if err := d.randomTransfer(ctx); err != nil {
			return err
		}
	}
	d.say("%d transfers through the relay, with limits %v and max fee %d", relayed, d.limits, d.maxFee)
	if err := d.special(ctx); err != nil {
		return err
	}
	if err := d.mine(ctx); err != nil {
		return err
	}
	return d.mine(ctx)
}

// learnLimits asks the relay once what a transfer needs.
func (d *demo) learnLimits(ctx context.Context) error {
	u := d.users[0]
	probe := wallet.Proxy(d.token, "transfer", transferArgs(d.users[1].address(), 1), 0)
	tx, err := d.net.Client.Prepare(ctx, u.w, probe)
	if err != nil {
		return fmt.Errorf("demo: dry run of a transfer: %w", err)
	}
	d.limits, d.maxFee, d.expiry = tx.MaxUnits, tx.MaxFee, tx.ExpiryLayer
	d.limits[metering.Data] = 0
	return nil
}

// bypass posts a transaction to L1 directly. Forced transactions run before the bundles of their layer,
// so hers has the first of carol's nonces in it.
func (d *demo) bypass(ctx context.Context) error {
	carol, alice := d.users[2], d.users[0]
	direct := d.transfer(carol, alice.address(), 500)
	if err := d.force(ctx, carol, "sends 500 to alice by L1", direct); err != nil {
		return err
	}
	carol.tokens, alice.tokens, d.transfers = carol.tokens-500, alice.tokens+500, d.transfers+1
	d.say("carol posts hers to L1 herself: no relay can keep it out")
	return nil
}

func (d *demo) randomTransfer(ctx context.Context) error {
	from := d.users[d.rng.IntN(len(d.users))]
	to := d.users[d.rng.IntN(len(d.users))]
	amount := 1 + d.rng.Uint64N(largest)
	what := fmt.Sprintf("sends %d to %s", amount, to.name)
	if _, err := d.submit(ctx, from, what, d.transfer(from, to.address(), amount)); err != nil {
		return err
	}
	from.tokens -= amount
	to.tokens += amount
	d.transfers++
	return nil
}

// special sends the two transactions that a check looks at by itself.
func (d *demo) special(ctx context.Context) error {
	alice, bob := d.users[0], d.users[1]
	over := d.transfer(bob, alice.address(), 10*minted)
	d.overdraft = over.ID()
	if _, err := d.submit(ctx, bob, "sends more than bob has", over); err != nil {
		return err
	}
	d.say("bob sends %d, more than he has: it will fail, and its fee is kept", 10*minted)

	twice := d.transfer(alice, bob.address(), 100)
	d.twice = twice.ID()
	if _, err := d.submit(ctx, alice, "sends 100 to bob", twice); err != nil {
		return err
	}
	known, err := d.submit(ctx, alice, "sends the same transaction again", twice)
	if err != nil {
		return err
	}
	d.known = known
	alice.tokens, bob.tokens, d.transfers = alice.tokens-100, bob.tokens+100, d.transfers+1
	d.say("alice sends one transaction twice; the relay knows it (%t): it will be executed once", known)

	return nil
}

// dispute mines until L1 has ruled about the false claim.
func (d *demo) dispute(ctx context.Context) error {
	d.chapter("A lie")
	d.say("executor 1 claims layer %d with one wrong root in the middle; the last root is right.", d.lieLayer)
	for range blocksAtMost {
		if err := d.mine(ctx); err != nil {
			return err
		}
		if d.report.Verdict != "" {
			c := &d.report.Challenge
			d.say("Executor 0 found step %d of the claim wrong and proved it with a witness of %d bytes.",
				c.Step, c.WitnessBytes)
			d.say("L1 re-executed that one step from the witness, %d gas: computed %s, claimed %s: %s.",
				c.GasUsed, c.ComputedRoot.Short(), c.ClaimedRoot.Short(), d.report.Verdict)
			return nil
		}
	}
	return fmt.Errorf("demo: no verdict within %d blocks", blocksAtMost)
}

// settle mines until the disputed layer is final.
func (d *demo) settle(ctx context.Context) error {
	d.chapter("Finality")
	d.say("Honest claims become final %d blocks after they were posted.", d.net.Genesis.Params.ChallengeWindow)
	for range blocksAtMost {
		claims, final, err := d.net.Chain.Claims(ctx)
		if err != nil {
			return err
		}
		if final.Layer >= d.lieLayer {
			d.report.Final = Final{Layer: final.Layer, Root: final.Root}
			d.say("layer %d is final with root %s; %d claims are kept, %d of them final.",
				final.Layer, final.Root.Short(), len(claims), countFinal(claims))
			return nil
		}
		if err := d.mine(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("demo: layer %d is not final after %d blocks", d.lieLayer, blocksAtMost)
}

func countFinal(claims []l1.ClaimInfo) (n int) {
	for i := range claims {
		if claims[i].Status == l1.ClaimFinal {
			n++
		}
	}
	return n
}

// mineUntilExecuted mines the block that carries what was sent and the one that executes it, and fails
// when something did not succeed.
func (d *demo) mineUntilExecuted(ctx context.Context) error {
	for range 2 {
		if err := d.mine(ctx); err != nil {
			return err
		}
	}
	for id, s := range d.sent { // any order: the first failure ends the demonstration
		if s.got == nil || s.got.Outcome != "success" {
			st, err := d.net.Client.Relay.Status(ctx, &athenav1.StatusRequest{Id: id[:]})
			return fmt.Errorf("demo: %s did not succeed: %+v: the relay says %s, %w", s.what, s.got, st.GetStage(), err)
		}
	}
	return nil
}
