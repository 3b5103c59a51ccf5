package rollupbench

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

const (
	partBundle = "bundle of 1000 transactions"

	bundleTxs = 1_000
	// incompressible is what is random in a transfer between accounts that are met once: a signature,
	// and two addresses of 24 bytes that begin with 4 zero bytes.
	incompressible = ed25519.SignatureSize + 2*(address.Size-4)
)

// bundles measures what a transfer takes of a posted bundle.
func (r *run) bundles() error {
	r.Progress("bundles")
	w := r.world
	p := &w.genesis.Params
	senders := func(n int) func(i int) *rollup.Tx {
		return func(i int) *rollup.Tx { return w.transfer(i % n) }
	}
	for _, c := range []struct {
		name  string
		codec rollup.BundleCodec
		tx    func(i int) *rollup.Tx
		goal  *Goal
	}{
		{"no compression", rollup.CodecRaw, w.anyone, nil},
		{"every sender and receiver once", rollup.CodecDeflate, w.anyone, atMost(100)},
		{"200 senders, every receiver once", rollup.CodecDeflate, senders(wallets), atMost(100)},
		{"one sender, every receiver once", rollup.CodecDeflate, senders(1), atMost(100)},
		{"1000 accounts among themselves, each once", rollup.CodecDeflate, w.crowd(), atMost(100)},
		{"200 accounts among themselves", rollup.CodecDeflate, w.among, atMost(100)},
		{"mixed calls of 1000 accounts, no compression", rollup.CodecRaw, w.mixed(), nil},
		{"mixed calls of 1000 accounts", rollup.CodecDeflate, w.mixed(), nil},
	} {
		txs := make([]*rollup.Tx, bundleTxs)
		for i := range txs {
			txs[i] = c.tx(i)
		}
		b := w.bundle(p, c.codec, txs)
		decoded, err := rollup.DecodeBundle(b.Bundle, p)
		if err != nil || decoded.Codec != c.codec {
			return errors.Join(errors.New("bench: the bundle is not encoded as asked for"), err)
		}
		if _, err := decoded.Txs(p); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		r.out.add(partBundle, c.name, float64(len(b.Bundle))/bundleTxs, "B a transaction", c.goal)
	}
	r.out.add(partBundle, "of it random: signature and two addresses", incompressible,
		"B a transaction", nil)
	return nil
}

// someone is one of as many wallets as there are numbers.
func (w *world) someone(i int) *wallet.Wallet {
	return &wallet.Wallet{Key: key(fmt.Sprint("anyone ", i)), Template: w.wallets[0].Template}
}

// sign completes a transaction of someone who has sent some before.
func (w *world) sign(by *wallet.Wallet, tx *rollup.Tx) *rollup.Tx {
	tx.Nonce = rollup.Nonce{Kind: rollup.NonceExact, Value: w.rng.Uint64N(100)}
	by.Sign(tx)
	return tx
}

// anyone is a transfer of a wallet of its own.
func (w *world) anyone(i int) *rollup.Tx { return w.sign(w.someone(i), w.transfer(0)) }

// crowd are transfers of as many accounts, each sender and receiver once.
func (w *world) crowd() func(i int) *rollup.Tx {
	to := w.rng.Perm(bundleTxs)
	return func(i int) *rollup.Tx {
		call := wallet.Spend(w.someone(to[i]).Address(), 1+w.rng.Uint64N(1_000))
		return w.sign(w.someone(i), w.tx(0, transferUnits(), call))
	}
}

// mixed are transactions as users send them through one relay: of 20, 9 transfers, 6 transfers of one
// of three tokens, 2 of several calls, 1 spawn, 1 with a sponsor, and 1 call of an application with
// arguments of any length. Limits and fees are those of their kind, as suggested over ten layers.
func (w *world) mixed() func(i int) *rollup.Tx {
	tokens := []address.Address{stranger(1), stranger(2), stranger(3)}
	return func(i int) *rollup.Tx {
		by := w.someone(w.rng.IntN(bundleTxs))
		to := func() address.Address { return w.someone(w.rng.IntN(bundleTxs)).Address() }
		amount := func() uint64 { return w.rng.Uint64() >> (24 + w.rng.IntN(30)) }
		token := func() rollup.Call {
			at := to()
			args := binary.LittleEndian.AppendUint64(at[:], amount())
			return wallet.Proxy(tokens[w.rng.IntN(len(tokens))], "transfer", args, 0)
		}
		units, calls := transferUnits(), []rollup.Call{wallet.Spend(to(), amount())}
		kind := w.rng.IntN(20)
		switch {
		case kind < 6:
			units[metering.Compute], calls = 2_000_000, []rollup.Call{token()}
		case kind < 8:
			units[metering.Read], calls = 80<<10, append(calls, token(), token())
		case kind == 8:
			args := make([]byte, 8+w.rng.IntN(200))
			fill(w, args)
			calls = []rollup.Call{wallet.Proxy(tokens[0], "submit", args, amount())}
		}
		tx := w.tx(0, units, calls...)
		layer := uint64(i) * 10 / bundleTxs
		tx.Relay, tx.RelayTip = w.relay, 0
		tx.ExpiryLayer, tx.MaxFee = 100_000+layer, 1_000_000+units[metering.Compute]/100*(7+layer)
		switch kind {
		case 9:
			tx.Spawn = by.Spawn()
		case 10:
			tx.Sponsor, tx.SponsorAuth = w.wallets[0].Address(), make([]byte, ed25519.SignatureSize)
			fill(w, tx.SponsorAuth)
		}
		return w.sign(by, tx)
	}
}

// among is a transfer from one wallet to another.
func (w *world) among(i int) *rollup.Tx {
	to := w.wallets[w.rng.IntN(wallets)].Address()
	return w.tx(i%wallets, transferUnits(), wallet.Spend(to, 1+w.rng.Uint64N(1_000)))
}
