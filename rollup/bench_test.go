package rollup

import "testing"

// BenchmarkDerive measures bytes of transactions, as posted, a second: a layer of many small
// transfers.
func BenchmarkDerive(b *testing.B) {
	for _, codec := range []struct {
		name  string
		codec BundleCodec
	}{{"raw", CodecRaw}, {"deflate", CodecDeflate}} {
		b.Run(codec.name, func(b *testing.B) {
			w := newWorld(b)
			w.codec = codec.codec
			for d := range w.p.Layer { // room for all
				w.p.Layer[d] = 1 << 40
			}
			g := newGen(1)
			size := 0
			for range 40 {
				var batch [][]byte
				for range 500 {
					raw := w.tx(0, uint64(g.r.IntN(100)), func(x *Tx) {
						g.fill(x.Principal[4:])
						x.Calls[0].Args = make([]byte, 32)
						g.fill(x.Calls[0].Args)
						x.Auth = make([]byte, 64)
						g.fill(x.Auth)
					})
					batch = append(batch, raw)
					size += len(raw)
				}
				w.post(relay1, 0, batch...)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				d := Derive(&w.header, &w.source, nil, &w.p, w.chain)
				if len(d.Items) != 20_002 {
					b.Fatalf("%d items, drops %v", len(d.Items), len(d.Drops))
				}
				d.ItemsRoot()
			}
		})
	}
}
