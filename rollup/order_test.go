package rollup

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sortKey is the definition of docs/spec/derive.md, written again.
func sortKey(h *Header, tx Hash) Hash {
	b := append([]byte("athena/order"), h.Beacon[:]...)
	b = binary.LittleEndian.AppendUint64(b, h.Height)
	return sha256.Sum256(append(b, tx[:]...))
}

func TestOrderIsTheShuffle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var raws [][]byte
	for i := range 30 {
		raws = append(raws, w.tx(byte(i), 0))
	}
	w.post(relay1, 0, raws...)
	got := txs(w.derive())
	require.True(t, slices.IsSortedFunc(got, func(a, b Hash) int {
		x, y := sortKey(&w.header, a), sortKey(&w.header, b)
		return bytes.Compare(x[:], y[:])
	}))
	w.header.Beacon[0]++
	require.NotEqual(t, got, txs(w.derive()), "another beacon, another order")
	w.header.Beacon[0]--
	w.header.Height++
	require.NotEqual(t, got, txs(w.derive()), "another height, another order")
}

func TestOrderWithinPrincipal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var raws [][]byte
	for i := range 60 {
		raws = append(raws, w.tx(byte(i%2), uint64(i/5), func(x *Tx) {
			x.Principal[9] = byte(i / 2 % 2) // two pairs that end alike
			x.Nonce.Kind = NonceKind(i % 3)
			x.Auth = []byte{byte(i)}
		}))
	}
	w.post(relay1, 0, raws...)
	d := w.derive()
	require.Empty(t, d.Drops)
	// Positions are the shuffle's, by principal; so are those of the unordered ones.
	shuffled := make([]*Tx, len(raws))
	for i, raw := range raws {
		shuffled[i] = w.decode(raw)
	}
	slices.SortFunc(shuffled, func(a, b *Tx) int {
		x, y := sortKey(&w.header, a.Hash()), sortKey(&w.header, b.Hash())
		return bytes.Compare(x[:], y[:])
	})
	last := map[[24]byte]*Tx{}
	for i, want := range shuffled {
		got := d.Items[i+1].Tx
		require.Equal(t, want.Principal, got.Principal)
		if want.Nonce.Kind == NonceUnordered {
			require.Equal(t, want.Hash(), got.Hash(), "an unordered one keeps its place")
			continue
		}
		require.NotEqual(t, NonceUnordered, got.Nonce.Kind)
		if prev := last[got.Principal]; prev != nil {
			require.LessOrEqual(t, prev.Nonce.Value, got.Nonce.Value)
			if p, g := prev.Hash(), got.Hash(); prev.Nonce.Value == got.Nonce.Value {
				require.Negative(t, bytes.Compare(p[:], g[:]))
			}
		}
		last[got.Principal] = got
	}
}

// The same set in any order of arrival, and in any bundles of one relay and bid, makes the same
// items.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGen(t)
		w := newWorld(t)
		full := rapid.Bool().Draw(t, "overfull")
		var raws [][]byte
		for i := range 1 + g.r.IntN(20) {
			raws = append(raws, w.tx(byte(i%5), uint64(g.r.IntN(3)), func(x *Tx) {
				x.Nonce.Kind = NonceKind(g.r.IntN(3))
				x.Auth = []byte{byte(i)}
				if full {
					x.MaxUnits = w.p.MaxTx
				}
			}))
		}
		if full { // room for a few
			w.p.Layer = w.p.SystemItem.Add(w.p.SystemItem)
			for range 5 {
				w.p.Layer = w.p.Layer.Add(w.p.MaxTx)
			}
		}
		arrive := func() Hash {
			w.source.Txs = nil
			g.r.Shuffle(len(raws), func(i, j int) { raws[i], raws[j] = raws[j], raws[i] })
			for rest := raws; len(rest) > 0; {
				n := 1 + g.r.IntN(len(rest))
				w.post(relay1, 4, rest[:n]...)
				rest = rest[n:]
			}
			d := Derive(&w.header, &w.source, nil, &w.p, w.chain)
			return d.ItemsRoot()
		}
		root := arrive()
		for range 3 {
			require.Equal(t, root, arrive())
		}
	})
}
