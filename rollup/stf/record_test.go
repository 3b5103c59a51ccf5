package stf

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

func sampleAcc() *Acc {
	a := &Acc{Used: metering.Units{1, 2, 3, 4, 5}, FeePool: 6, ItemIndex: 7, Burned: 8}
	for i := range 5 {
		a.Receipts.Append([]byte{byte(i)})
	}
	a.Withdrawals.Append(nil)
	return a
}

func sampleRecord() *rollup.LayerRecord {
	return &rollup.LayerRecord{
		ReceiptsRoot: rollup.Hash{1}, ReceiptsCount: 2, WithdrawalsRoot: rollup.Hash{3},
		WithdrawalsCount: 4, FeePool: 5, FeeCum: 6, Used: metering.Units{7, 8, 9, 10, 11}, Time: 12,
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	t.Parallel()
	acc, err := DecodeAcc(sampleAcc().Encode())
	require.NoError(t, err)
	require.Equal(t, sampleAcc().Encode(), acc.Encode()) // peaks that are not in use differ
	rec, err := rollup.DecodeLayerRecord(sampleRecord().Encode())
	require.NoError(t, err)
	require.Equal(t, sampleRecord(), rec)
	u, err := decodeUnclaimed((&Unclaimed{To: [24]byte{1}, Amount: 2}).encode())
	require.NoError(t, err)
	require.Equal(t, &Unclaimed{To: [24]byte{1}, Amount: 2}, u)
	c, err := decodeSeenCursor(seenCursor{layer: 1, index: 2}.encode())
	require.NoError(t, err)
	require.Equal(t, seenCursor{layer: 1, index: 2}, c)
}

// TestAccOfTooManyLeaves: a frontier near 2^64 leaves has no next one.
func TestAccOfTooManyLeaves(t *testing.T) {
	t.Parallel()
	b := sampleAcc().Encode()
	full := make([]byte, 8+64*32)
	for i := range full {
		full[i] = 0xff
	}
	var e []byte
	e = append(e, b[:40]...)
	e = append(e, 0x21, 0x20) // compact 2056
	e = append(e, full...)
	e = append(e, b[len(b)-(1+8+32+20):]...)
	_, err := DecodeAcc(e)
	require.ErrorContains(t, err, "leaves")
}

func FuzzRecords(f *testing.F) {
	f.Add(sampleAcc().Encode())
	f.Add(sampleRecord().Encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := DecodeAcc(b); err == nil {
			require.Equal(t, b, a.Encode())
			a.Receipts.Append(b)
			a.Receipts.Root()
		}
		if r, err := rollup.DecodeLayerRecord(b); err == nil {
			require.Equal(t, b, r.Encode())
		}
		if u, err := decodeUnclaimed(b); err == nil {
			require.Equal(t, b, u.encode())
		}
		if c, err := decodeSeenCursor(b); err == nil {
			require.Equal(t, b, c.encode())
		}
	})
}
