package rollup

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// shapeOf is the encoding of a shape.
func shapeOf(segments ...segment) []byte {
	var e scale.Encoder
	(&table{shape: shape{segments: segments}}).encode(&e)
	return e.B
}

func literal(b []byte) segment { return segment{segmentLiteral, len(b), b} }
func column(width int) segment { return segment{kind: segmentColumn, width: width} }
func word(width int) segment   { return segment{kind: segmentWord, width: width} }

// columnsOf joins the parts of columns.
func columnsOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// columnCase is a body of columns and what it holds.
type columnCase struct {
	name  string
	count uint32
	b     []byte
	want  Reason
	txs   []string
}

// columnCases are at the edges of docs/spec/codec.md, "Columns".
func columnCases() []columnCase {
	rest := bytes.Repeat([]byte{7}, minTxBytes-4)
	full := string(rest)
	one := shapeOf(literal(rest), column(4))
	named := shapeOf(literal(rest), word(4))
	long := func(n int) []byte { return make([]byte, n) }
	words := func(b ...byte) []byte { return columnsOf([]byte{1}, named, b) }
	var shapes [][]byte
	var kinds, cells []byte
	for i := range maxShapes {
		shapes = append(shapes, one)
		kinds = append(kinds, byte(i+1))
		cells = append(cells, 'a', 'b', 'c', byte(i))
	}
	return []columnCase{
		{"nothing", 0, []byte{0}, ReasonNone, nil},
		{"no count of shapes", 0, nil, ReasonBadCodec, nil},
		{"without a shape", 1, columnsOf([]byte{0, 0}, body(long(minTxBytes))), ReasonNone,
			[]string{string(long(minTxBytes))}},
		{"without a shape, below the shortest", 1,
			columnsOf([]byte{0, 0}, body(long(minTxBytes-1), nil)), ReasonBadCount, nil},
		{"without a shape, fewer", 1, []byte{0, 0}, ReasonBadCount, nil},
		{"without a shape, more", 1, columnsOf([]byte{0, 0}, body(long(200), long(200))),
			ReasonBadCount, nil},
		{"a column", 2, columnsOf([]byte{1}, one, []byte{1, 1}, []byte("abcdefgh")), ReasonNone,
			[]string{full + "abcd", full + "efgh"}},
		{"columns of a byte", 2, columnsOf([]byte{1},
			shapeOf(column(1), literal(rest), column(1), column(1), column(1)),
			[]byte{1, 1}, []byte("abcdefgh")), ReasonNone,
			[]string{"a" + full + "ceg", "b" + full + "dfh"}},
		{"two shapes and none, mixed", 4, columnsOf([]byte{2}, one,
			shapeOf(column(3), literal(rest), column(2)), []byte{2, 0, 1, 2},
			[]byte("abcd"), []byte("efghijkl"), []byte("mn"), body(long(200))), ReasonNone,
			[]string{"efg" + full + "kl", string(long(200)), full + "abcd", "hij" + full + "mn"}},
		{"a column is cut", 2, columnsOf([]byte{1}, one, []byte{1, 1}, []byte("abcdefg")),
			ReasonBadCodec, nil},
		{"a byte is left", 2, columnsOf([]byte{1}, one, []byte{1, 1}, []byte("abcdefghi")),
			ReasonBadCount, nil},
		{"numbers of shapes are cut", 9, columnsOf([]byte{1}, one, []byte{1, 1}), ReasonBadCodec, nil},
		{"a shape that is not there", 1, columnsOf([]byte{1}, one, []byte{2}, []byte("abcd")),
			ReasonBadCodec, nil},
		{"a shape that nothing has", 0, columnsOf([]byte{1}, one), ReasonNone, nil},
		{"the same shape twice", 2, columnsOf([]byte{2}, one, one, []byte{2, 1}, []byte("abcdefgh")),
			ReasonNone, []string{full + "efgh", full + "abcd"}},
		{"a shape below the shortest", 1, columnsOf([]byte{1}, shapeOf(literal(rest), column(3)),
			[]byte{1}, []byte("abc")), ReasonBadCount, nil},
		{"a shape without segments", 1, columnsOf([]byte{1}, shapeOf(), []byte{1}), ReasonBadCount, nil},
		{"all shapes", maxShapes, columnsOf([]byte{maxShapes}, bytes.Join(shapes, nil), kinds, cells),
			ReasonNone, nil},
		{"a literal is cut", 0, columnsOf([]byte{1}, one[:100]), ReasonBadCodec, nil},
		{"a literal of nothing", 0, columnsOf([]byte{1}, shapeOf(literal(nil))), ReasonBadCodec, nil},
		{"a column of nothing", 0, columnsOf([]byte{1}, shapeOf(column(0))), ReasonBadCodec, nil},
		{"a segment of no kind", 0, columnsOf([]byte{1}, shapeOf(segment{kind: 3, width: 1})),
			ReasonBadCodec, nil},
		{"a word, new and by name", 3,
			words(append([]byte{1, 1, 1, 0, 0, 2, 0, 0, 0}, "abcdefgh"...)...), ReasonNone,
			[]string{full + "abcd", full + "efgh", full + "efgh"}},
		{"a word that is new twice", 2,
			words(append([]byte{1, 1, 0, 0, 0, 0}, "abcdabcd"...)...), ReasonNone,
			[]string{full + "abcd", full + "abcd"}},
		{"a name before its word", 2, words(append([]byte{1, 1, 1, 0, 0, 0}, "abcd"...)...),
			ReasonBadCodec, nil},
		{"the name after the last", 2, words(append([]byte{1, 1, 0, 2, 0, 0}, "abcd"...)...),
			ReasonBadCodec, nil},
		{"the largest name", 2, words(append([]byte{1, 1, 0, 255, 0, 255}, "abcd"...)...),
			ReasonBadCodec, nil},
		{"new words are cut", 2, words(append([]byte{1, 1, 0, 0, 0, 0}, "abcdefg"...)...),
			ReasonBadCodec, nil},
		{"names are cut", 2, words(1, 1, 0, 0, 0), ReasonBadCodec, nil},
		{"a word of another width", 1, columnsOf([]byte{1}, shapeOf(literal(rest), word(4), word(3)),
			[]byte{1, 0, 0}, []byte("abcd"), []byte{1, 0}), ReasonBadCodec, nil},
	}
}

