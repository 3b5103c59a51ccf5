package relay

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
)

// submit hands a transaction to the relay's API, without a network between.
func submit(ctx context.Context, r *Relay, tx *rollup.Tx) error {
	_, err := r.Service().Submit(ctx, &athenav1.SubmitRequest{Tx: tx.Encode()})
	return err
}

// requireRetry checks that a client learns when to try again.
func requireRetry(t *testing.T, err error, want codes.Code) {
	t.Helper()
	require.Equal(t, want, status.Code(err), "%v", err)
	details := status.Convert(err).Details()
	require.Len(t, details, 1)
	info, ok := details[0].(*errdetails.RetryInfo)
	require.True(t, ok)
	require.Positive(t, info.GetRetryDelay().AsDuration())
}

// What a dry run says decides, and so does what the principal has in the relay's hands.
func TestSimulationDecides(t *testing.T) {
	t.Parallel()
	ineffective := func(reason string) func(*rollup.Tx, *athenav1.SimulateResponse) {
		return func(_ *rollup.Tx, r *athenav1.SimulateResponse) {
			r.Outcome, r.Reason, r.Verified = "ineffective", reason, false
		}
	}
	forged := func(_ *rollup.Tx, r *athenav1.SimulateResponse) { r.Verified = false }
	tests := []struct {
		name    string
		answer  func(*rollup.Tx, *athenav1.SimulateResponse)
		pending bool
		want    rollup.Reason
	}{
		{name: "good"},
		{name: "fails, and pays", answer: func(_ *rollup.Tx, r *athenav1.SimulateResponse) {
			r.Outcome, r.Trap = "failed", "Panic"
		}},
		{name: "forged", answer: forged, want: rollup.ReasonVerifyFailed},
		{name: "forged", answer: forged, pending: true, want: rollup.ReasonVerifyFailed},
		{name: "poor", answer: ineffective("CANNOT_PAY"), want: rollup.ReasonCannotPay},
		{name: "poor", answer: ineffective("CANNOT_PAY"), pending: true, want: rollup.ReasonCannotPay},
		{name: "greedy verify", answer: ineffective("VERIFY_UNITS"), want: rollup.ReasonVerifyUnits},
		{name: "again", answer: ineffective("SEEN"), want: rollup.ReasonSeen},
		{name: "a reason of tomorrow", answer: ineffective("?"), want: rollup.ReasonVerifyFailed},
		{name: "no account", answer: ineffective("NOT_SPAWNED"), want: rollup.ReasonNotSpawned},
		{name: "spawn is on its way", answer: ineffective("NOT_SPAWNED"), pending: true},
		{name: "dear", want: rollup.ReasonFeeAboveMax,
			answer: func(_ *rollup.Tx, r *athenav1.SimulateResponse) { r.Prices.Read = 1 << 40 }},
		{name: "beyond 64 bits", want: rollup.ReasonFeeAboveMax,
			answer: func(_ *rollup.Tx, r *athenav1.SimulateResponse) { r.Prices.Read = ^uint64(0) }},
		{name: "used nonce", want: rollup.ReasonNonceMismatch,
			answer: func(tx *rollup.Tx, r *athenav1.SimulateResponse) { r.NextNonce = tx.Nonce.Value + 1 }},
	}
	for _, tt := range tests {
		n, d := newNetwork(t, nil), &dry{}
		r := n.start(func(c *Config) { c.ExecutorClient = d })
		if tt.pending {
			n.accept(r, 1)
		}
		d.set(func() { d.answer = tt.answer })
		tx := n.tx(nil)
		err := submit(t.Context(), r, tx)
		if tt.want != rollup.ReasonNone {
			requireReason(t, err, tt.want)
			_, rec, err := r.resolve(tx.ID())
			require.NoError(t, err)
			require.Nil(t, rec, tt.name)
			continue
		}
		require.NoError(t, err, tt.name)
		n.requireStage(r, stageAccepted, tx)
	}
}

// Nonces may be missing, but not too many: what fills no gap has no effect.
func TestNonceGap(t *testing.T) {
	t.Parallel()
	n, d := newNetwork(t, nil), &dry{answer: func(_ *rollup.Tx, r *athenav1.SimulateResponse) {
		r.NextNonce = 10
	}}
	r := n.start(func(c *Config) { c.ExecutorClient, c.Policy.MaxNonceGap = d, 2 })
	for _, step := range []struct {
		kind  rollup.NonceKind
		value uint64
		good  bool
	}{
		{rollup.NonceExact, 9, false},
		{rollup.NonceExact, 13, false},
		{rollup.NonceExact, 12, true}, // 10 and 11 are missing
		{rollup.NonceExact, 13, true}, // still
		{rollup.NonceExact, 15, false},
		{rollup.NonceExact, 10, true},
		{rollup.NonceExact, 15, true}, // 11 and 14
		{rollup.NonceExact, ^uint64(0) - 1, false},
		{rollup.NonceAtLeast, 9, false},
		{rollup.NonceAtLeast, 1_000, true},
		{rollup.NonceUnordered, 3, true},
	} {
		err := submit(t.Context(), r, n.tx(func(x *rollup.Tx) {
			x.Nonce, x.ExpiryLayer = rollup.Nonce{Kind: step.kind, Value: step.value}, 20
		}))
		if !step.good {
			requireReason(t, err, rollup.ReasonNonceMismatch)
			continue
		}
		require.NoError(t, err, "%v", step)
	}
}

