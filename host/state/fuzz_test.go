package state

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/trap"
)

// FuzzLeaf puts any bytes in the place of each record: reading and overwriting it gives a value or a
// fault, never a panic, and a header that is read encodes to what it was read from.
func FuzzLeaf(f *testing.F) {
	h := Header{Status: Live, Balance: 7, Blob: "blob"}
	f.Add(h.encode(), true)
	h.Blob, h.BlobHash, h.Arrears = "", [32]byte{1}, 1
	f.Add(h.encode(), true)
	f.Add(append(make([]byte, 32), 255, 255, 255, 255), true)
	f.Add(make([]byte, 40), true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, payload []byte, prefixed bool) {
		var key [32]byte
		b := newBackend()
		for _, r := range []record{
			recordOf(KindHeader, addr(1), nil), recordOf(KindTemplate, addr(1), nil),
			recordOf(KindBlob, addr(1), nil), recordOf(KindSlot, addr(1), key[:]),
			recordOf(KindCode, addr(1), chunkSlot(0)),
		} {
			b.values[r.key] = payload
			if prefixed {
				b.values[r.key] = r.leaf(payload)
			}
		}
		s := New(b)
		got, ok := s.Header(addr(1))
		if ok {
			require.Equal(t, payload, got.encode())
		} else {
			require.Equal(t, trap.StateCollision, s.TakeFault())
		}
		s.Template(addr(1))
		s.Code(addr(1), nil)
		s.Blob(addr(1), &got)
		s.Blob(addr(1), &Header{Status: Live, BlobHash: [32]byte{1}})
		s.Slot(addr(1), key)
		s.TakeFault()
		s.SetSlot(addr(1), key, []byte{1})
		s.DeleteSlot(addr(1), key)
		s.TakeFault()
		s.Credit(addr(1), 1)
		s.Debit(addr(1), 1)
		require.NoError(t, s.Err())
	})
}
