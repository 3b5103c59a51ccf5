// Package stftest runs whole layers of real transactions for tests: wallets with Ed25519 keys, the
// programs of package fixtures, and a line language in which a test reads like a story.
//
// It is not a node: it makes the items of a layer itself, without an L1 and without derivation.
package stftest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/scale"
)

// Chain is a state and the layers that made it.
type Chain struct {
	Params  rollup.Params
	ChainID rollup.Hash
	Engine  *stf.Engine
	Tree    *statetree.Tree
	Height  uint64
	Minted  *big.Int // genesis allocations and deposits, less the withdrawals: the supply there must be

	Evictions map[address.Address][]Eviction // what sweeps took, in order

	names map[string]address.Address
	fees  map[address.Address]uint64 // paid so far, by payer
	last  rollup.Item
}

// New returns a chain whose genesis has the wallet template and the given balances of wallets.
func New(p rollup.Params, balances map[string]uint64) (*Chain, error) {
	c := &Chain{
		Params: p,
		Engine: stf.New(),
		Minted: new(big.Int),
		names:  make(map[string]address.Address),
		fees:   make(map[address.Address]uint64),

		Evictions: make(map[address.Address][]Eviction),
	}
	g := &rollup.Genesis{Name: "stftest", Time: 1, Params: p, Templates: [][]byte{fixtures.Wallet()}}
	//lint:unordered each allocation is of its own account
	for name, amount := range balances {
		g.Allocations = append(g.Allocations, rollup.Allocation{Address: Wallet(name), Amount: amount})
		c.Minted.Add(c.Minted, new(big.Int).SetUint64(amount))
	}
	c.ChainID = sha256.Sum256([]byte("stftest"))
	c.names["any"] = address.Zero
	for _, template := range []string{"wallet", "token", "counter", "hostile", "keeper"} {
		c.names["template:"+template] = address.OfTemplate(address.CodeHash(program(template)))
	}
	var err error
	c.Tree, err = stf.GenesisTree(g)
	return c, err
}

// Clone returns a second chain at the same state, which goes its own way.
func (c *Chain) Clone() *Chain {
	d := *c
	d.Tree = c.Tree.Fork()
	d.Minted = new(big.Int).Set(c.Minted)
	d.names, d.fees, d.Evictions = maps.Clone(c.names), maps.Clone(c.fees), maps.Clone(c.Evictions)
	return &d
}

// program returns the ELF of a fixture.
func program(name string) []byte {
	switch name {
	case "wallet":
		return fixtures.Wallet()
	case "token":
		return fixtures.Token()
	case "counter":
		return fixtures.Counter()
	case "hostile":
		return fixtures.Hostile()
	case "keeper":
		elf, _ := keeper()
		return elf
	default:
		panic("BUG: stftest: no program " + name)
	}
}

