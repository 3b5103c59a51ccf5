package stf

import (
	"fmt"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// usage is the record "usage": what the layers of the window used in all. Each layer's own use is
// in its sealed record, so the window needs no list.
type usage struct {
	first uint64 // layer of the window
	sum   metering.Units
}

func (u usage) encode() []byte {
	var e scale.Encoder
	e.U64(u.first)
	for _, v := range u.sum {
		e.U64(v)
	}
	return e.B
}

func decodeUsage(b []byte) (u usage, err error) {
	d := scale.NewDecoder(b)
	u.first = d.U64()
	for i := range u.sum {
		u.sum[i] = d.U64()
	}
	return u, d.Finish()
}

// moveRates takes the layer that ends into the window, drops the one that is too old, and writes the
// prices of the next layer (docs/spec/fees.md, "Prices of execution") and the rent index, which a layer
// older makes everybody owe more. When a change of the parameters made the window shorter, it starts
// anew.
func (r *run) moveRates() {
	p, height := r.layer.Params, r.layer.Header.Height
	u, err := decodeUsage(r.record(recordUsage))
	if err != nil || u.first == 0 || u.first > height {
		r.damaged(fmt.Errorf("usage from layer %d: %w", u.first, err))
		return
	}
	u.sum = u.sum.Add(r.acc.Used)
	switch n, window := height-u.first, uint64(p.PriceWindow); {
	case n > window:
		u = usage{first: height, sum: r.acc.Used}
	case n == window:
		for d, old := range r.sealedLayer(u.first).Used {
			u.sum[d] -= min(u.sum[d], old) // less only in a state that no history leads to
		}
		u.first++
	}
	r.setRecord(recordUsage, u.encode())
	next := rates{
		prices:    p.NextPrices(r.rates.prices, u.sum, height-u.first+1),
		rentIndex: r.rates.rentIndex + p.RentPrice,
	}
	r.setRecord(recordRates, next.encode())
}

// sealedLayer returns the record of a sealed layer.
func (r *run) sealedLayer(height uint64) *rollup.LayerRecord {
	rec, err := rollup.DecodeLayerRecord(r.record(rollup.LayerRecordName(height)))
	if err != nil {
		r.damaged(err)
		return new(rollup.LayerRecord)
	}
	return rec
}