// Dry runs are bounded in number and time; without an executor that answers, the operator's choice
// decides, and nothing that was accepted waits for it.
func TestSimulationIsBounded(t *testing.T) {
	t.Parallel()
	n, d := newNetwork(t, nil), &dry{}
	r := n.start(func(c *Config) {
		c.ExecutorClient, c.Policy.Simulations, c.Policy.SimulateTimeout = d, 1, testTime
	})
	open := n.start(func(c *Config) {
		c.ExecutorClient, c.Policy.AcceptUnsimulated, c.Key = d, true, key("user")
	})
	txs := n.accept(r, 1)

	block := make(chan struct{})
	d.set(func() { d.block = block })
	first, second := n.tx(nil), n.tx(nil)
	answers := make(chan error, 1)
	go func() { answers <- submit(t.Context(), r, first) }()
	require.Eventually(t, func() bool { return len(r.simulations) == 1 }, testTime, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	requireRetry(t, submit(ctx, r, second), codes.ResourceExhausted)
	d.set(func() { d.block = nil })
	close(block)
	require.NoError(t, <-answers)
	txs = append(txs, first)

	d.set(func() { d.down = true })
	requireRetry(t, submit(t.Context(), r, second), codes.Unavailable)
	require.NoError(t, submit(t.Context(), open, second))
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	n.requireOnce(txs)

	d.set(func() { d.down = false })
	n.mine(r, int(n.genesis.Params.ReorgBound)) // its state is that of layer 0
	requireRetry(t, submit(t.Context(), r, n.tx(nil)), codes.Unavailable)
	d.set(func() { d.layer = 3 })
	require.NoError(t, submit(t.Context(), r, n.tx(nil)))
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	require.Error(t, submit(ctx, r, n.tx(nil)))
}

// Each payer has a share of the queue; what is in a block, or dropped, counts no more, and a
// reorganisation counts it again. Exempt payers have no share.
func TestPayerLimits(t *testing.T) {
	t.Parallel()
	greedy, free := address.Address{2: 1}, address.Address{2: 2}
	from := func(payer address.Address) func(*rollup.Tx) {
		return func(x *rollup.Tx) { x.Principal = payer }
	}
	size := len(newNetwork(t, nil).tx(nil).Encode())
	for name, limit := range map[string]func(*Policy){
		"transactions": func(p *Policy) { p.MaxPayerTxs = 2 },
		"bytes":        func(p *Policy) { p.MaxPayerBytes = 2*size + 1 },
		"fees":         func(p *Policy) { p.MaxPayerFees = 2_999_999 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, dir := newNetwork(t, nil), t.TempDir()
			start := func() *Relay {
				return n.start(func(c *Config) {
					c.Dir, c.Policy.Exempt = dir, []address.Address{free}
					limit(&c.Policy)
				})
			}
			r := start()
			take := func(change func(*rollup.Tx)) error { return submit(t.Context(), r, n.tx(change)) }
			for range 2 {
				require.NoError(t, take(from(greedy)))
				require.NoError(t, take(from(free)))
			}
			requireRetry(t, take(from(greedy)), codes.ResourceExhausted)
			require.NoError(t, take(from(free)))
			require.NoError(t, take(from(address.Address{2: 3})), "others have their own share")
			requireRetry(t, take(func(x *rollup.Tx) { x.Sponsor = greedy }), codes.ResourceExhausted)

			require.NoError(t, r.Close())
			r = start()
			requireRetry(t, take(from(greedy)), codes.ResourceExhausted)
			require.NoError(t, r.Flush(t.Context()))
			requireRetry(t, take(from(greedy)), codes.ResourceExhausted)
			n.mine(r, 1)
			require.Empty(t, r.standing.payers)
			require.NoError(t, take(from(greedy)))
			require.NoError(t, n.link.chain.Load().Fork(1))
			n.sync(r)
			requireRetry(t, take(from(greedy)), codes.ResourceExhausted)
			require.NoError(t, r.Flush(t.Context()))
			n.mine(r, 2+int(n.genesis.Params.ReorgBound))
			require.Empty(t, r.standing.payers)
			require.Empty(t, r.standing.principals, "what has ended is not in memory")
		})
	}
}

