package rollup

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/vectorfile"
	"github.com/athenarollup/athena/metering"
)

type block = vectorfile.Block

// vectors returns the blocks of a file; with -rewrite it first writes those that fresh gives.
func vectors(t *testing.T, file string, fresh func() []*block) []*block {
	t.Helper()
	return vectorfile.Load(t, "../fixtures/vectors/"+file, "go test ./rollup -run Vectors", fresh)
}

// hashesOf names what a value hashes to.
func hashesOf(v encoder) (names []string, values []Hash) {
	add := func(name string, h Hash) { names, values = append(names, name), append(values, h) }
	switch v := v.(type) {
	case *Tx:
		add("txid", v.ID())
		add("txhash", v.Hash())
	case *L1Tx:
		add("signing", v.SigningHash())
		add("id", v.ID())
	case *Claim:
		add("id", v.ID())
	case *Header:
		add("hash", v.Hash())
	case *Layer:
		add("hash", v.Header.Hash())
		add("txsroot", TxsRoot(v.Txs))
	case *Carry:
		add("root", v.Root())
	case *Params:
		add("hash", v.Hash())
	case *Genesis:
		add("chainid", v.ChainID())
	case *MMR:
		add("root", v.Root())
	}
	return names, values
}

func codecVector(v encoder) *block {
	out := new(block)
	out.Add("bytes", "%x", v.Encode())
	names, values := hashesOf(v)
	for i := range names {
		out.Add(names[i], "%x", values[i])
	}
	return out
}

// samples are the values of a codec's vectors.
func samples(c *codec) (out []encoder) {
	g := newGen(0x5eed)
	switch c.name {
	case "l1tx":
		for kind := L1Transfer; kind <= L1Upgrade; kind++ {
			out = append(out, g.l1tx(kind))
		}
		signed := g.l1tx(L1Deposit)
		signed.Sign(ed25519.NewKeyFromSeed(make([]byte, 32)))
		return append(out, signed)
	case "item":
		for kind := ItemLayerBegin; kind <= ItemLayerEnd; kind++ {
			out = append(out, g.item(kind))
		}
		return out
	case "tx":
		out = append(out, &Tx{Calls: []Call{{}}}, &Tx{Spawn: &Spawn{}})
		signed := g.tx()
		signed.Sponsor = g.addr()
		signed.ReserveSponsor()
		signed.SignEd25519(ed25519.NewKeyFromSeed(make([]byte, 32)))
		signed.SignSponsorEd25519(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)))
		out = append(out, signed)
	case "params":
		p := DefaultParams()
		out = append(out, &p)
	case "mmr":
		out = append(out, new(MMR))
	}
	for range 5 {
		out = append(out, c.make(g))
	}
	return out
}

func TestVectorsCodec(t *testing.T) {
	t.Parallel()
	for _, c := range codecs {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := vectors(t, "codec/"+c.name+".txt", func() (out []*block) {
				for _, v := range samples(&c) {
					out = append(out, codecVector(v))
				}
				return out
			})
			for _, v := range all {
				got, err := c.decode(v.Hex(t, "bytes"))
				require.NoError(t, err)
				require.Equal(t, v.String(), codecVector(got).String())
			}
		})
	}
}

func TestVectorsRefused(t *testing.T) {
	t.Parallel()
	all := vectors(t, "codec/refused.txt", refusedVectors)
	for _, v := range all {
		c := codecOf(v.Get(t, "type"))
		_, err := c.decode(v.Hex(t, "bytes"))
		require.Error(t, err, v.Get(t, "why"))
		require.Equal(t, v.Get(t, "reason"), reasonOf(err).String(), v.Get(t, "why"))
	}
}

