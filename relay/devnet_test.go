package relay_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/devnet"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// Relay and executor together: what could have no effect is refused with the reason that the
// executor's own rules give, and what has an effect is in the relay's books as income.
func TestRefusedByTheExecutor(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	n, err := devnet.Start(ctx, devnet.Config{Seed: 11, Executors: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	alice, bob := devnet.Account(11, 0), devnet.Account(11, 1)
	mine := func(blocks int) {
		for range blocks {
			_, _, err := n.Mine(ctx)
			require.NoError(t, err)
		}
	}
	balance := func() uint64 {
		at := n.RelayAccount()
		got, err := n.Client.Executor.Account(ctx, &athenav1.AccountRequest{Address: at[:]})
		require.NoError(t, err)
		return got.GetBalance()
	}
	mine(1)
	had := balance()
	tx, err := n.Client.Prepare(ctx, alice, wallet.Spend(bob.Address(), 1))
	require.NoError(t, err)
	submit := func(want string) {
		t.Helper()
		_, err := n.Client.Relay.Submit(ctx, &athenav1.SubmitRequest{Tx: tx.Encode()})
		if want == "" {
			require.NoError(t, err)
			return
		}
		require.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
		require.Contains(t, err.Error(), want)
	}
	good := *tx
	for want, spoil := range map[string]func(){
		"VERIFY_FAILED":  func() { tx.Auth = make([]byte, 64) },
		"CANNOT_PAY":     func() { tx.MaxFee = 1 << 62; alice.Sign(tx) },
		"FEE_ABOVE_MAX":  func() { tx.MaxFee /= 8; alice.Sign(tx) },
		"NONCE_MISMATCH": func() { tx.Nonce.Value += 1_000; alice.Sign(tx) },
		"VERIFY_UNITS":   func() { tx.MaxUnits = [5]uint64{1: 1}; alice.Sign(tx) },
	} {
		*tx = good
		spoil()
		submit(want)
	}
	*tx = good
	submit("")
	mine(12)
	var total *athenav1.Tally
	require.Eventually(t, func() bool {
		mine(1) // receipts are asked for at each block
		got, err := n.Client.Relay.Accounting(ctx, &athenav1.AccountingRequest{})
		require.NoError(t, err)
		total = got.GetTotal()
		return total.GetEffective() == 1
	}, 30*time.Second, time.Millisecond)
	require.EqualValues(t, 1, total.GetBundles())
	require.EqualValues(t, 1, total.GetTxs())
	require.NotZero(t, total.GetData())
	require.Equal(t, balance()-had, total.GetData()+total.GetInclusion()+total.GetTips(),
		"income is what the relay was credited")
	submit("") // known
	receipt, err := n.Client.Executor.Receipt(ctx, &athenav1.ReceiptRequest{Id: idOf(tx.ID())})
	require.NoError(t, err)
	require.Equal(t, "success", receipt.GetReceipt().GetOutcome())
	require.NotEmpty(t, receipt.GetReceipt().GetRelay())
}

func idOf(id [32]byte) []byte { return id[:] }
