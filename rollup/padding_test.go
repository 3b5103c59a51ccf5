package rollup

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
)

// TestPaddingCostsNobody [23]: what is not signed cannot make a transaction longer, and its data units
// are its own encoding, whatever it is compressed with and whatever lies beside it in the bundle.
func TestPaddingCostsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.tx(1, 0)
	short := w.tx(2, 0, func(x *Tx) { x.Calls[0].Args = []byte{1} })
	raws := [][]byte{good, short}
	for _, codec := range []BundleCodec{CodecRaw, CodecDeflate} {
		w := newWorld(t)
		b := Bundle{Relay: relay1, Codec: codec, TxCount: 2, Body: body(raws...)}
		if codec == CodecDeflate {
			b.Body = deflate(columnsOf([]byte{0, 0, 0}, b.Body))
		}
		w.l1(&PostBundle{Bundle: b.Encode(), Weight: w.weight(good) + w.weight(short)})
		d := w.derive()
		require.Empty(t, d.Drops)
		for i := range d.Items {
			if it := &d.Items[i]; it.Kind == ItemTx {
				require.EqualValues(t, len(it.Tx.Encode()), it.Size)
				require.EqualValues(t, it.Size, w.p.Declared(it).Units[metering.Data])
			}
		}
	}
	// A relay pads the auth: dropped, with its sponsor's, too, and the good copy beside it is taken.
	for _, pad := range [][]byte{{0}, make([]byte, 100)} {
		w := newWorld(t)
		w.post(relay1, 0, append(good[:len(good):len(good)], pad...))
		w.post(relay2, 0, good)
		d := w.derive()
		require.Len(t, d.Drops, 1)
		require.Equal(t, ReasonBadAuthLen, d.Drops[0].Reason)
		require.Len(t, d.Items, 3)
		require.Equal(t, relay2, d.Items[1].Relay)
	}
}
