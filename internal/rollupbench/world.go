package rollupbench

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

const (
	// wallets is the number of accounts with a key: those that send.
	wallets = 200
	// reorgs is the depth of the deepest reorganisation that is measured.
	reorgs = 64
	// rich is what each wallet has.
	rich = 1 << 50
)

// world is a genesis: wallets with money, and strangers that make the state large. It has no state
// at first, since the memory that one takes would slow down whatever is measured beside it.
type world struct {
	genesis *rollup.Genesis
	chainID rollup.Hash
	tree    *statetree.Tree // the state before layer 1
	wallets []wallet.Wallet
	nonces  []uint64 // next of each wallet
	rng     *rand.Rand
	relay   address.Address

	programs programs
}

// stranger is an account that does nothing.
func stranger(i int) (a address.Address) {
	h := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("stranger"), uint64(i)))
	copy(a[4:], h[:])
	return a
}

func newWorld(accounts int) (*world, error) {
	p := rollup.DefaultParams()
	p.ReorgBound, p.ChallengeWindow, p.ProveWindow = reorgs+2, reorgs+4, reorgs+4
	w := &world{
		nonces: make([]uint64, wallets), rng: rand.New(rand.NewPCG(1, 2)), relay: stranger(0),
	}
	w.genesis = &rollup.Genesis{
		Name: "bench", Time: 1, Params: p, Templates: [][]byte{fixtures.Wallet()},
	}
	var err error
	if w.programs, err = newPrograms(&p); err != nil {
		return nil, err
	}
	w.genesis.Templates = append(w.genesis.Templates, w.programs.templates()...)
	template := address.OfTemplate(address.CodeHash(fixtures.Wallet()))
	for i := range wallets {
		one := wallet.Wallet{Key: key(fmt.Sprint("wallet ", i)), Template: template}
		w.wallets = append(w.wallets, one)
		w.genesis.Allocations = append(w.genesis.Allocations,
			rollup.Allocation{Address: one.Address(), Amount: rich})
	}
	for i := range accounts {
		w.genesis.Allocations = append(w.genesis.Allocations,
			rollup.Allocation{Address: stranger(i), Amount: 1_000})
	}
	w.genesis.L1 = []rollup.Allocation{
		{Address: l1Account(posterKey()), Amount: 1 << 60},
		{Address: l1Account(executorKey()), Amount: 1 << 60},
	}
	w.chainID = w.genesis.ChainID()
	return w, nil
}

// plant makes the state before layer 1, and with it the id of the chain.
func (w *world) plant() (err error) {
	if w.tree, err = stf.GenesisTree(w.genesis); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	w.genesis.StateRoot = rollup.Hash(w.tree.Root())
	w.chainID = w.genesis.ChainID()
	w.begin()
	return nil
}

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("rollupbench/" + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func posterKey() ed25519.PrivateKey   { return key("poster") }
func executorKey() ed25519.PrivateKey { return key("executor") }

func l1Account(k ed25519.PrivateKey) address.Address {
	return rollup.L1Address([32]byte(k.Public().(ed25519.PublicKey)))
}

// transferUnits are what a wallet declares for a transfer: what one uses, and some more.
func transferUnits() metering.Units { return metering.Units{0, 1_000_000, 40 << 10, 1_024, 1_024} }

// tx signs calls of a wallet. Any later nonce is as good, so that nothing stops when a
// reorganisation loses a transaction.
func (w *world) tx(from int, units metering.Units, calls ...rollup.Call) *rollup.Tx {
	tx := &rollup.Tx{
		ChainID: w.chainID, Calls: calls, MaxFee: 1 << 32, MaxUnits: units, RelayTip: 7,
		Nonce:       rollup.Nonce{Kind: rollup.NonceAtLeast, Value: w.nonces[from]},
		ExpiryLayer: 1 << 20,
	}
	w.nonces[from]++
	w.wallets[from].Sign(tx)
	return tx
}

// begin makes the next transaction of each wallet its first, on another chain.
func (w *world) begin() { clear(w.nonces) }

// transfer pays a random stranger.
func (w *world) transfer(from int) *rollup.Tx {
	to := stranger(w.rng.IntN(len(w.genesis.Allocations) - wallets))
	return w.tx(from, transferUnits(), wallet.Spend(to, 1+w.rng.Uint64N(1_000)))
}

// transfers are of one wallet after the other.
func (w *world) transfers(n int) []*rollup.Tx {
	txs := make([]*rollup.Tx, n)
	for i := range txs {
		txs[i] = w.transfer(i % wallets)
	}
	return txs
}

// spawns are the first transactions of wallets.
func (w *world) spawns(from, to int) []*rollup.Tx {
	var txs []*rollup.Tx
	for i := from; i < to; i++ {
		tx := w.tx(i, metering.Units{0, 1_000_000, 100 << 10, 4 << 10, 4 << 10})
		tx.Spawn = w.wallets[i].Spawn()
		w.wallets[i].Sign(tx)
		txs = append(txs, tx)
	}
	return txs
}

// bundle is what a relay posts to L1.
func (w *world) bundle(p *rollup.Params, codec rollup.BundleCodec, txs []*rollup.Tx,
) *rollup.PostBundle {
	var raw [][]byte
	var weight uint64
	for _, tx := range txs {
		b := tx.Encode()
		raw = append(raw, b)
		it := &rollup.Item{Kind: rollup.ItemTx, Tx: tx, Size: uint32(len(b))}
		weight += p.Weight(p.Declared(it))
	}
	return &rollup.PostBundle{Bundle: rollup.EncodeBundle(w.relay, codec, raw, p), Weight: weight}
}
