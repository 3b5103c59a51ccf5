package rollup

import (
	"bytes"
	"cmp"
	"compress/flate"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// fuzzCodec is the target of one decoder: nothing panics, and what is accepted is canonical.
func fuzzCodec(f *testing.F, name string) {
	c := codecOf(name)
	var seeds [][]byte
	for seed := range uint64(24) {
		seeds = append(seeds, c.make(newGen(seed)).Encode())
	}
	slices.SortFunc(seeds, func(a, b []byte) int { return cmp.Compare(len(a), len(b)) })
	for _, b := range seeds[:8] { // short ones: the engine shortens what it likes byte by byte
		f.Add(b)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) { c.accepts(t, b) })
}

func FuzzDecodeTx(f *testing.F)      { fuzzCodec(f, "tx") }
func FuzzDecodeL1Tx(f *testing.F)    { fuzzCodec(f, "l1tx") }
func FuzzDecodeBundle(f *testing.F)  { fuzzCodec(f, "bundle") }
func FuzzDecodeClaim(f *testing.F)   { fuzzCodec(f, "claim") }
func FuzzDecodeHeader(f *testing.F)  { fuzzCodec(f, "header") }
func FuzzDecodeLayer(f *testing.F)   { fuzzCodec(f, "layer") }
func FuzzDecodeItem(f *testing.F)    { fuzzCodec(f, "item") }
func FuzzDecodeReceipt(f *testing.F) { fuzzCodec(f, "receipt") }
func FuzzDecodeEvent(f *testing.F)   { fuzzCodec(f, "event") }
func FuzzDecodeDrop(f *testing.F)    { fuzzCodec(f, "drop") }
func FuzzDecodeCarry(f *testing.F)   { fuzzCodec(f, "carry") }
func FuzzDecodeParams(f *testing.F)  { fuzzCodec(f, "params") }
func FuzzDecodeGenesis(f *testing.F) { fuzzCodec(f, "genesis") }
func FuzzDecodeMMR(f *testing.F)     { fuzzCodec(f, "mmr") }

// FuzzBundleTxs opens hostile bodies: what comes out is within the limits, and is the body.
func FuzzBundleTxs(f *testing.F) {
	a := newGen(1).tx().Encode()
	f.Add(uint8(0), uint32(2), body(a, a))
	f.Add(uint8(1), uint32(2), deflate(columnsOf([]byte{0, 0, 0}, body(a, a))))
	f.Add(uint8(1), uint32(1), stored(columnsOf([]byte{0, 0}, body(a))))
	f.Add(uint8(1), uint32(1), deflate(make([]byte, 1<<16)))
	p := DefaultParams()
	f.Fuzz(func(t *testing.T, codec uint8, count uint32, raw []byte) {
		b := Bundle{Codec: BundleCodec(codec), TxCount: count, Body: raw}
		got, err := b.Txs(&p)
		if err != nil {
			require.NotEqual(t, ReasonNone, reasonOf(err))
			return
		}
		require.Len(t, got, int(count))
		if b.Codec == CodecRaw {
			require.Equal(t, string(raw), string(body(got...)))
		}
		most := max(expandLimit(len(raw), &p), uint64(len(raw)))
		require.LessOrEqual(t, uint64(len(body(got...))), most)
	})
}

// FuzzColumns reads hostile columns: what comes out is within the limit, and comes back when it is
// taken apart again.
func FuzzColumns(f *testing.F) {
	for _, c := range columnCases() {
		f.Add(c.count, c.b)
	}
	p := DefaultParams()
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, count uint32, b []byte) {
		var c columns
		got, err := c.txs(b, count, limit)
		if err != nil {
			require.NotEqual(t, ReasonNone, reasonOf(err))
			return
		}
		require.Len(t, got, int(count))
		require.LessOrEqual(t, len(body(got...)), limit)
		out := newDeflater()
		writeColumns(out, got, &p)
		again, err := io.ReadAll(flate.NewReader(bytes.NewReader(out.body()[4:])))
		require.NoError(t, err)
		back, err := c.txs(again, count, limit)
		require.NoError(t, err)
		require.Equal(t, body(got...), body(back...))
	})
}

// hostile makes a world out of bytes: valid and damaged transactions, bundles and forced ones.
func hostile(t require.TestingT, in []byte) *world {
	w := newWorld(t)
	next := func() byte {
		if len(in) == 0 {
			return 0
		}
		b := in[0]
		in = in[1:]
		return b
	}
	var batch [][]byte
	for n := 0; len(in) > 0 && n < 200; n++ {
		op := next()
		raw := w.tx(next()%4, uint64(next()%4), func(x *Tx) {
			x.Nonce.Kind = NonceKind(op >> 4 % 3)
			if op>>6 == 3 {
				x.MaxUnits = w.p.MaxForced()
				x.ExpiryLayer = 99 + uint64(next()%4)
			}
			if op>>6 == 2 {
				x.Relay = relay1
			}
		})
		switch op % 8 {
		case 0, 1, 2:
			batch = append(batch, raw)
		case 3:
			raw[int(next())%len(raw)] ^= next()
			batch = append(batch, raw)
		case 4:
			w.codec = BundleCodec(op >> 5 & 1)
			w.post([...]addr{relay1, relay2, {}}[next()%3], uint64(next()%3), batch...)
			batch = nil
		case 5:
			w.l1(&ForcedTx{Tx: raw[:len(raw)-int(next()%2)]})
		case 6:
			w.l1(&Deposit{To: relay1, Amount: uint64(next())})
		case 7:
			n := min(int(next()), len(in))
			w.l1(&PostBundle{Bundle: in[:n], Weight: uint64(next()) << 32, Bid: uint64(next())})
		}
	}
	w.post(relay1, 1, batch...)
	return w
}

type addr = [24]byte

// FuzzDerive checks totality, bounds and determinism.
func FuzzDerive(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 2, 0, 4, 0, 1})
	f.Add([]byte{5, 1, 1, 0, 6, 0, 0, 9, 7, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte{0xc5, 1, 1, 0, 0, 0xc5, 2, 1, 0, 0, 0xc0, 2, 2, 2, 3, 3, 3, 9, 4, 0x24, 0, 0, 1, 1})
	for seed := range uint64(6) {
		b := make([]byte, 300)
		newGen(seed).fill(b)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 2000 {
			return
		}
		w := hostile(t, in)
		d := w.derive()
		again := Derive(&w.header, &w.source, &w.carry, &w.p, w.chain)
		require.Equal(t, d, again)
		posted := 0
		for i := range w.source.Txs {
			switch v := w.source.Txs[i].Payload.(type) {
			case *PostBundle:
				if b, err := DecodeBundle(v.Bundle, &w.p); err == nil {
					posted += int(b.TxCount)
				}
			case *ForcedTx, *Deposit:
				posted++
			}
		}
		require.LessOrEqual(t, len(d.Items), posted+2, "nothing comes from nowhere")

		// Decoding what was posted derives the same, as every node must.
		l, err := DecodeLayer(w.source.Encode(), &w.p)
		require.NoError(t, err)
		require.Equal(t, d.ItemsRoot(), Derive(&w.header, l, &w.carry, &w.p, w.chain).ItemsRoot())

		// What waits is all that later layers need, and each takes at least one of it.
		for len(d.Carry.Forced) > 0 {
			waiting := len(d.Carry.Forced)
			w.carry, w.source = d.Carry, Layer{Header: Header{Height: w.header.Height}}
			w.header.Height++
			d = w.derive()
			require.Less(t, len(d.Carry.Forced), waiting)
		}
	})
}
