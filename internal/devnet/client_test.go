package devnet

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/client"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTime is more than anything in a test takes, also on a slow machine.
const testTime = 60 * time.Second

// net starts a network with one executor; blocks are made by Mine alone.
func net(t *testing.T) (*Net, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	n, err := Start(ctx, Config{Seed: 5, Executors: 1, BundleInterval: time.Hour})
	require.NoError(t, err)
	t.Cleanup(func() {
		cancel()
		require.NoError(t, n.Close())
	})
	_, _, err = n.Mine(ctx)
	require.NoError(t, err)
	return n, ctx
}

// send prepares a transaction as the relay suggests and brings it into a layer.
func send(
	ctx context.Context, t *testing.T, n *Net, w *wallet.Wallet, calls ...rollup.Call,
) (*rollup.Tx, *athenav1.Receipt) {
	t.Helper()
	tx, err := n.Client.Prepare(ctx, w, calls...)
	require.NoError(t, err)
	id, err := n.Client.Submit(ctx, tx)
	require.NoError(t, err)
	require.Equal(t, tx.ID(), id)
	for range 2 {
		_, _, err = n.Mine(ctx)
		require.NoError(t, err)
	}
	st, err := n.Client.Wait(ctx, id, athenav1.Stage_STAGE_EXECUTED)
	require.NoError(t, err)
	require.NotNil(t, st.GetReceipt(), "%s %s", st.GetStage(), st.GetReason())
	return tx, st.GetReceipt()
}

func balance(ctx context.Context, t *testing.T, n *Net, a address.Address) uint64 {
	t.Helper()
	got, err := n.Client.Executor.Account(ctx, &athenav1.AccountRequest{Address: a[:]})
	require.NoError(t, err)
	return got.GetBalance()
}

func args(to address.Address, amount uint64) []byte {
	var e scale.Encoder
	e.Raw(to[:])
	e.U64(amount)
	return e.B
}

// What the relay suggests is enough for everything that a wallet does, with the real wallet and token,
// and what is charged is within what was signed.
func TestWalletThroughARelay(t *testing.T) {
	t.Parallel()
	n, ctx := net(t)
	alice, bob := Account(5, 0), Account(5, 1)
	check := func(what string, calls ...rollup.Call) *athenav1.Receipt {
		t.Helper()
		before := balance(ctx, t, n, alice.Address())
		tx, r := send(ctx, t, n, alice, calls...)
		require.Equal(t, "success", r.GetOutcome(), "%s: %s %s", what, r.GetTrap(), r.GetMessage())
		require.LessOrEqual(t, r.GetFee(), tx.MaxFee, what)
		require.Positive(t, r.GetFee(), what)
		require.LessOrEqual(t, balance(ctx, t, n, alice.Address()), before-r.GetFee(), what)
		return r
	}
	bobs := balance(ctx, t, n, bob.Address())
	check("spawn and spend", wallet.Spend(bob.Address(), 1_000))
	require.Equal(t, bobs+1_000, balance(ctx, t, n, bob.Address()))
	check("two calls", wallet.Spend(bob.Address(), 5), wallet.Spend(bob.Address(), 6))
	require.Equal(t, bobs+1_011, balance(ctx, t, n, bob.Address()))

	elf, err := fixtures.ELF("token")
	require.NoError(t, err)
	check("deploy", wallet.Deploy(elf))
	template := address.OfTemplate(address.CodeHash(elf))
	own, wallets := alice.Address(), WalletTemplate()
	var e scale.Encoder
	e.Raw(own[:])
	e.Raw(wallets[:])
	e.U64(77)
	token := address.OfSpawn(template, e.B)
	check("spawn a token", wallet.Proxy(template, "spawn", e.B, 0))
	check("mint", wallet.Proxy(token, "mint", args(own, 500), 0))
	r := check("transfer", wallet.Proxy(token, "transfer", args(bob.Address(), 200), 0))
	require.Len(t, r.GetEvents(), 1)
	require.Equal(t, uint64(300), tokens(ctx, t, n, token, own))
	require.Equal(t, uint64(200), tokens(ctx, t, n, token, bob.Address()))
}

func tokens(ctx context.Context, t *testing.T, n *Net, token, owner address.Address) uint64 {
	t.Helper()
	got, err := n.Client.Executor.Call(ctx, &athenav1.CallRequest{
		Address: token[:], Method: "balance_of", Args: owner[:],
	})
	require.NoError(t, err)
	d := scale.NewDecoder(got.GetReturnData())
	v := d.U64()
	require.NoError(t, d.Finish())
	return v
}

