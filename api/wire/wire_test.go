package wire

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

func executed() *Executed {
	x := &Executed{
		TxID: rollup.Hash{1}, Layer: 7, Return: []byte("result"),
		Events: []rollup.Event{
			{Account: [24]byte{23: 5}, Topics: []rollup.Hash{{9}, {8}}, Data: []byte("first")},
			{Account: [24]byte{23: 6}},
		},
	}
	leaves := [][]byte{x.Events[0].Encode(), x.Events[1].Encode()}
	x.Receipt = rollup.Receipt{
		TxHash: rollup.Hash{2}, ItemIndex: 3, Outcome: rollup.OutcomeFailed, Trap: uint8(trap.Panic),
		Units: metering.Units{1, 2, 3, 4, 5}, Fee: 99, Relay: [24]byte{1: 2},
		ReturnHash: sha256.Sum256(x.Return), EventsRoot: rollup.MMRRoot(leaves),
		Message: []byte("no \xff good"),
	}
	return x
}

func TestReceiptRoundTrip(t *testing.T) {
	t.Parallel()
	x := executed()
	b, err := proto.Marshal(Receipt(x))
	require.NoError(t, err, "a message that is not UTF-8 must not break the answer")
	m := new(athenav1.Receipt)
	require.NoError(t, proto.Unmarshal(b, m))
	require.Equal(t, "no \uFFFD good", m.GetMessage())
	require.Equal(t, "failed", m.GetOutcome())
	require.Equal(t, "Panic", m.GetTrap())
	require.Empty(t, m.GetReason())
	require.Equal(t, x.Receipt.Units, ParseUnits(m.GetUnits()))
	got, err := ParseReceipt(m)
	require.NoError(t, err)
	require.Equal(t, x, got)
}

func TestParseReceiptRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*athenav1.Receipt){
		"encoding":    func(m *athenav1.Receipt) { m.Encoded = m.Encoded[:len(m.Encoded)-1] },
		"return data": func(m *athenav1.Receipt) { m.ReturnData = []byte("other") },
		"event data":  func(m *athenav1.Receipt) { m.Events[0].Data = nil },
		"event count": func(m *athenav1.Receipt) { m.Events = m.Events[:1] },
		"account":     func(m *athenav1.Receipt) { m.Events[0].Account = nil },
		"topic":       func(m *athenav1.Receipt) { m.Events[0].Topics[0] = []byte{1} },
		"tx id":       func(m *athenav1.Receipt) { m.TxId = []byte{1, 2} },
	} {
		m := Receipt(executed())
		spoil(m)
		_, err := ParseReceipt(m)
		require.Error(t, err, name)
	}
}

func TestFieldsSayWhatToSend(t *testing.T) {
	t.Parallel()
	_, err := Hash("id", make([]byte, 31))
	require.EqualError(t, err, "id has 31 bytes; send the 32 bytes of a hash")
	_, err = Address("address", make([]byte, 20))
	require.EqualError(t, err, "address has 20 bytes; send the 24 bytes of an address")
}

func TestNames(t *testing.T) {
	t.Parallel()
	require.Empty(t, Trap(trap.None))
	require.Empty(t, Reason(rollup.ReasonNone))
	require.Equal(t, "EXPIRED", Reason(rollup.ReasonExpired))
	require.Empty(t, Verdict(rollup.VerdictNone))
	require.Equal(t, "FRAUD", Verdict(rollup.VerdictFraud))
	require.Equal(t, "ineffective", Outcome(rollup.OutcomeIneffective))
}