func refusedVectors() (out []*block) {
	add := func(c codec, why string, b []byte) {
		v := new(block)
		_, err := c.decode(b)
		v.Add("type", "%s", c.name)
		v.Add("why", "%s", why)
		v.Add("bytes", "%x", b)
		v.Add("reason", "%s", reasonOf(err))
		out = append(out, v)
	}
	for _, c := range codecs {
		b := c.make(newGen(0xbad)).Encode()
		add(c, "one byte more", append(b[:len(b):len(b)], 0))
		add(c, "one byte less", b[:len(b)-1])
		if c.name != "mmr" && c.name != "drop" && c.name != "carry" && c.name != "event" {
			add(c, "version 2", append([]byte{2}, b[1:]...))
		}
	}
	tx := func(why string, x *Tx) { add(codecOf("tx"), why, x.Encode()) }
	tx("neither calls nor spawn", &Tx{})
	tx("sponsor is principal", &Tx{Principal: relay1, Sponsor: relay1, Calls: []Call{{}}})
	tx("nonce without successor", &Tx{Nonce: Nonce{Value: top}, Calls: []Call{{}}})
	tx("unknown nonce kind", &Tx{Nonce: Nonce{Kind: 3}, Calls: []Call{{}}})
	tx("sponsor auth without sponsor", &Tx{Calls: []Call{{}}, SponsorAuth: []byte{1}})
	b := (&Tx{Calls: []Call{{}}}).Encode()
	option := 1 + 32 + 24 + 24 + 9
	b[option] = 2
	add(codecOf("tx"), "option tag 2", b)
	b[option] = 0
	wide := append(append(append([]byte{}, b[:option+1]...), 1<<2|1, 0), b[option+2:]...)
	add(codecOf("tx"), "compact length not minimal", wide)
	return out
}

// inflateVectors freeze which bodies CodecDeflate accepts: a toolchain whose inflater differs
// fails.
func inflateVectors() (out []*block) {
	add := func(why string, body []byte) {
		v := new(block)
		v.Add("why", "%s", why)
		v.Add("body", "%x", body)
		v.Add("result", "%s", inflateResult(body))
		out = append(out, v)
	}
	raw := bytes.Repeat([]byte("athena "), 40)
	with := func(rawLen int, stream ...byte) []byte {
		return append([]byte{byte(rawLen), byte(rawLen >> 8), 0, 0}, stream...)
	}
	add("stored", stored(raw))
	add("stored in two blocks", with(2, 0, 1, 0, 0xfe, 0xff, 'a', 1, 1, 0, 0xfe, 0xff, 'b'))
	add("empty stored block", with(0, 1, 0, 0, 0xff, 0xff))
	add("stored, lengths disagree", with(1, 1, 1, 0, 0xfe, 0xfe, 'a'))
	add("fixed codes, empty", with(0, 3, 0))
	add("fixed codes, padding bits set", with(0, 3, 0xfc))
	add("fixed codes, one literal", with(1, 0x4b, 4, 0))
	add("fixed codes, distance before the start", with(4, 0x4b, 4, 0x12, 0))
	add("fixed codes, length symbol 286", with(0, 0x1b, 3))
	skewed := make([]byte, 500)
	for i := range skewed {
		skewed[i] = "aaaaabbcdefgh"[(i*i*7+i/3)%13]
	}
	add("dynamic codes", deflate(skewed))
	add("rawLen too large", with(2, 0x4b, 4, 0))
	add("rawLen too small", with(0, 0x4b, 4, 0))
	add("trailing byte", with(1, 0x4b, 4, 0, 0))
	add("no final block", with(1, 0, 1, 0, 0xfe, 0xff, 'a'))
	add("reserved block type", with(0, 7, 0))
	add("cut", with(1, 0x4b))
	add("no stream", with(0))
	add("dynamic, one distance code of one bit", with(1, dynamic(1, 0, 1, 1)...))
	add("dynamic, no distance code", with(1, dynamic(1, 0, 1, 0)...))
	add("dynamic, two distance codes", with(1, dynamic(1, 0, 1, 1, 1)...))
	add("dynamic, one distance code of two bits", with(1, dynamic(1, 0, 1, 2)...))
	add("dynamic, over-subscribed distance codes", with(1, dynamic(1, 0, 1, 1, 1, 1)...))
	add("dynamic, incomplete literal codes", with(1, dynamic(2, 0, 1, 1)...))
	add("dynamic, over-subscribed literal codes", with(1, dynamic(1, 1, 1, 1)...))
	add("dynamic, no end of block", with(1, dynamic(1, 1, 0, 1)...))
	add("dynamic, no code lengths", with(0, 5, 0, 0, 0, 0, 0, 0))
	return out
}

