package l1rpc

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// maxMessage is more than an L1 block takes, or all claims that L1 keeps.
const maxMessage = 128 << 20

// Client is an l1.Chain at the other end of a connection. It is safe for concurrent use.
type Client struct {
	conn *grpc.ClientConn
	rpc  athenav1.L1ServiceClient

	mu     sync.Mutex
	widest *rollup.Params // decode whatever was on the chain when they were asked for
}

var _ l1.Chain = (*Client)(nil)

// Dial returns the chain that is served at an address. The first call connects.
func Dial(addr string) (*Client, error) {
	conn, err := grpc.NewClient(addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage),
			grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return nil, fmt.Errorf("l1rpc: %q: %w", addr, err)
	}
	return &Client{conn: conn, rpc: athenav1.NewL1ServiceClient(conn)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("l1rpc: %s: %w", what, err)
}

// Genesis returns the genesis of the network.
func (c *Client) Genesis(ctx context.Context) (*rollup.Genesis, error) {
	m, err := c.rpc.Genesis(ctx, new(athenav1.GenesisRequest))
	if err != nil {
		return nil, failed("genesis", err)
	}
	g, err := rollup.DecodeGenesis(m.GetGenesis())
	if err == nil {
		err = g.Validate()
	}
	return g, failed("genesis", err)
}

func tipOf(height uint64, hash []byte) (l1.Tip, error) {
	h, err := wire.Hash("hash", hash)
	return l1.Tip{Height: height, Hash: h}, failed("tip", err)
}

// Tip implements l1.Chain.
func (c *Client) Tip(ctx context.Context) (l1.Tip, error) {
	m, err := c.rpc.Tip(ctx, new(athenav1.TipRequest))
	if err != nil {
		return l1.Tip{}, failed("tip", err)
	}
	return tipOf(m.GetHeight(), m.GetHash())
}

// Wait implements l1.Chain.
func (c *Client) Wait(ctx context.Context, from l1.Tip) (l1.Tip, error) {
	for {
		m, err := c.rpc.Wait(ctx, &athenav1.WaitRequest{Height: from.Height, Hash: from.Hash[:]})
		if err != nil {
			return l1.Tip{}, failed("wait", err)
		}
		tip, err := tipOf(m.GetHeight(), m.GetHash())
		if err != nil || tip != from {
			return tip, err
		}
	}
}

// Params implements l1.Chain.
func (c *Client) Params(ctx context.Context, height uint64) (*rollup.Params, error) {
	m, err := c.rpc.Params(ctx, &athenav1.ParamsRequest{Height: height})
	if err != nil {
		return nil, failed("parameters", err)
	}
	p, err := rollup.DecodeParams(m.GetParams())
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return nil, failed("parameters", err)
	}
	return p, nil
}

// decode runs fn with the widest parameters known, and, if that fails, once more with the newest.
func (c *Client) decode(ctx context.Context, fn func(p *rollup.Params) error) error {
	c.mu.Lock()
	p := c.widest
	c.mu.Unlock()
	if p != nil && fn(p) == nil {
		return nil
	}
	p, err := c.Params(ctx, math.MaxUint64)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.widest = p
	c.mu.Unlock()
	return fn(p)
}

// Layer implements l1.Chain.
func (c *Client) Layer(ctx context.Context, height uint64) (*rollup.Layer, error) {
	m, err := c.rpc.Block(ctx, &athenav1.BlockRequest{Height: height})
	if status.Code(err) == codes.NotFound {
		return nil, fmt.Errorf("l1rpc: %w: %d", l1.ErrNoLayer, height)
	}
	if err != nil {
		return nil, failed("block", err)
	}
	var b *rollup.Layer
	err = c.decode(ctx, func(p *rollup.Params) (err error) {
		b, err = rollup.DecodeLayer(m.GetBlock(), p)
		return err
	})
	if err == nil && b.Header.Height != height {
		err = fmt.Errorf("height %d where %d was asked for", b.Header.Height, height)
	}
	if err != nil {
		return nil, failed("block", err)
	}
	return b, nil
}

