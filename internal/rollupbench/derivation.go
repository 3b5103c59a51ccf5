package rollupbench

import (
	"fmt"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

const partDerive = "derivation of a layer"

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