// dynamic is a final RFC 1951 block of type 2 in which the literals a and b, the end of block and
// the distances have codes of the given lengths, 0 to 2. Its data are the bits 0 and 1: where a and
// the end have one bit each, the letter a and the end.
func dynamic(a, b, end int, distances ...int) []byte {
	var out []byte
	at := 0
	put := func(v, n int) { // least significant bit first
		for i := range n {
			if at%8 == 0 {
				out = append(out, 0)
			}
			out[at/8] |= byte(v>>i&1) << (at % 8)
			at++
		}
	}
	put(1|2<<1, 3)
	put(0, 5)                // 257 literal codes
	put(len(distances)-1, 5) //
	put(14, 4)               // 18 lengths of the code length code:
	for _, sym := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1} {
		if sym <= 2 || sym == 18 {
			put(2, 3) // 0, 1, 2 and 18 have the codes 00, 01, 10 and 11
		} else {
			put(0, 3)
		}
	}
	length := func(n int) { put(n>>1|n&1<<1, 2) }
	zeroes := func(n int) { put(3, 2); put(n-11, 7) }
	zeroes(97)
	length(a)
	length(b)
	zeroes(138)
	zeroes(19)
	length(end)
	for _, n := range distances {
		length(n)
	}
	put(0, 1)
	put(1, 1)
	return out
}

func inflateResult(body []byte) string {
	p := DefaultParams()
	raw, err := new(inflater).inflate(body, &p)
	if err != nil {
		return reasonOf(err).String()
	}
	return "ok " + hex.EncodeToString(raw)
}

func TestVectorsInflate(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "codec/inflate.txt", inflateVectors) {
		require.Equal(t, v.Get(t, "result"), inflateResult(v.Hex(t, "body")), v.Get(t, "why"))
	}
}

func nameVectors() []*block {
	v := new(block)
	for _, name := range []string{"spawn", "verify", "spend", "proxy", "deploy", "transfer"} {
		s := Selector(name)
		v.Add("selector "+name, "%x", s)
	}
	key := [32]byte{1, 2, 3}
	l1 := L1Address(key)
	v.Add("l1address 0102030…", "%x", l1[:])
	v.Add("commit", "%x", CommitHash(address.Address{1}, Hash{2}, Hash{3}))
	v.Add("open", "%x", OpenHash(Hash{1}, Hash{2}, 3, address.Address{4}, Hash{5}, WitnessHash(nil)))
	v.Add("event root of nothing", "%x", MMRRoot(nil))
	v.Add("transfer payload", "%x", EncodeCallPayload(nil, nil))
	v.Add("call payload", "%x", EncodeCallPayload(&[4]byte{1, 2, 3, 4}, []byte{5}))
	return []*block{v}
}

func TestVectorsNames(t *testing.T) {
	t.Parallel()
	want := vectors(t, "codec/names.txt", nameVectors)
	require.Len(t, want, 1)
	require.Equal(t, want[0].String(), nameVectors()[0].String())
}

// deriveVector is a world and what is derived from it.
func deriveVector(name string, w *world) *block {
	v := new(block)
	v.Add("name", "%s", name)
	v.Add("params", "%x", w.p.Encode())
	v.Add("chainid", "%x", w.chain)
	v.Add("header", "%x", w.header.Encode())
	v.Add("source", "%x", w.source.Encode())
	v.Add("carry", "%x", w.carry.Encode())
	d := Derive(&w.header, &w.source, &w.carry, &w.p, w.chain)
	for i := range d.Items {
		v.Add("item", "%x", d.Items[i].Encode())
	}
	for _, s := range d.Steps {
		v.Add("step", "%d %d", s.First, s.Count)
	}
	for i := range d.Drops {
		v.Add("drop", "%s %x", d.Drops[i].Reason, d.Drops[i].Encode())
	}
	v.Add("carry after", "%x", d.Carry.Encode())
	v.Add("carry root", "%x", d.Carry.Root())
	v.Add("items root", "%x", d.ItemsRoot())
	return v
}

