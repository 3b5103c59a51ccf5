package rollupbench

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

const partVerdict = "verdict of a step"

// verdicts measures judging steps by their witnesses.
func (r *run) verdicts() error {
	r.Progress("a state of %d accounts", r.Accounts)
	if err := r.world.plant(); err != nil {
		return err
	}
	r.Progress("verdicts")
	c, err := r.world.chain()
	if err != nil {
		return err
	}
	r.world.tree = nil // c has it, and nothing else needs so much memory
	if err := c.run(r.world.spawns(0, 4)...); err != nil {
		return err
	}
	most := c.params.MaxTx
	deploy := wallet.Deploy(fixtures.Token())
	if err := c.run(r.world.tx(0, most, deploy)); err != nil {
		return err
	}
	token, err := createToken(c)
	if err != nil {
		return err
	}
	for _, s := range []struct {
		name  string
		turns int
		txs   []*rollup.Tx
		goals bool
	}{
		{"a transfer", 200, []*rollup.Tx{r.world.transfer(0)}, true},
		{"a token transfer", 200,
			[]*rollup.Tx{tokenTransfer(c, token)}, false},
		{"a deploy of 20 KB", 50,
			[]*rollup.Tx{r.world.tx(0, most, wallet.Deploy(fixtures.Counter()))}, false},
		{"a deploy of 100 KB", 20,
			[]*rollup.Tx{r.world.tx(0, most, wallet.Deploy(dense(9, 100<<10)))}, false},
	} {
		if err := r.verdict(c, s.name, s.turns, s.goals, s.txs); err != nil {
			return err
		}
	}
	if err := r.empty(c); err != nil {
		return err
	}
	return r.worst(c)
}

// verdict measures one step, in which everything must succeed.
func (r *run) verdict(
	c *chain, name string, turns int, goals bool, txs []*rollup.Tx,
) error {
	t, err := r.prove(c, txs...)
	if err != nil {
		return err
	}
	if err := r.time(t, c.engine, turns); err != nil {
		return err
	}
	if err := failed(t.result.Receipts); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var quick, small *Goal
	if goals {
		quick, small = atMost(2), atMost(2_500)
	}
	r.out.add(partVerdict, name+": new programs", millis(t.fresh), "ms", quick)
	r.out.add(partVerdict, name+": known programs", millis(t.known), "ms", nil)
	r.out.add(partVerdict, name+": witness", float64(len(t.witness)), "B", nil)
	rest := len(t.witness) - t.code
	r.out.add(partVerdict, name+": witness without code", float64(rest), "B", small)
	r.out.add(partVerdict, name+": records in the witness", float64(t.records), "B", nil)
	r.out.add(partVerdict, name+": keys and hashes in the witness", float64(rest-t.records), "B", nil)
	return nil
}

// empty measures the witness of a step of one transaction that is refused at once: what any step
// shows of the system's records.
func (r *run) empty(c *chain) error {
	tx := r.world.transfer(0)
	tx.Nonce = rollup.Nonce{Kind: rollup.NonceExact, Value: 1 << 40}
	r.world.wallets[0].Sign(tx)
	t, err := r.prove(c, tx)
	if err != nil {
		return err
	}
	if err := r.time(t, c.engine, 50); err != nil {
		return err
	}
	r.out.add(partVerdict, "a refused nonce: verdict", millis(t.known), "ms", nil)
	r.out.add(partVerdict, "a refused nonce: witness", float64(len(t.witness)), "B", nil)
	return nil
}

// createToken makes a token of wallet 0 that has some of it.
func createToken(c *chain) (address.Address, error) {
	w := c.world
	owner := w.wallets[0].Address()
	template := address.OfTemplate(address.CodeHash(fixtures.Token()))
	var blob, mint scale.Encoder
	blob.Raw(owner[:])
	blob.Raw(address.Zero[:])
	blob.U64(1)
	token := address.OfSpawn(template, blob.B)
	mint.Raw(owner[:])
	mint.U64(1 << 40)
	return token, c.run(
		w.tx(0, c.params.MaxTx, wallet.Proxy(template, "spawn", blob.B, 0)),
		w.tx(0, c.params.MaxTx, wallet.Proxy(token, "mint", mint.B, 0)))
}

func tokenTransfer(c *chain, token address.Address) *rollup.Tx {
	var e scale.Encoder
	to := stranger(7)
	e.Raw(to[:])
	e.U64(1)
	units := metering.Units{0, 2_000_000, 100 << 10, 4 << 10, 4 << 10}
	return c.world.tx(0, units, wallet.Proxy(token, "transfer", e.B, 0))
}
