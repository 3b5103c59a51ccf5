package rollup

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/address"
)

func body(txs ...[]byte) []byte {
	var b []byte
	for _, tx := range txs {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(tx))), tx...)
	}
	return b
}

// deflate is a body of CodecDeflate that inflates to b.
func deflate(b []byte) []byte {
	out := newDeflater()
	out.write(b, false)
	return out.body()
}

// stored is a body of CodecDeflate that does not compress: RFC 1951 stored blocks.
func stored(raw []byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(raw)))
	for {
		n := min(len(raw), 0xffff)
		final := byte(0)
		if n == len(raw) {
			final = 1
		}
		out = append(out, final)
		out = binary.LittleEndian.AppendUint16(out, uint16(n))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(n))
		if out, raw = append(out, raw[:n]...), raw[n:]; final == 1 {
			return out
		}
	}
}

func TestEncodeBundleRoundTrip(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGen(t)
		var txs [][]byte
		for range g.r.IntN(20) {
			txs = append(txs, g.tx().Encode())
		}
		relay := g.addr()
		b, err := DecodeBundle(EncodeBundle(relay, BundleCodec(g.r.IntN(2)), txs, &p), &p)
		require.NoError(t, err)
		require.Equal(t, relay, b.Relay)
		got, err := b.Txs(&p)
		require.NoError(t, err)
		require.Equal(t, len(txs), len(got))
		for i := range txs {
			require.True(t, bytes.Equal(txs[i], got[i]))
		}
	})
}

func TestEncodeBundleChoosesCodec(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	relay := address.Address{1}
	noise := make([]byte, 1000)
	newGen(1).fill(noise)
	similar := bytes.Repeat(append(noise[:100:100], noise[:100]...), 5)
	same := make([]byte, 100_000)
	for _, tc := range []struct {
		name string
		tx   []byte
		want BundleCodec
	}{
		{"compressible", similar, CodecDeflate},
		{"noise", noise, CodecRaw},
		{"above the expansion limit", same, CodecRaw},
	} {
		b, err := DecodeBundle(EncodeBundle(relay, CodecDeflate, [][]byte{tc.tx}, &p), &p)
		require.NoError(t, err)
		require.Equal(t, tc.want, b.Codec, tc.name)
		txs, err := b.Txs(&p)
		require.NoError(t, err, tc.name)
		require.Equal(t, [][]byte{tc.tx}, txs)
	}
}

func TestBundleAttacks(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	tx := newGen(5).tx().Encode()
	good := body(tx, tx)
	bomb := deflate(make([]byte, 3<<20))
	for _, tc := range []struct {
		name  string
		codec BundleCodec
		count uint32
		body  []byte
		want  Reason
	}{
		{"raw", CodecRaw, 2, good, ReasonNone},
		{"stored", CodecDeflate, 2, stored(columnsOf([]byte{0, 0, 0}, good)), ReasonNone},
		{"empty", CodecRaw, 0, nil, ReasonNone},
		{"empty, compressed", CodecDeflate, 0, deflate([]byte{0}), ReasonNone},
		{"count above, compressed", CodecDeflate, 3, deflate(columnsOf([]byte{0, 0, 0}, good)),
			ReasonBadCodec},
		{"count below, compressed", CodecDeflate, 1, deflate(columnsOf([]byte{0, 0, 0}, good)),
			ReasonBadCount},
		{"count lie, compressed", CodecDeflate, 10_000, deflate(columnsOf([]byte{0, 0, 0}, good)),
			ReasonBadCodec},
		{"count above", CodecRaw, 3, good, ReasonBadCount},
		{"count below", CodecRaw, 1, good, ReasonBadCount},
		{"count lie of 2^32", CodecRaw, 1<<32 - 1, good, ReasonTooLarge},
		{"length beyond the body", CodecRaw, 1, append([]byte{0xff, 0xff, 0xff, 0xff}, tx...),
			ReasonBadCount},
		{"length of no transaction", CodecRaw, 2, body(make([]byte, minTxBytes-1), tx), ReasonBadCount},
		{"length of the shortest", CodecRaw, 2, body(make([]byte, minTxBytes), tx), ReasonNone},
		{"cut in a length", CodecRaw, 2, body(append(tx, tx...), nil)[:2*len(tx)+6], ReasonBadCount},
		{"zip bomb", CodecDeflate, 1, bomb, ReasonBadCodec},
		{"zip bomb that lies", CodecDeflate, 1, patch(bomb, 4096), ReasonBadCodec},
		{"no length", CodecDeflate, 0, []byte{0, 0, 0}, ReasonBadCodec},
		{"no stream", CodecDeflate, 0, []byte{0, 0, 0, 0}, ReasonBadCodec},
		{"says more", CodecDeflate, 2, patch(stored(good), uint32(len(good)+1)), ReasonBadCodec},
		{"says less", CodecDeflate, 2, patch(stored(good), uint32(len(good)-1)), ReasonBadCodec},
		{"trailing byte", CodecDeflate, 2, append(stored(good), 0), ReasonBadCodec},
		{"second stream", CodecDeflate, 2, append(stored(good), stored(good)[4:]...), ReasonBadCodec},
		{"stream cut", CodecDeflate, 2, stored(good)[:50], ReasonBadCodec},
		{"not the last block", CodecDeflate, 2, unfinished(good), ReasonBadCodec},
		{"reserved block type", CodecDeflate, 0, []byte{0, 0, 0, 0, 7}, ReasonBadCodec},
		{"codec 2", 2, 2, good, ReasonBadCodec},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			raw := (&Bundle{Relay: address.Address{1}, Codec: tc.codec, TxCount: tc.count, Body: tc.body}).
				Encode()
			b, err := DecodeBundle(raw, &p)
			if err == nil {
				_, err = b.Txs(&p)
			}
			if tc.want == ReasonNone {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tc.want.String(), reasonOf(err).String(), "%v", err)
		})
	}
}

// patch replaces rawLen.
func patch(b []byte, rawLen uint32) []byte {
	out := append([]byte(nil), b...)
	binary.LittleEndian.PutUint32(out, rawLen)
	return out
}

func unfinished(raw []byte) []byte {
	out := stored(raw)
	out[4] = 0
	return out
}

func TestExpandLimitEdges(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	noise := make([]byte, 2048)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	// A stored stream never expands, so rawLen is bounded by MaxExpandedBytes alone.
	p.MaxExpandedBytes = 2048
	in := new(inflater)
	_, err := in.inflate(stored(noise), &p)
	require.NoError(t, err)
	p.MaxExpandedBytes--
	_, err = in.inflate(stored(noise), &p)
	require.Equal(t, ReasonBadCodec, reasonOf(err))

	// Zeroes expand by more than 16: the longest run that its own stream allows, and one more.
	p = DefaultParams()
	longest := 0
	for n := 1200; n < 1400; n++ {
		if uint64(n) <= expandLimit(len(deflate(make([]byte, n)))-4, &p) {
			longest = n
		}
	}
	_, err = in.inflate(deflate(make([]byte, longest)), &p)
	require.NoError(t, err)
	_, err = in.inflate(deflate(make([]byte, longest+1)), &p)
	require.Equal(t, ReasonBadCodec, reasonOf(err))
}
