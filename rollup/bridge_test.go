package rollup

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

func TestAttachedCallHasOneForm(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	encode := func(change func(e *scale.Encoder)) []byte {
		tx := newGen(1).l1tx(L1Transfer)
		tx.Payload = &Deposit{Amount: 7}
		whole := tx.Encode()
		head := whole[:1+32+32+8+1+24+8] // up to the amount
		e := scale.Encoder{B: append([]byte(nil), head...)}
		change(&e)
		e.Raw(whole[len(whole)-64:])
		return e.B
	}
	units := metering.Units{0, 5, 6, 7, 8}
	for _, tc := range []struct {
		name    string
		attach  func(e *scale.Encoder)
		refused Reason
	}{
		{"none", func(e *scale.Encoder) { e.U8(0) }, ReasonNone},
		{"a call", func(e *scale.Encoder) {
			e.U8(1)
			e.Bytes([]byte("payload"))
			encodeUnits(e, &units)
		}, ReasonNone},
		{"a call without a payload", func(e *scale.Encoder) {
			e.U8(1)
			e.Bytes(nil)
			encodeUnits(e, &units)
		}, ReasonMalformed},
		{"data declared twice", func(e *scale.Encoder) {
			e.U8(1)
			e.Bytes([]byte("payload"))
			encodeUnits(e, &metering.Units{1})
		}, ReasonMalformed},
		{"another tag", func(e *scale.Encoder) { e.U8(2) }, ReasonMalformed},
		{"a payload above the limit", func(e *scale.Encoder) {
			e.U8(1)
			e.Bytes(make([]byte, p.MaxDepositUnits[metering.Data]+1))
			encodeUnits(e, &units)
		}, ReasonTooLarge},
	} {
		b := encode(tc.attach)
		tx, err := DecodeL1Tx(b, &p)
		if tc.refused != ReasonNone {
			require.Equal(t, tc.refused, reasonOf(err), tc.name)
			continue
		}
		require.NoError(t, err, tc.name)
		require.Equal(t, b, tx.Encode(), tc.name)
	}
}

func TestDeclaredDeposit(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	plain := p.Declared(&Item{Kind: ItemDeposit})
	require.Equal(t, p.declaredSystem(), plain)
	d := p.Declared(&Item{Kind: ItemDeposit, Deposit: DepositItem{
		Payload: make([]byte, 10), MaxUnits: metering.Units{0, 1_000, 4_096, 50, 60},
	}})
	require.Equal(t, p.SystemItem.Add(metering.Units{10, 1_000, 4_096, 50, 60}), d.Units)
	require.Equal(t, plain.Keys+4, d.Keys, "the mint's and the call's")
	require.Equal(t, plain.ValueBytes+4_096, d.ValueBytes)
	require.Equal(t, uint64(4_096), d.CodeBytes)
}

// TestDepositItemNamesItsSender: derivation takes the sender from the signed transaction.
func TestDepositItemNamesItsSender(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := &Deposit{To: relay1, Amount: 5, Payload: []byte{1}, MaxUnits: metering.Units{1: 9}}
	id := w.l1(d)
	items := w.derive().Items
	require.Equal(t, DepositItem{
		ID: id, From: w.source.Txs[0].From(), To: relay1, Amount: 5, Payload: []byte{1},
		MaxUnits: metering.Units{1: 9},
	}, items[1].Deposit)
}

// TestAliasIsOfItsOwnKind [16]: no account that can be spawned has a depositor's alias.
func TestAliasIsOfItsOwnKind(t *testing.T) {
	t.Parallel()
	a, b := L1Alias(address.Address{1}), L1Alias(address.Address{2})
	require.NotEqual(t, a, b)
	require.Equal(t, [4]byte{3: 1}, [4]byte(a[:4]))
	require.Equal(t, [4]byte{}, func() [4]byte {
		spawned := address.OfSpawn(a, a[:])
		return [4]byte(spawned[:4])
	}(), "whatever is spawned, and from whatever, has another kind")
}

func TestWithdrawalRoundTrip(t *testing.T) {
	t.Parallel()
	g := newGen(3)
	for range 50 {
		w := g.withdrawal()
		back, err := DecodeWithdrawal(w.Encode())
		require.NoError(t, err)
		require.Equal(t, w, back)
	}
	_, err := DecodeWithdrawal(append(g.withdrawal().Encode(), 0))
	require.Equal(t, ReasonMalformed, reasonOf(err))
}