// Submit implements l1.Chain.
func (c *Client) Submit(ctx context.Context, tx *rollup.L1Tx) (rollup.Hash, error) {
	m, err := c.rpc.SubmitL1(ctx, &athenav1.SubmitL1Request{Tx: tx.Encode()})
	switch {
	case err != nil:
		return rollup.Hash{}, failed("submit", err)
	case m.GetRefused() > math.MaxUint16:
		return rollup.Hash{}, fmt.Errorf("l1rpc: submit: reason %d", m.GetRefused())
	case m.GetRefused() != 0:
		return rollup.Hash{}, failed("submit", &rollup.RefusedError{
			Reason: rollup.Reason(m.GetRefused()), Err: errors.New(m.GetMessage()),
		})
	}
	return tx.ID(), nil
}

// TxStatus implements l1.Chain.
func (c *Client) TxStatus(ctx context.Context, id rollup.Hash) (l1.TxStatus, error) {
	m, err := c.rpc.TxStatus(ctx, &athenav1.TxStatusRequest{Id: id[:]})
	if err == nil && m.GetReason() > math.MaxUint16 {
		err = fmt.Errorf("reason %d", m.GetReason())
	}
	if err != nil {
		return l1.TxStatus{}, failed("status", err)
	}
	return l1.TxStatus{
		Found: m.GetFound(), Height: m.GetHeight(), Reason: rollup.Reason(m.GetReason()),
	}, nil
}

// Account implements l1.Chain.
func (c *Client) Account(ctx context.Context, a address.Address) (l1.Account, error) {
	m, err := c.rpc.L1Account(ctx, &athenav1.L1AccountRequest{Address: a[:]})
	return l1.Account{Balance: m.GetBalance(), Nonce: m.GetNonce()}, failed("account", err)
}

// Spent implements l1.Chain.
func (c *Client) Spent(ctx context.Context, layer, index uint64) (bool, error) {
	m, err := c.rpc.L1Spent(ctx, &athenav1.L1SpentRequest{Layer: layer, Index: index})
	return m.GetSpent(), failed("spent", err)
}

// Claims implements l1.Chain.
func (c *Client) Claims(ctx context.Context) ([]l1.ClaimInfo, l1.FinalHead, error) {
	m, err := c.rpc.L1Claims(ctx, new(athenav1.L1ClaimsRequest))
	if err != nil {
		return nil, l1.FinalHead{}, failed("claims", err)
	}
	root, err := wire.Hash("final_root", m.GetFinalRoot())
	if err != nil {
		return nil, l1.FinalHead{}, failed("claims", err)
	}
	var out []l1.ClaimInfo
	err = c.decode(ctx, func(p *rollup.Params) error {
		out = out[:0]
		for _, x := range m.GetClaims() {
			info, err := claimOf(x, p)
			if err != nil {
				return err
			}
			out = append(out, *info)
		}
		return nil
	})
	return out, l1.FinalHead{Layer: m.GetFinalLayer(), Root: root}, failed("claims", err)
}

func claimOf(m *athenav1.L1Claim, p *rollup.Params) (*l1.ClaimInfo, error) {
	claim, err := rollup.DecodeClaim(m.GetClaim(), p)
	if err != nil {
		return nil, err
	}
	if m.GetStatus() > uint32(l1.ClaimDead) || len(claim.StepRoots) == 0 ||
		m.GetPending() > math.MaxInt32 {
		return nil, fmt.Errorf("a claim with status %d, %d roots, %d challenges", m.GetStatus(),
			len(claim.StepRoots), m.GetPending())
	}
	challenger, err := wire.Address("challenger", m.GetChallenger())
	if err != nil {
		return nil, err
	}
	out := &l1.ClaimInfo{
		ID: claim.ID(), Claim: *claim, Status: l1.ClaimStatus(m.GetStatus()),
		Admitted: m.GetAdmitted(), WindowEnds: m.GetWindowEnds(), Commit: m.GetCommit(),
		Pending: int(m.GetPending()), Challenger: challenger,
	}
	if v := m.GetLastVerdict(); v != nil {
		root, err := wire.Hash("computed_root", v.GetComputedRoot())
		if err != nil {
			return nil, err
		}
		if v.GetCode() > math.MaxUint8 {
			return nil, fmt.Errorf("verdict %d", v.GetCode())
		}
		out.LastVerdict = &rollup.Verdict{
			ClaimID: out.ID, Step: v.GetStep(), Code: rollup.VerdictCode(v.GetCode()),
			ComputedRoot: root, GasUsed: v.GetGasUsed(), Detail: v.GetDetail(),
		}
	}
	return out, nil
}
