package relay

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/api"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// At height 3 the next bundle is in block 4 at the earliest, which layer 5 executes.
const (
	intakeHeight = 3
	intakeLayer  = 5
)

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.Policy.MinTip = 10 })
	n.mine(r, intakeHeight)
	c := dial(t, r)
	window := n.genesis.Params.UnorderedWindow
	valid := func(tx *rollup.Tx) { tx.RelayTip, tx.ExpiryLayer = 10, intakeLayer }
	tests := []struct {
		name   string
		change func(*rollup.Tx)
		want   rollup.Reason
	}{
		{"valid at the last possible layer", func(*rollup.Tx) {}, rollup.ReasonNone},
		{"pinned to this relay", func(x *rollup.Tx) { x.Relay = r.cfg.Account }, rollup.ReasonNone},
		{"last layer of the window", func(x *rollup.Tx) {
			x.Nonce, x.ExpiryLayer = rollup.Nonce{Kind: rollup.NonceUnordered}, intakeLayer+window
		}, rollup.ReasonNone},
		{"other network", func(x *rollup.Tx) { x.ChainID[3]++ }, rollup.ReasonWrongChain},
		{"other relay", func(x *rollup.Tx) { x.Relay = address.Address{5: 5} }, rollup.ReasonWrongRelay},
		{"expired", func(x *rollup.Tx) { x.ExpiryLayer-- }, rollup.ReasonExpired},
		{"beyond the window", func(x *rollup.Tx) {
			x.Nonce, x.ExpiryLayer = rollup.Nonce{Kind: rollup.NonceUnordered}, intakeLayer+window+1
		}, rollup.ReasonExpiryWindow},
		{"unordered for ever", func(x *rollup.Tx) {
			x.Nonce, x.ExpiryLayer = rollup.Nonce{Kind: rollup.NonceUnordered}, ^uint64(0)
		}, rollup.ReasonExpiryWindow},
		{"tip", func(x *rollup.Tx) { x.RelayTip = 9 }, rollup.ReasonTipTooLow},
		{"units", func(x *rollup.Tx) {
			x.MaxUnits[metering.Compute] = n.genesis.Params.MaxTx[metering.Compute] + 1
		}, rollup.ReasonOverLimit},
		{"fee", func(x *rollup.Tx) { x.MaxFee = 100 }, rollup.ReasonFeeAboveMax},
		{"fee beyond 64 bits", func(x *rollup.Tx) {
			x.MaxFee, x.RelayTip = ^uint64(0), ^uint64(0)
		}, rollup.ReasonFeeAboveMax},
		{"sponsor", func(x *rollup.Tx) { x.Sponsor = x.Principal }, rollup.ReasonSelfSponsor},
		{"nothing to do", func(x *rollup.Tx) { x.Calls = nil }, rollup.ReasonNoCalls},
		{"nonce", func(x *rollup.Tx) { x.Nonce.Value = ^uint64(0) }, rollup.ReasonBadNonce},
	}
	for _, tt := range tests {
		tx := n.tx(valid)
		tt.change(tx)
		resp, err := c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: tx.Encode()})
		if tt.want == rollup.ReasonNone {
			require.NoError(t, err, tt.name)
			id, h := tx.ID(), tx.Hash()
			require.Equal(t, id[:], resp.GetTxId(), tt.name)
			require.Equal(t, h[:], resp.GetTxHash(), tt.name)
			continue
		}
		requireReason(t, err, tt.want)
	}
	n.mine(r, 1)
	require.Empty(t, n.posted(), "nothing was flushed")
}

func TestSubmitRefusesBytes(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	c := dial(t, n.start(nil))
	good := n.tx(nil).Encode()
	version := append([]byte{}, good...)
	version[0] = 99
	for want, raws := range map[rollup.Reason][][]byte{
		rollup.ReasonMalformed:  {nil, good[:100]},
		rollup.ReasonBadAuthLen: {good[:len(good)-1], append(append([]byte{}, good...), 0)},
		rollup.ReasonBadVersion: {version},
		rollup.ReasonTooLarge:   {make([]byte, n.genesis.Params.MaxTxBytes+1)},
	} {
		for _, raw := range raws {
			_, err := c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: raw})
			requireReason(t, err, want)
		}
	}
	// What no field may be is refused before the message is read.
	_, err := c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: make([]byte, 4<<20)})
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
}

// requireReason checks that a refusal carries its reason for programs, too.
func requireReason(t *testing.T, err error, want rollup.Reason) {
	t.Helper()
	require.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
	require.Contains(t, err.Error(), want.String())
	details := status.Convert(err).Details()
	require.Len(t, details, 1)
	info, ok := details[0].(*errdetails.ErrorInfo)
	require.True(t, ok)
	require.Equal(t, want.String(), info.GetReason())
	require.Equal(t, api.ErrorDomain, info.GetDomain())
}

