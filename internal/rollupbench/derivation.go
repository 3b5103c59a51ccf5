package rollupbench

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

const (
	partBundle = "bundle of 1000 transfers"
	partDerive = "derivation of a layer"

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
		{"200 accounts among themselves", rollup.CodecDeflate, w.among, atMost(100)},
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
		r.out.add(partBundle, c.name, float64(len(b.Bundle))/bundleTxs, "B a transfer", c.goal)
	}
	r.out.add(partBundle, "of it random: signature and two addresses", incompressible,
		"B a transfer", nil)
	return nil
}

// anyone is a transfer of a wallet of its own.
func (w *world) anyone(i int) *rollup.Tx {
	one := wallet.Wallet{Key: key(fmt.Sprint("anyone ", i)), Template: w.wallets[0].Template}
	tx := w.transfer(0)
	tx.Nonce = rollup.Nonce{Kind: rollup.NonceExact, Value: w.rng.Uint64N(100)}
	one.Sign(tx)
	return tx
}

// among is a transfer from one wallet to another.
func (w *world) among(i int) *rollup.Tx {
	to := w.wallets[w.rng.IntN(wallets)].Address()
	return w.tx(i%wallets, transferUnits(), wallet.Spend(to, 1+w.rng.Uint64N(1_000)))
}

// derivation measures how fast posted bytes become items. Signatures are no matter of derivation,
// so that the wallets' transactions are repeated with other principals instead of signed anew.
func (r *run) derivation() error {
	r.Progress("derivation")
	wide := r.world.genesis.Params
	for d := range wide.Layer {
		wide.Layer[d] = 1 << 40
	}
	block := int(wide.MaxL1BlockBytes)
	if r.Quick {
		block = 256 << 10
	}
	for _, c := range []struct {
		name  string
		codec rollup.BundleCodec
		p     *rollup.Params
		goal  *Goal
	}{
		{"bundles as they are", rollup.CodecRaw, &wide, &Goal{Least: true, Value: 50}},
		{"compressed bundles", rollup.CodecDeflate, &wide, &Goal{Least: true, Value: 50}},
		{"default limits, most is left out", rollup.CodecRaw, &r.world.genesis.Params, nil},
	} {
		source, raw, count := r.world.block(c.p, c.codec, block)
		header := &rollup.Header{Height: 2, Beacon: rollup.Hash{1}, ParamsHash: c.p.Hash()}
		items := 0
		took, err := r.least(9, func() error {
			d := rollup.Derive(header, source, nil, c.p, r.world.chainID)
			d.ItemsRoot()
			items = len(d.Items) - 2
			return nil
		})
		if err != nil {
			return err
		}
		if c.p == &wide && items != count {
			return fmt.Errorf("bench: %d items of %d transactions: this is a bug", items, count)
		}
		s := took.Seconds()
		r.out.add(partDerive, c.name, float64(raw)/1e6/s, "MB/s", c.goal)
		if c.codec != rollup.CodecRaw {
			r.out.add(partDerive, c.name+", as posted", float64(posted(source))/1e6/s, "MB/s", nil)
		}
		r.out.add(partDerive, c.name+": rate", float64(count)/s, "tx/s", nil)
		r.out.add(partDerive, c.name+": the whole layer", millis(took), "ms", nil)
	}
	return nil
}

// posted is the length of the bundles of a block.
func posted(source *rollup.Layer) (n int) {
	for i := range source.Txs {
		n += len(source.Txs[i].Payload.(*rollup.PostBundle).Bundle)
	}
	return n
}

// block is an L1 block full of bundles of transfers; size is of the bundles as they are.
func (w *world) block(p *rollup.Params, codec rollup.BundleCodec, size int,
) (source *rollup.Layer, raw, count int) {
	source = &rollup.Layer{
		Header: rollup.Header{Height: 1, DataPrice: 1, InclusionPrice: 1},
	}
	model := w.transfer(0)
	each := len(model.Encode())
	per := min(int(p.MaxBundleBytes), size) * 9 / 10 / each
	for raw+per*each <= size {
		var txs []*rollup.Tx
		for range per {
			tx := *model
			fill(w, tx.Principal[4:])
			tx.Nonce.Value = w.rng.Uint64N(100)
			to := stranger(w.rng.IntN(len(w.genesis.Allocations) - wallets))
			tx.Calls = []rollup.Call{wallet.Spend(to, 1+w.rng.Uint64N(1_000))}
			tx.Auth = make([]byte, len(model.Auth))
			fill(w, tx.Auth)
			txs = append(txs, &tx)
			raw += each
		}
		source.Txs = append(source.Txs, rollup.L1Tx{
			ChainID: w.chainID, Nonce: uint64(len(source.Txs)), Payload: w.bundle(p, codec, txs),
		})
		count += per
	}
	return source, raw, count
}

// fill writes random bytes.
func fill(w *world, b []byte) {
	for i := range b {
		b[i] = byte(w.rng.Uint32())
	}
}