// A relay may insist on transactions that nobody else can earn on.
func TestRefuseUnpinned(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.Policy.RefuseUnpinned = true })
	requireReason(t, submit(t.Context(), r, n.tx(nil)), rollup.ReasonWrongRelay)
	require.NoError(t, submit(t.Context(), r, n.tx(func(x *rollup.Tx) { x.Relay = r.cfg.Account })))
	info, err := r.Service().Info(t.Context(), &athenav1.RelayServiceInfoRequest{})
	require.NoError(t, err)
	require.True(t, info.GetRefusesUnpinned())
	require.False(t, info.GetSimulates(), "there is no executor")
	require.EqualValues(t, 1, info.GetWaiting())
}

// A full queue gates intake, and neither posting nor following.
func TestIntakeIsGatedNotTheDrain(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(func(c *Config) { c.MaxQueue, c.BundleTxs = 40, 2 })
	var txs []*rollup.Tx
	n.link.down.Store(true)
	for {
		tx := n.tx(nil)
		err := submit(t.Context(), r, tx)
		if err != nil {
			requireRetry(t, err, codes.ResourceExhausted)
			break
		}
		txs = append(txs, tx)
	}
	require.Len(t, txs, 40)
	n.link.down.Store(false)
	require.NoError(t, r.Flush(t.Context()))
	require.Len(t, r.postings, maxInFlight)
	require.Error(t, submit(t.Context(), r, n.tx(nil)), "in flight is not in a block")
	n.mine(r, 1)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	n.requireOnce(txs)
	require.NoError(t, submit(t.Context(), r, n.tx(nil)))
}

// What could not pay at the prices of L1 waits for better ones, with what its principal sent after
// it; others pass it.
func TestPricedOut(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	poor := func(x *rollup.Tx) {
		it := &rollup.Item{Kind: rollup.ItemTx, Tx: x, Size: uint32(len(x.Encode()))}
		it.Weight = n.genesis.Params.Weight(n.genesis.Params.Declared(it))
		it.DataPrice, it.InclusionPrice = 1, 1
		x.MaxFee, _ = rollup.RelayFee(it)
	}
	waits := []*rollup.Tx{n.tx(poor), n.tx(nil)}
	passes := n.tx(func(x *rollup.Tx) { x.Principal = address.Address{2: 99} })
	for _, tx := range append(waits, passes) {
		require.NoError(t, submit(t.Context(), r, tx))
	}
	header := r.header
	header.InclusionPrice++
	require.Equal(t, []rollup.Hash{passes.Hash()}, r.take(&header).hashes)
	require.Len(t, r.take(&r.header).hashes, 3)

	// While nothing can be posted, nobody asks L1 for a bundle again and again.
	require.NoError(t, r.commit(mustSeal(t, r, r.take(&header))))
	require.Empty(t, r.take(&header).hashes)
	require.True(t, r.stalled)
	require.Equal(t, []rollup.Hash{waits[0].Hash(), waits[1].Hash()}, r.queue)
	n.mine(r, 1)
	require.False(t, r.stalled)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	n.requireOnce(append(waits, passes))
}

func mustSeal(t *testing.T, r *Relay, b batch) *posting {
	t.Helper()
	v, err := r.look(t.Context())
	require.NoError(t, err)
	p, err := r.seal(t.Context(), v, b)
	require.NoError(t, err)
	return p
}

// What has ended is forgotten after the retention, or when there is too much of it, oldest first.
func TestFinishedIsForgotten(t *testing.T) {
	t.Parallel()
	n, dir := newNetwork(t, nil), t.TempDir()
	start := func(retention uint64, most int) *Relay {
		return n.start(func(c *Config) { c.Dir, c.Retention, c.MaxFinished = dir, retention, most })
	}
	stored := func(r *Relay) (count int) {
		for _, space := range []byte{keyRecord, keyID, keyRaw, keyFinished} {
			require.NoError(t, r.each(space, func(_, _ []byte) error { count++; return nil }))
		}
		return count
	}
	bound := int(n.genesis.Params.ReorgBound)
	r := start(5, 0)
	old := n.accept(r, 3)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1+bound)
	require.Empty(t, r.postings)
	require.Equal(t, 3*3, stored(r), "a record, a name and an age each")
	n.mine(r, 5)
	n.requireStage(r, stageOrdered, old...)
	n.mine(r, 1)
	require.Zero(t, stored(r))
	_, err := r.Service().Status(t.Context(), &athenav1.StatusRequest{Id: idOf(old[0])})
	require.Equal(t, codes.NotFound, status.Code(err))

	var expired []*rollup.Tx
	for range 4 {
		tx := n.tx(func(x *rollup.Tx) { x.ExpiryLayer = n.height() + 2 })
		require.NoError(t, submit(t.Context(), r, tx))
		expired = append(expired, tx)
		n.mine(r, 1)
	}
	require.Equal(t, 4, r.finished)
	require.NoError(t, r.Close())
	r = start(1_000, 2)
	require.Equal(t, 2, r.finished, "after its first look at L1")
	n.requireStage(r, stageDropped, expired[2:]...)
	_, rec, err := r.resolve(expired[1].ID())
	require.NoError(t, err)
	require.Nil(t, rec)
}