// TestColumnsEdges: columns yield exactly one list, or a reason.
func TestColumnsEdges(t *testing.T) {
	t.Parallel()
	for _, tc := range columnCases() {
		got, err := new(columns).txs(tc.b, tc.count, 1<<20)
		if tc.want != ReasonNone {
			require.Equal(t, tc.want.String(), reasonOf(err).String(), "%s: %v", tc.name, err)
			continue
		}
		require.NoError(t, err, tc.name)
		require.Len(t, got, int(tc.count), tc.name)
		for i := range tc.txs {
			require.Equal(t, tc.txs[i], string(got[i]), tc.name)
		}
	}
}

// TestColumnsBomb: few bytes that stand for many are refused before memory is taken for them.
func TestColumnsBomb(t *testing.T) {
	t.Parallel()
	wide := literal(make([]byte, 1_000))
	const rows = 100
	b := columnsOf([]byte{1}, shapeOf(wide, wide), bytes.Repeat([]byte{1}, rows))
	_, err := new(columns).txs(b, rows, rows*2_004)
	require.NoError(t, err)
	_, err = new(columns).txs(b, rows, rows*2_004-1)
	require.Equal(t, ReasonBadCodec, reasonOf(err))

	// 11 KB that would be 167 GB.
	all := make([]segment, maxSegments)
	for i := range all {
		all[i] = column(1<<16 - 1)
	}
	b = columnsOf([]byte{1}, shapeOf(all...), bytes.Repeat([]byte{1}, 10_000))
	_, err = new(columns).txs(b, 10_000, 4<<20)
	require.Equal(t, ReasonBadCodec, reasonOf(err))

	// Columns of the length that inflating allows, in a shape: nothing is left for a second copy.
	other := body(make([]byte, 1000))
	shaped := columnsOf([]byte{1}, shapeOf(column(1000)), []byte{1, 0}, make([]byte, 1000), other)
	_, err = new(columns).txs(shaped, 2, 2008)
	require.NoError(t, err)
	_, err = new(columns).txs(shaped, 2, 2007)
	require.Equal(t, ReasonBadCodec, reasonOf(err))

	// The same behind DEFLATE: 16 times the stream and no more.
	p := DefaultParams()
	newGen(1).fill(wide.literal)
	packed := deflate(columnsOf([]byte{1}, shapeOf(wide), bytes.Repeat([]byte{1}, 500)))
	bomb := Bundle{Relay: address.Address{1}, Codec: CodecDeflate, TxCount: 500, Body: packed}
	_, err = bomb.Txs(&p)
	require.Equal(t, ReasonBadCodec, reasonOf(err))
	require.ErrorContains(t, err, "expands to more than")
}