// A transaction goes through every stage, back after a reorganisation, and forward again.
func TestStagesOfATransaction(t *testing.T) {
	t.Parallel()
	n, ctx := net(t)
	alice, bob := Account(5, 0), Account(5, 1)
	tx, err := n.Client.Prepare(ctx, alice, wallet.Spend(bob.Address(), 9))
	require.NoError(t, err)
	id, err := n.Client.Submit(ctx, tx)
	require.NoError(t, err)
	stage := func() *athenav1.StatusResponse {
		t.Helper()
		st, err := n.Client.Relay.Status(ctx, &athenav1.StatusRequest{Id: id[:]})
		require.NoError(t, err)
		return st
	}
	mine := func() {
		t.Helper()
		_, _, err := n.Mine(ctx)
		require.NoError(t, err)
	}
	require.Equal(t, athenav1.Stage_STAGE_ACCEPTED, stage().GetStage())
	require.Empty(t, stage().GetBundleL1Tx())
	require.NoError(t, n.Relay.Flush(ctx))
	require.Equal(t, athenav1.Stage_STAGE_BUNDLED, stage().GetStage())
	bundle := stage().GetBundleL1Tx()
	require.Len(t, bundle, 32)
	mine()
	require.Equal(t, athenav1.Stage_STAGE_ORDERED, stage().GetStage())
	require.Equal(t, uint64(3), stage().GetLayer())
	mine()
	require.Equal(t, athenav1.Stage_STAGE_EXECUTED, stage().GetStage())
	require.Equal(t, "success", stage().GetReceipt().GetOutcome())
	paid := balance(ctx, t, n, bob.Address())

	require.NoError(t, n.Chain.Fork(2))
	require.NoError(t, n.Sync(ctx))
	require.Equal(t, athenav1.Stage_STAGE_BUNDLED, stage().GetStage())
	require.Zero(t, stage().GetLayer())
	require.Equal(t, bundle, stage().GetBundleL1Tx())

	want := athenav1.Stage_STAGE_ORDERED
	for range 40 { // every stage once, in order, none twice
		mine()
		got := stage().GetStage()
		require.GreaterOrEqual(t, got, want)
		require.LessOrEqual(t, got, want+1)
		want = got
	}
	require.Equal(t, athenav1.Stage_STAGE_FINAL, want)
	require.Equal(t, paid, balance(ctx, t, n, bob.Address()), "executed once")
	byHash, err := n.Client.Relay.Status(ctx, &athenav1.StatusRequest{Id: stage().GetTxHash()})
	require.NoError(t, err)
	require.Equal(t, athenav1.Stage_STAGE_FINAL, byHash.GetStage())

	again, err := n.Client.Relay.Submit(ctx, &athenav1.SubmitRequest{Tx: tx.Encode()})
	require.NoError(t, err)
	require.True(t, again.GetKnown(), "what had an effect is not posted again")
}

// What was ordered in vain may be sent again, and the status is that of the newest attempt.
func TestSentAgainAfterNoEffect(t *testing.T) {
	t.Parallel()
	n, ctx := net(t)
	alice, bob := Account(5, 0), Account(5, 1)
	_, r := send(ctx, t, n, alice, wallet.Spend(bob.Address(), 1))
	require.Equal(t, "success", r.GetOutcome())
	early, err := n.Client.Prepare(ctx, alice, wallet.Spend(bob.Address(), 2))
	require.NoError(t, err)
	early.Nonce.Value++
	alice.Sign(early)
	id, err := n.Client.Submit(ctx, early)
	require.NoError(t, err)
	for range 2 {
		_, _, err = n.Mine(ctx)
		require.NoError(t, err)
	}
	st, err := n.Client.Wait(ctx, id, athenav1.Stage_STAGE_EXECUTED)
	require.NoError(t, err)
	require.Equal(t, "ineffective", st.GetReceipt().GetOutcome())
	_, r = send(ctx, t, n, alice, wallet.Spend(bob.Address(), 1)) // the nonce that was missing
	require.Equal(t, "success", r.GetOutcome())

	resp, err := n.Client.Relay.Submit(ctx, &athenav1.SubmitRequest{Tx: early.Encode()})
	require.NoError(t, err)
	require.False(t, resp.GetKnown())
	st, err = n.Client.Relay.Status(ctx, &athenav1.StatusRequest{Id: id[:]})
	require.NoError(t, err)
	require.Equal(t, athenav1.Stage_STAGE_ACCEPTED, st.GetStage())
	_, _, err = n.Mine(ctx)
	require.NoError(t, err)
	st, err = n.Client.Relay.Status(ctx, &athenav1.StatusRequest{Id: id[:]})
	require.NoError(t, err)
	require.Equal(t, athenav1.Stage_STAGE_ORDERED, st.GetStage(), "the old receipt is not its own")
	for range 1 + int(n.Genesis.Params.ReorgBound) {
		_, _, err = n.Mine(ctx)
		require.NoError(t, err)
	}
	st, err = n.Client.Wait(ctx, id, athenav1.Stage_STAGE_EXECUTED)
	require.NoError(t, err)
	require.Equal(t, "success", st.GetReceipt().GetOutcome())
}

