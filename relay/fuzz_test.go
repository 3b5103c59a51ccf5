package relay

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

func FuzzDecodeRecord(f *testing.F) {
	rec := &record{seq: 7, stage: stageOrdered, layer: 9, posting: 2, txID: rollup.Hash{1}, expiry: 12, ended: 3}
	f.Add(rec.write(rollup.Hash{}).Value)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := decodeRecord(b)
		if err == nil && !bytes.Equal(rec.write(rollup.Hash{}).Value, b) {
			t.Fatal("decodes to something else")
		}
	})
}

func FuzzDecodePosting(f *testing.F) {
	p := rollup.DefaultParams()
	tx := &rollup.L1Tx{Payload: &rollup.PostBundle{
		Bundle: rollup.EncodeBundle([24]byte{1}, rollup.CodecRaw, nil, &p), Weight: 5,
	}}
	tx.Sign(key("relay"))
	good := posting{seq: 3, raw: tx.Encode(), height: 4, txs: []rollup.Hash{{1}, {2}}}
	good.bids = []bid{{cost: 5, signature: tx.Signature}, {price: 2, cost: 6}}
	f.Add(seqKey(keyPosting, 3), good.write().Value)
	f.Add([]byte{keyPosting}, []byte{})
	f.Fuzz(func(t *testing.T, k, v []byte) {
		got, err := decodePosting(k, v, &p)
		if err == nil && !bytes.Equal(got.write().Value, v) {
			t.Fatal("decodes to something else")
		}
	})
}

func FuzzDecodeAccount(f *testing.F) {
	a := account{seq: 3, height: 4, open: []due{{tx: rollup.Hash{1}, pay: pay{1, 2, 3}}}}
	f.Add(seqKey(keyAccount, 3), a.write().Value)
	f.Add([]byte{keyAccount}, []byte{})
	f.Fuzz(func(t *testing.T, k, v []byte) {
		got, err := decodeAccount(k, v)
		if err == nil && !bytes.Equal(got.write().Value, v) {
			t.Fatal("decodes to something else")
		}
	})
}

// FuzzSubmit hands a relay any bytes: it refuses them with a reason, or keeps them as they are.
func FuzzSubmit(f *testing.F) {
	n := newNetwork(f, nil)
	r := n.start(func(c *Config) { c.MaxQueue, c.Policy.MaxPayerTxs = 1<<30, 1<<30 })
	f.Add(n.tx(nil).Encode())
	f.Add(n.tx(func(tx *rollup.Tx) { tx.Nonce.Kind = rollup.NonceUnordered }).Encode())
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		tx, _, err := r.accept(t.Context(), raw)
		if err != nil {
			var refused *rollup.RefusedError
			if !errors.As(err, &refused) && !errors.As(err, &busyError{}) {
				t.Fatalf("no refusal: %v", err)
			}
			return
		}
		kept, ok, err := r.store.Get(hashKey(keyRaw, tx.Hash()))
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, raw, kept)
	})
}