// Key returns the private key of a wallet, by its name.
func Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("stftest/" + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// WalletTemplate is the address of the wallet program.
func WalletTemplate() address.Address {
	return address.OfTemplate(address.CodeHash(fixtures.Wallet()))
}

// Wallet returns the address of a wallet, by its name. Its blob is the public key.
func Wallet(name string) address.Address {
	return address.OfSpawn(WalletTemplate(), Key(name).Public().(ed25519.PublicKey))
}

// Address returns the account or template with a name; an unknown name is a wallet.
func (c *Chain) Address(name string) address.Address {
	if a, ok := c.names[name]; ok {
		return a
	}
	c.names[name] = Wallet(name)
	return c.names[name]
}

// Names returns a text with the addresses of known accounts, in bech32 or hexadecimal, replaced by
// their names.
func (c *Chain) Names(text string) string {
	//lint:unordered no address is part of another
	for name, a := range c.names {
		text = strings.ReplaceAll(text, a.String(), "@"+name)
		text = strings.ReplaceAll(text, "0x"+hex.EncodeToString(a[:]), "@"+name)
	}
	return text
}

// Balance returns the balance of an account as if it had never paid fees.
func (c *Chain) Balance(name string) (balance, fees uint64, err error) {
	a := c.Address(name)
	h, err := stf.Account(c.Tree, a)
	return h.Balance, c.fees[a], err
}

// DefaultUnits are the limits that a transaction declares unless it says otherwise.
func DefaultUnits() metering.Units {
	return metering.Units{320 << 10, 10_000_000, 1 << 20, 400_000, 400_000}
}

// Sign fills in the authorisation of a transaction.
func Sign(tx *rollup.Tx, principal, sponsor string) {
	tx.Auth = make([]byte, ed25519.SignatureSize)
	if sponsor != "" {
		tx.SponsorAuth = make([]byte, ed25519.SignatureSize)
	}
	auth := ed25519.Sign(Key(principal), tx.SigningMessage(rollup.RolePrincipal))
	if sponsor != "" {
		tx.SponsorAuth = ed25519.Sign(Key(sponsor), tx.SigningMessage(rollup.RoleSponsor))
	}
	tx.Auth = auth
}

// Item wraps a transaction as derivation would, at prices of 1.
func (c *Chain) Item(tx *rollup.Tx, relay address.Address) rollup.Item {
	it := rollup.Item{
		Kind:           rollup.ItemTx,
		Tx:             tx,
		Size:           uint32(len(tx.Encode())),
		Expiry:         c.Height + 1,
		Relay:          relay,
		DataPrice:      1,
		InclusionPrice: 1,
	}
	it.Weight = c.Params.Weight(c.Params.Declared(&it))
	return it
}

// Layer returns the next layer with the given items between its begin and its end, and perStep of
// them in a step.
func (c *Chain) Layer(items []rollup.Item, perStep int, final ...rollup.FinalClaim) *stf.Layer {
	c.Height++
	h := &rollup.Header{
		Height:     c.Height,
		Time:       1 + 10*c.Height,
		Beacon:     sha256.Sum256(fmt.Append(nil, "beacon ", c.Height)),
		ParentHash: sha256.Sum256(fmt.Append(nil, "parent ", c.Height)),
		ParamsHash: c.Params.Hash(),
		Finalized:  final,
	}
	all := []rollup.Item{{Kind: rollup.ItemLayerBegin}}
	all = append(append(all, items...), rollup.Item{Kind: rollup.ItemLayerEnd})
	steps := []rollup.Step{{First: 0, Count: 1}}
	for first := 1; first <= len(items); first += perStep {
		count := min(perStep, len(items)+1-first)
		steps = append(steps, rollup.Step{First: uint32(first), Count: uint32(count)})
	}
	steps = append(steps, rollup.Step{First: uint32(len(items)) + 1, Count: 1})
	return &stf.Layer{ChainID: c.ChainID, Header: h, Params: &c.Params, Items: all, Steps: steps}
}

// Apply executes a layer. each, if not nil, sees the tree before each step.
func (c *Chain) Apply(
	l *stf.Layer, each func(before *statetree.Tree, step int, post rollup.Hash) error,
) (*stf.LayerResult, error) {
	out := new(stf.LayerResult)
	for i := range l.Steps {
		before := c.Tree.Fork()
		res, err := c.Engine.ApplyStep(stf.Backend(c.Tree), l, i)
		if err != nil {
			return nil, err
		}
		if err := stf.Commit(c.Tree, res.Changes); err != nil {
			return nil, err
		}
		out.Steps = append(out.Steps, res)
		out.Roots = append(out.Roots, rollup.Hash(c.Tree.Root()))
		if each != nil {
			if err := each(before, i, out.Roots[i]); err != nil {
				return nil, fmt.Errorf("layer %d, step %d: %w", c.Height, i, err)
			}
		}
	}
	c.account(l, out)
	return out, c.checkMoney()
}

// account notes the fees, deposits and withdrawals of a layer.
func (c *Chain) account(l *stf.Layer, out *stf.LayerResult) {
	for _, w := range out.Withdrawals() {
		c.Minted.Sub(c.Minted, new(big.Int).SetUint64(w.Amount))
	}
	for i, r := range out.Receipts() {
		it := &l.Items[i]
		switch it.Kind {
		case rollup.ItemDeposit:
			c.Minted.Add(c.Minted, new(big.Int).SetUint64(it.Deposit.Amount))
		case rollup.ItemForced, rollup.ItemTx:
			payer := it.Tx.Sponsor
			if payer.IsZero() {
				payer = it.Tx.Principal
			}
			c.fees[payer] += r.Fee
		case rollup.ItemLayerEnd:
			for _, e := range out.Steps[len(out.Steps)-1].Events[0] {
				c.Evictions[e.Account] = append(c.Evictions[e.Account],
					Eviction{Slot: e.Topics[0], PrevAcc: e.Topics[1], Payload: e.Data})
			}
		}
	}
}

// checkMoney reports an error unless exactly the minted money is in the state.
func (c *Chain) checkMoney() error {
	s, err := stf.SupplyOf(c.Tree)
	if err != nil {
		return err
	}
	if s.Total().Cmp(c.Minted) != 0 {
		return fmt.Errorf("layer %d: %v in the state, %v minted", c.Height, s.Total(), c.Minted)
	}
	return nil
}

// args returns the SCALE encoding of a tuple; each element is encoded by its type.
func args(values ...any) []byte {
	var e scale.Encoder
	for _, v := range values {
		switch v := v.(type) {
		case address.Address:
			e.Raw(v[:])
		case uint64:
			e.U64(v)
		case []byte:
			e.Bytes(v)
		case [32]byte:
			e.Raw(v[:])
		default:
			panic(fmt.Sprintf("BUG: stftest: argument of type %T", v))
		}
	}
	return e.B
}