func TestDroppedByItsLayer(t *testing.T) {
	t.Parallel()
	n, ctx := net(t)
	alice, bob := Account(5, 0), Account(5, 1)
	tx, err := n.Client.Prepare(ctx, alice, wallet.Spend(bob.Address(), 1))
	require.NoError(t, err)
	tx.ExpiryLayer = 4
	alice.Sign(tx)
	id, err := n.Client.Submit(ctx, tx)
	require.NoError(t, err)
	for range 3 { // blocks without the relay: the transaction waits too long
		_, _, err = n.Chain.Mine(ctx)
		require.NoError(t, err)
		require.NoError(t, n.Sync(ctx))
	}
	st, err := n.Client.Wait(ctx, id, athenav1.Stage_STAGE_FINAL)
	require.NoError(t, err)
	require.Equal(t, athenav1.Stage_STAGE_DROPPED, st.GetStage())
	require.Equal(t, "EXPIRED", st.GetReason())
}

func TestPrepareRefusesWhatWouldFail(t *testing.T) {
	t.Parallel()
	n, ctx := net(t)
	alice, bob := Account(5, 0), Account(5, 1)
	_, err := n.Client.Prepare(ctx, alice, wallet.Spend(bob.Address(), 2*AccountBalance))
	var dry *client.DryRunError
	require.ErrorAs(t, err, &dry)
	require.Equal(t, "failed", dry.Outcome)
	require.NotEmpty(t, dry.Trap)
	require.Contains(t, dry.Error(), dry.Trap)

	nobody := &wallet.Wallet{Key: Key(5, "nobody"), Template: address.Address{1}}
	_, err = n.Client.Prepare(ctx, nobody, wallet.Spend(bob.Address(), 1))
	require.ErrorAs(t, err, &dry)
	require.Equal(t, "ineffective", dry.Outcome)

	_, err = n.Client.Wait(ctx, rollup.Hash{1}, athenav1.Stage_STAGE_FINAL)
	require.Equal(t, codes.NotFound, status.Code(err))
	tx, err := n.Client.Prepare(ctx, alice, wallet.Spend(bob.Address(), 1))
	require.NoError(t, err)
	id, err := n.Client.Submit(ctx, tx)
	require.NoError(t, err)
	soon, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = n.Client.Wait(soon, id, athenav1.Stage_STAGE_FINAL)
	require.Error(t, err, "nobody mines")
	tx.RelayTip, tx.ChainID = 0, rollup.Hash{}
	_, err = n.Client.Submit(ctx, tx)
	require.ErrorContains(t, err, "WRONG_CHAIN")
}

// The suggested fee is enough although L1 gets dearer until the transaction is in a block.
func TestSuggestedFeeOutlastsRisingPrices(t *testing.T) {
	t.Parallel()
	n, ctx := net(t)
	alice, bob := Account(5, 0), Account(5, 1)
	tx, err := n.Client.Prepare(ctx, alice, wallet.Spend(bob.Address(), 1))
	require.NoError(t, err)
	tip, err := n.Chain.Tip(ctx)
	require.NoError(t, err)
	first, err := n.Chain.Layer(ctx, tip.Height)
	require.NoError(t, err)
	for range 3 {
		account, err := n.Chain.Account(ctx, bob.L1Address())
		require.NoError(t, err)
		crowd := &rollup.L1Tx{
			ChainID: n.Genesis.ChainID(), Nonce: account.Nonce,
			Payload: &rollup.PostBundle{
				Bundle: rollup.EncodeBundle(bob.Address(), rollup.CodecRaw, nil, &n.Genesis.Params),
				Weight: 4 << 20, // much more than a layer
			},
		}
		crowd.Sign(bob.Key)
		_, err = n.Chain.Submit(ctx, crowd)
		require.NoError(t, err)
		_, _, err = n.Mine(ctx)
		require.NoError(t, err)
	}
	id, err := n.Client.Submit(ctx, tx)
	require.NoError(t, err)
	block, _, err := n.Mine(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, block.Header.InclusionPrice, 3*first.Header.InclusionPrice)
	_, _, err = n.Mine(ctx)
	require.NoError(t, err)
	st, err := n.Client.Wait(ctx, id, athenav1.Stage_STAGE_EXECUTED)
	require.NoError(t, err)
	require.Equal(t, "success", st.GetReceipt().GetOutcome(), st.GetReceipt().GetReason())
}