// TestColumnsNameTheFirstWords: words beyond those that have a name are just new.
func TestColumnsNameTheFirstWords(t *testing.T) {
	t.Parallel()
	const rows, per = 1_100, 60
	segments := []segment{literal(make([]byte, minTxBytes))}
	parts := [][]byte{{1}, nil, bytes.Repeat([]byte{1}, rows)}
	for i := range per {
		segments = append(segments, word(3))
		parts = append(parts, make([]byte, 2*rows))
		fresh := make([]byte, 0, 3*rows)
		for j := range rows {
			fresh = append(fresh, byte(i), byte(j), byte(j>>8))
		}
		parts = append(parts, fresh)
	}
	parts[1] = shapeOf(segments...)
	c := new(columns)
	txs, err := c.txs(columnsOf(parts...), rows, 1<<20)
	require.NoError(t, err)
	require.Len(t, c.words, namedWords)
	last := txs[rows-1]
	require.Equal(t, []byte{per - 1, (rows - 1) & 0xff, (rows - 1) >> 8}, last[len(last)-3:])
}

// TestColumnsRoundTrip: whatever transactions are, and however alike, they come back as they were.
func TestColumnsRoundTrip(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGen(t)
		txs := similarTxs(g)
		out := newDeflater()
		writeColumns(out, txs, &p)
		b, err := io.ReadAll(flate.NewReader(bytes.NewReader(out.body()[4:])))
		require.NoError(t, err)
		got, err := new(columns).txs(b, uint32(len(txs)), 1<<30)
		require.NoError(t, err)
		require.Equal(t, txs, got)
	})
}

// similarTxs are transactions of few layouts whose fields differ, some damaged.
func similarTxs(g *gen) (txs [][]byte) {
	who := []address.Address{g.addr(), g.addr(), g.addr()}
	for range 1 + g.r.IntN(4) {
		model := g.tx()
		for range g.r.IntN(12) {
			model.Nonce.Value = g.r.Uint64N(1 << 20)
			model.MaxFee = g.r.Uint64() >> g.r.IntN(64)
			model.Principal, model.Relay = who[g.r.IntN(3)], who[g.r.IntN(3)]
			g.fill(model.Auth)
			raw := model.Encode()
			if g.r.IntN(10) == 0 {
				raw[g.r.IntN(len(raw))] ^= byte(g.r.Uint32())
			}
			txs = append(txs, raw)
		}
	}
	g.r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
	if txs == nil {
		txs = [][]byte{}
	}
	return txs
}

// TestColumnsOfTransfers: what transfers among as many accounts take beside signatures and addresses.
func TestColumnsOfTransfers(t *testing.T) {
	t.Parallel()
	const accounts = 1_000
	p := DefaultParams()
	g := newGen(3)
	all := make([]address.Address, accounts)
	for i := range all {
		g.fill(all[i][4:])
	}
	to := g.r.Perm(accounts)
	var txs [][]byte
	for i := range all {
		tx := &Tx{
			ChainID: Hash{1, 2, 3}, Principal: all[i], MaxFee: 1 << 32, ExpiryLayer: 1 << 20,
			Nonce: Nonce{Value: g.r.Uint64N(100)}, MaxUnits: [5]uint64{0, 1_000_000, 40_960, 1_024, 1_024},
			Calls: []Call{{Method: Selector("spend"), Args: binary.LittleEndian.AppendUint64(
				bytes.Clone(all[to[i]][:]), 1+g.r.Uint64N(1_000))}},
			Auth: make([]byte, 64),
		}
		g.fill(tx.Auth)
		txs = append(txs, tx.Encode())
	}
	b := EncodeBundle(relay1, CodecDeflate, txs, &p)
	require.Less(t, len(b), accounts*(64+20+5))
	decoded, err := DecodeBundle(b, &p)
	require.NoError(t, err)
	got, err := decoded.Txs(&p)
	require.NoError(t, err)
	require.Equal(t, txs, got)
}

// TestColumnsAtTheLimit: where the bundle would expand to as much as is allowed, but its columns to
// more, the body stays raw. What one relay writes, every node reads.
func TestColumnsAtTheLimit(t *testing.T) {
	t.Parallel()
	g := newGen(4)
	var txs [][]byte
	for i := range 20 { // of no shape
		tx := make([]byte, 400+i)
		g.fill(tx[:40])
		txs = append(txs, tx)
	}
	packed := 0
	for slack := range len(txs) + 10 {
		p := DefaultParams()
		p.MaxExpandedBytes = uint32(len(rawBody(txs)) + slack)
		b, err := DecodeBundle(EncodeBundle(relay1, CodecDeflate, txs, &p), &p)
		require.NoError(t, err)
		if b.Codec == CodecDeflate {
			packed++
		}
		got, err := b.Txs(&p)
		require.NoError(t, err, "%d bytes more than the transactions", slack)
		require.Equal(t, txs, got)
	}
	require.Equal(t, 9, packed, "one byte for each transaction, and one for no shapes")
}