func TestSubmitTwiceIsKnown(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	c := dial(t, r)
	tx := n.tx(nil)
	for i := range 4 { // waiting, in flight, in a block, beyond every reorganisation
		resp, err := c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: tx.Encode()})
		require.NoError(t, err)
		require.Equal(t, i > 0, resp.GetKnown())
		switch i {
		case 0:
			require.NoError(t, r.Flush(t.Context()))
		case 1:
			n.mine(r, 1)
		case 2:
			n.mine(r, int(n.genesis.Params.ReorgBound))
			require.Empty(t, r.records, "only unfinished work stays in memory")
			require.Empty(t, r.postings)
		}
	}
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	n.requireOnce([]*rollup.Tx{tx})
	_, ok, err := r.store.Get(hashKey(keyRaw, tx.Hash()))
	require.NoError(t, err)
	require.False(t, ok, "finished transactions leave no bytes")
}

// A copy with another auth is another transaction, but does not take over the TxID.
func TestCopyDoesNotHideTheFirst(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	tx := n.accept(r, 1)[0]
	fake := *tx
	fake.Auth = append([]byte{1}, tx.Auth[1:]...)
	_, known, err := r.accept(t.Context(), fake.Encode())
	require.NoError(t, err)
	require.False(t, known)
	h, _, err := r.resolve(tx.ID())
	require.NoError(t, err)
	require.Equal(t, tx.Hash(), h)
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.MaxQueue = 3 })
	n.accept(r, 2)
	require.NoError(t, r.Flush(t.Context()))
	n.accept(r, 1)
	c := dial(t, r)
	submit := func() error {
		_, err := c.Submit(t.Context(), &athenav1.SubmitRequest{Tx: n.tx(nil).Encode()})
		return err
	}
	require.Equal(t, codes.ResourceExhausted, status.Code(submit()), "two in flight, one waits")
	n.mine(r, 1)
	require.NoError(t, submit())

	size := len(n.tx(nil).Encode())
	r = n.start(func(c *Config) { c.MaxQueueBytes, c.Key = 2*size, key("user") })
	n.accept(r, 2)
	_, _, err := r.accept(t.Context(), n.tx(nil).Encode())
	require.ErrorAs(t, err, &busyError{})
	require.NoError(t, r.Flush(t.Context()))
	n.accept(r, 2)
}

func TestStatusOfNobody(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	c := dial(t, n.start(nil))
	for want, ids := range map[codes.Code][][]byte{
		codes.NotFound:        {make([]byte, 32)},
		codes.InvalidArgument: {nil, make([]byte, 31), make([]byte, 33)},
	} {
		for _, id := range ids {
			_, err := c.Status(t.Context(), &athenav1.StatusRequest{Id: id})
			require.Equal(t, want, status.Code(err))
		}
	}
	_, err := c.SuggestFee(t.Context(), &athenav1.SuggestFeeRequest{Tx: n.tx(nil).Encode()})
	require.Equal(t, codes.FailedPrecondition, status.Code(err), "there is no executor to ask")
}

func TestExpiredInTheQueue(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	tx := n.tx(func(x *rollup.Tx) { x.ExpiryLayer = 4 })
	_, _, err := r.accept(t.Context(), tx.Encode())
	require.NoError(t, err)
	n.mine(r, 2)
	n.requireStage(r, stageAccepted, tx)
	n.mine(r, 1) // block 4 is executed by layer 5
	st, err := dial(t, r).Status(t.Context(), &athenav1.StatusRequest{Id: idOf(tx)})
	require.NoError(t, err)
	require.Equal(t, athenav1.Stage_STAGE_DROPPED, st.GetStage())
	require.Equal(t, "EXPIRED", st.GetReason())
	require.Zero(t, st.GetLayer())
	require.Empty(t, r.records)
	require.Zero(t, r.queueBytes)
	_, _, err = r.accept(t.Context(), tx.Encode())
	require.Error(t, err)
}

// A bundle that comes too late is ordered if something in it is still good, and what has expired is
// dropped there. If all has expired, it is given up, and its nonce is filled if another waits for it.
func TestExpiredInFlight(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	expiring := func() *rollup.Tx {
		tx := n.tx(func(x *rollup.Tx) { x.ExpiryLayer = n.height() + 3 })
		_, _, err := r.accept(t.Context(), tx.Encode())
		require.NoError(t, err)
		return tx
	}
	late := func(blocks int) { // L1 hears of nothing for so long
		n.link.blackHole.Store(true)
		require.NoError(t, r.Flush(t.Context()))
		n.mine(r, blocks)
		n.link.blackHole.Store(false)
		n.mine(r, 2)
	}
	mixed := []*rollup.Tx{expiring(), n.accept(r, 1)[0]}
	late(3)
	n.requireStage(r, stageDropped, mixed[0])
	n.requireStage(r, stageOrdered, mixed[1])
	n.requireOnce(mixed)

	gone := expiring()
	late(3)
	n.requireStage(r, stageDropped, gone)
	require.Len(t, r.postings, 1, "the other is in a block")
	n.requireOnce(mixed)

	gap := expiring()
	n.link.blackHole.Store(true)
	require.NoError(t, r.Flush(t.Context()))
	behind := n.accept(r, 1)
	late(3)
	n.requireStage(r, stageDropped, gap)
	n.requireStage(r, stageOrdered, behind...)
	n.requireOnce(append(mixed, behind...))
	require.Len(t, n.bundles(), 2, "its nonce went to a transfer")
}

func idOf(tx *rollup.Tx) []byte {
	id := tx.ID()
	return id[:]
}
