package stf

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

func sampleAcc() *Acc {
	a := &Acc{Used: metering.Units{1, 2, 3, 4, 5}, FeePool: 6, ItemIndex: 7, Burned: 8}
	for i := range 5 {
		a.Receipts.Append([]byte{byte(i)})
	}
	a.Withdrawals.Append(nil)
	a.Relays = []RelayCredit{{To: [24]byte{9}, Amount: 10}, {To: [24]byte{11}, Amount: 12}}
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
	require.Equal(t, sampleAcc().Relays, acc.Relays)
	rec, err := rollup.DecodeLayerRecord(sampleRecord().Encode())
	require.NoError(t, err)
	require.Equal(t, sampleRecord(), rec)
	u, err := decodeUnclaimed((&Unclaimed{To: [24]byte{1}, Amount: 2}).encode())
	require.NoError(t, err)
	require.Equal(t, &Unclaimed{To: [24]byte{1}, Amount: 2}, u)
	r, err := decodeRates((&rates{prices: metering.Units{1, 2, 3, 4, 5}, rentIndex: 6}).encode())
	require.NoError(t, err)
	require.Equal(t, rates{prices: metering.Units{1, 2, 3, 4, 5}, rentIndex: 6}, r)
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
	e = append(e, b[len(b)-(1+8+32+20+1+2*32):]...)
	_, err := DecodeAcc(e)
	require.ErrorContains(t, err, "leaves")
}

// TestEarn: credits are summed by relay in the order of first appearance, in as many places as there
// are, and no sum wraps.
func TestEarn(t *testing.T) {
	t.Parallel()
	a := new(Acc)
	for i := range rollup.MaxRelayCredits {
		require.True(t, a.earn(RelayCredit{To: [24]byte{byte(i)}, Amount: 5}))
	}
	require.False(t, a.earn(RelayCredit{To: [24]byte{99}, Amount: 5}))
	require.True(t, a.earn(RelayCredit{To: [24]byte{3}, Amount: math.MaxUint64 - 5}))
	require.False(t, a.earn(RelayCredit{To: [24]byte{3}, Amount: 1}))
	require.Len(t, a.Relays, rollup.MaxRelayCredits)
	require.Equal(t, RelayCredit{To: [24]byte{2}, Amount: 5}, a.Relays[2])
	require.Equal(t, RelayCredit{To: [24]byte{3}, Amount: math.MaxUint64}, a.Relays[3])
	a.Relays = append(a.Relays, RelayCredit{})
	_, err := DecodeAcc(a.Encode())
	require.Error(t, err, "more than there are places")
}

// TestHotRecords: the records that this package reads and writes all the time are those that state
// keeps at the top of the tree.
func TestHotRecords(t *testing.T) {
	t.Parallel()
	for _, name := range []string{recordAcc, recordRates, recordUsage, recordSweep, recordBurned,
		recordFeesDue, recordSeenNext} {
		_, ok := state.HotRecord(name)
		require.True(t, ok, name)
	}
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
