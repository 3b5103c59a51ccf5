package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
)

// FuzzParseReceipt: whatever a daemon answers, reading its receipt is an error, or gives what the
// encoding in it commits to.
func FuzzParseReceipt(f *testing.F) {
	b, err := proto.Marshal(Receipt(executed()))
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(athenav1.Receipt)
		if proto.Unmarshal(b, m) != nil {
			return
		}
		x, err := ParseReceipt(m)
		if err != nil {
			return
		}
		again, err := ParseReceipt(Receipt(x))
		require.NoError(t, err)
		require.Equal(t, x.Receipt.Encode(), again.Receipt.Encode())
		require.Equal(t, x.TxID, again.TxID)
		require.Len(t, again.Events, len(x.Events))
	})
}
