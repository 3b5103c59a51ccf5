// Package client talks to a relay and to an executor: it prepares, submits and follows transactions and
// reads state. It links no virtual machine and no database.
package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// maxMessage bounds what a daemon may answer: a layer with all its receipts.
const maxMessage = 64 << 20

// pollInterval is how often Wait asks the relay.
const pollInterval = 50 * time.Millisecond

// Client holds a connection to a relay and one to an executor. It is safe for concurrent use.
type Client struct {
	Relay    athenav1.RelayServiceClient
	Executor athenav1.ExecutorServiceClient

	conns []*grpc.ClientConn
}

// Dial prepares connections to the given addresses (host:port). It does not wait for them: the first
// call fails when nothing answers.
func Dial(relay, executor string) (*Client, error) {
	c := &Client{}
	for _, addr := range []string{relay, executor} {
		conn, err := grpc.NewClient(addr,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("client: %q: %w", addr, err), c.Close())
		}
		c.conns = append(c.conns, conn)
	}
	c.Relay = athenav1.NewRelayServiceClient(c.conns[0])
	c.Executor = athenav1.NewExecutorServiceClient(c.conns[1])
	return c, nil
}

// Close ends the connections.
func (c *Client) Close() error {
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// Prepare makes and signs a transaction of w: chain id, relay and tip as the relay says, the constructor
// when the wallet is not spawned yet, the account's next nonce, and expiry, limits and fee as a dry run
// on the newest state suggests. It does not count transactions of w that are on their way. The error is
// a *DryRunError when the transaction would not succeed.
func (c *Client) Prepare(ctx context.Context, w *wallet.Wallet, calls ...rollup.Call) (*rollup.Tx, error) {
	info, err := c.Relay.Info(ctx, &athenav1.RelayServiceInfoRequest{})
	if err != nil {
		return nil, fmt.Errorf("client: ask the relay: %w", err)
	}
	principal := w.Address()
	account, err := c.Executor.Account(ctx, &athenav1.AccountRequest{Address: principal[:]})
	if err != nil {
		return nil, fmt.Errorf("client: ask the executor for account %s: %w", principal, err)
	}
	chainID, err := wire.Hash("chain_id", info.GetChainId())
	if err != nil {
		return nil, fmt.Errorf("client: answer of the relay: %w", err)
	}
	relay, err := wire.Address("relay", info.GetRelay())
	if err != nil {
		return nil, fmt.Errorf("client: answer of the relay: %w", err)
	}
	tx := &rollup.Tx{
		ChainID:     chainID,
		Relay:       relay,
		Nonce:       rollup.Nonce{Kind: rollup.NonceExact, Value: account.GetNonce()},
		Calls:       calls,
		RelayTip:    info.GetMinTip(),
		ExpiryLayer: ^uint64(0),
	}
	if account.GetStatus() != "live" {
		tx.Spawn = w.Spawn()
	}
	w.Sign(tx)
	fee, err := c.Relay.SuggestFee(ctx, &athenav1.SuggestFeeRequest{Tx: tx.Encode()})
	if err != nil {
		return nil, fmt.Errorf("client: dry run: %w", err)
	}
	if fee.GetOutcome() != "success" {
		return nil, &DryRunError{Outcome: fee.GetOutcome(), Trap: fee.GetTrap(),
			Reason: fee.GetReason(), Message: fee.GetMessage()}
	}
	tx.MaxUnits = wire.ParseUnits(fee.GetMaxUnits())
	tx.MaxFee = fee.GetMaxFee()
	tx.ExpiryLayer = fee.GetExpiryLayer()
	w.Sign(tx)
	return tx, nil
}

// DryRunError says that a transaction would not succeed on the newest state; it was not sent.
type DryRunError struct{ Outcome, Trap, Reason, Message string }

func (e *DryRunError) Error() string {
	text := "client: the transaction would be " + e.Outcome
	for _, s := range []string{e.Trap, e.Reason, e.Message} {
		if s != "" {
			text += ": " + s
		}
	}
	return text
}

// Submit hands a signed transaction to the relay and returns its TxID. A relay that has no room now, or
// cannot judge the transaction now, says when to try again, and is asked again then until ctx ends: a
// relay that has the transaction already takes it once.
func (c *Client) Submit(ctx context.Context, tx *rollup.Tx) (rollup.Hash, error) {
	raw := tx.Encode()
	for {
		_, err := c.Relay.Submit(ctx, &athenav1.SubmitRequest{Tx: raw})
		if err == nil {
			return tx.ID(), nil
		}
		err = fmt.Errorf("client: submit: %w", err)
		delay, again := retryDelay(err)
		if !again {
			return rollup.Hash{}, err
		}
		select {
		case <-ctx.Done():
			return rollup.Hash{}, err
		case <-time.After(delay):
		}
	}
}

// Wait polls until the transaction has reached stage or was dropped, or ctx ends. A relay that does not
// answer for a while is asked again.
func (c *Client) Wait(
	ctx context.Context, id rollup.Hash, stage athenav1.Stage,
) (*athenav1.StatusResponse, error) {
	for {
		st, err := c.Relay.Status(ctx, &athenav1.StatusRequest{Id: id[:]})
		if err != nil && status.Code(err) != codes.Unavailable {
			return nil, fmt.Errorf("client: status of %s: %w", id, err)
		}
		if err == nil && st.GetStage() >= stage {
			return st, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("client: waiting for %s, now %s: %w", id, st.GetStage(), ctx.Err())
		case <-time.After(pollInterval):
		}
	}
}