func deriveVectors() (out []*block) {
	t := failing{}
	add := func(name string, fill func(w *world)) {
		w := newWorld(t)
		fill(w)
		out = append(out, deriveVector(name, w))
	}
	add("empty layer", func(*world) {})
	add("one of each", func(w *world) {
		w.post(relay1, 1, w.tx(1, 0), w.tx(2, 0))
		w.l1(&Deposit{To: relay2, Amount: 77})
		w.l1(&ForcedTx{Tx: w.tx(3, 0)})
	})
	add("order within a principal", func(w *world) {
		for i := range byte(12) {
			w.post(relay1, 0, w.tx(i%2, uint64(11-i), func(x *Tx) { x.Nonce.Kind = NonceKind(i % 3) }))
		}
	})
	add("duplicates", func(w *world) {
		a := w.tx(1, 0)
		w.post(relay1, 0, a, a)
		w.post(relay2, 9, a, w.tx(1, 0, func(x *Tx) { x.Auth = nil }))
		w.l1(&ForcedTx{Tx: a})
	})
	add("every drop of a transaction", func(w *world) {
		w.post(relay1, 0,
			w.tx(1, 0, func(x *Tx) { x.ChainID = Hash{} }),
			w.tx(2, 0, func(x *Tx) { x.ExpiryLayer = 100 }),
			w.tx(3, 0, func(x *Tx) { x.Nonce.Kind, x.ExpiryLayer = NonceUnordered, 1000 }),
			w.tx(4, 0, func(x *Tx) { x.Relay = relay2 }),
			w.tx(5, 0, func(x *Tx) { x.MaxUnits[metering.Write] = 1 << 40 }),
			w.tx(6, top), w.tx(7, 0)[1:])
	})
	add("every drop of a bundle", func(w *world) {
		a := w.tx(1, 0)
		w.l1(&PostBundle{Bundle: []byte{1, 2, 3}})
		light := EncodeBundle(relay1, CodecRaw, [][]byte{a}, &w.p)
		w.l1(&PostBundle{Bundle: light, Weight: w.weight(a) - 1})
		w.l1(&PostBundle{Bundle: (&Bundle{Relay: relay1, TxCount: 2, Body: body(a)}).Encode()})
		short := Bundle{Relay: relay1, Codec: CodecDeflate, Body: []byte{9, 0, 0, 0, 3, 0}}
		w.l1(&PostBundle{Bundle: short.Encode()})
	})
	add("stored bundle", func(w *world) {
		a := w.tx(1, 0)
		b := Bundle{Relay: relay1, Codec: CodecDeflate, TxCount: 1,
			Body: stored(columnsOf([]byte{0, 0}, body(a)))}
		w.l1(&PostBundle{Bundle: b.Encode(), Weight: w.weight(a)})
	})
	add("compressed bundle", func(w *world) {
		w.codec = CodecDeflate
		var txs [][]byte
		for i := range byte(6) {
			txs = append(txs, w.tx(i%4, uint64(i)))
		}
		w.post(relay1, 0, append(txs, w.tx(9, 0, func(x *Tx) { x.Calls[0].Args = []byte{1, 2, 3} }))...)
	})
	add("over-full layer and forced queue", func(w *world) {
		w.p.Layer = w.p.SystemItem.Add(w.p.SystemItem)
		for range 4 {
			w.p.Layer = w.p.Layer.Add(w.p.MaxTx)
		}
		w.p.MaxVerify = metering.Units{}
		for i := range byte(12) {
			w.l1(&ForcedTx{Tx: w.tx(i, 1, func(x *Tx) { x.MaxUnits[metering.Write] = w.p.MaxForced()[3] })})
		}
		for i := range byte(6) {
			w.post(relay1, uint64(i%2), w.tx(i, 2, func(x *Tx) { x.MaxUnits = w.p.MaxTx }))
		}
	})
	return out
}

// failing is a TestingT for what cannot fail.
type failing struct{}

func (failing) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (failing) FailNow()                          { panic("failed") }

func TestVectorsDerive(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "derive/derive.txt", deriveVectors) {
		w := &world{t: t}
		p, err := DecodeParams(v.Hex(t, "params"))
		require.NoError(t, err)
		header, err := DecodeHeader(v.Hex(t, "header"), p)
		require.NoError(t, err)
		source, err := DecodeLayer(v.Hex(t, "source"), p)
		require.NoError(t, err)
		carry, err := DecodeCarry(v.Hex(t, "carry"))
		require.NoError(t, err)
		w.p, w.chain = *p, Hash(v.Hex(t, "chainid"))
		w.header, w.source, w.carry = *header, *source, *carry
		require.Equal(t, v.String(), deriveVector(v.Get(t, "name"), w).String())
	}
}
