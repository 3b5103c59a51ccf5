// Package l1rpc carries l1.Chain over gRPC: Server serves a chain, Client is one.
//
// # What it is not
//
// It is no light client: a Client believes its server, as a daemon believes its own L1 node.
//
// # Invariants
//
//   - whatever a server answers, a Client returns an error or a well-formed value, and no more than
//     the limits of the parameters;
//   - errors that callers tell apart stay what they are: l1.ErrNoLayer and *rollup.RefusedError.
package l1rpc

import (
	"context"
	"errors"
	"math"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/internal/service"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// waitTime is the longest that Wait blocks: less than a server lets any request take.
const waitTime = 5 * time.Second

// Server implements L1Service on a chain.
type Server struct {
	athenav1.UnimplementedL1ServiceServer
	chain   l1.Chain
	genesis []byte
}

var _ athenav1.L1ServiceServer = (*Server)(nil)

// NewServer returns a server of the chain of a genesis.
func NewServer(chain l1.Chain, g *rollup.Genesis) *Server {
	return &Server{chain: chain, genesis: g.Encode()}
}

// Serve serves a chain on an address until the server is stopped.
func Serve(addr string, chain l1.Chain, g *rollup.Genesis) (*service.Server, error) {
	return service.Serve(addr, g.Params.MaxL1TxBytes, func(s grpc.ServiceRegistrar) {
		athenav1.RegisterL1ServiceServer(s, NewServer(chain, g))
	})
}

// answer makes a gRPC status of an error.
func answer(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, l1.ErrNoLayer):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, err.Error())
	}
	return status.Error(codes.Internal, err.Error())
}

func invalid(err error) error { return status.Error(codes.InvalidArgument, err.Error()) }

// Genesis implements L1Service.
func (s *Server) Genesis(
	context.Context, *athenav1.GenesisRequest,
) (*athenav1.GenesisResponse, error) {
	return &athenav1.GenesisResponse{Genesis: s.genesis}, nil
}

// Tip implements L1Service.
func (s *Server) Tip(ctx context.Context, _ *athenav1.TipRequest) (*athenav1.TipResponse, error) {
	tip, err := s.chain.Tip(ctx)
	return &athenav1.TipResponse{Height: tip.Height, Hash: tip.Hash[:]}, answer(err)
}

// Wait implements L1Service.
func (s *Server) Wait(
	ctx context.Context, req *athenav1.WaitRequest,
) (*athenav1.WaitResponse, error) {
	hash, err := wire.Hash("hash", req.GetHash())
	if err != nil {
		return nil, invalid(err)
	}
	from := l1.Tip{Height: req.GetHeight(), Hash: hash}
	short, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	tip, err := s.chain.Wait(short, from)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		tip, err = from, nil // the caller asks again
	}
	return &athenav1.WaitResponse{Height: tip.Height, Hash: tip.Hash[:]}, answer(err)
}

// Params implements L1Service.
func (s *Server) Params(
	ctx context.Context, req *athenav1.ParamsRequest,
) (*athenav1.ParamsResponse, error) {
	p, err := s.chain.Params(ctx, req.GetHeight())
	if err != nil {
		return nil, answer(err)
	}
	return &athenav1.ParamsResponse{Params: p.Encode()}, nil
}

// Block implements L1Service.
func (s *Server) Block(
	ctx context.Context, req *athenav1.BlockRequest,
) (*athenav1.BlockResponse, error) {
	b, err := s.chain.Layer(ctx, req.GetHeight())
	if err != nil {
		return nil, answer(err)
	}
	return &athenav1.BlockResponse{Block: b.Encode()}, nil
}

// SubmitL1 implements L1Service.
func (s *Server) SubmitL1(
	ctx context.Context, req *athenav1.SubmitL1Request,
) (*athenav1.SubmitL1Response, error) {
	p, err := s.chain.Params(ctx, math.MaxUint64)
	if err != nil {
		return nil, answer(err)
	}
	tx, err := rollup.DecodeL1Tx(req.GetTx(), p)
	if err != nil {
		return nil, invalid(err)
	}
	id, err := s.chain.Submit(ctx, tx)
	var refused *rollup.RefusedError
	if errors.As(err, &refused) {
		return &athenav1.SubmitL1Response{
			Refused: uint32(refused.Reason), Message: wire.Text([]byte(refused.Error())),
		}, nil
	}
	return &athenav1.SubmitL1Response{Id: id[:]}, answer(err)
}

// TxStatus implements L1Service.
func (s *Server) TxStatus(
	ctx context.Context, req *athenav1.TxStatusRequest,
) (*athenav1.TxStatusResponse, error) {
	id, err := wire.Hash("id", req.GetId())
	if err != nil {
		return nil, invalid(err)
	}
	st, err := s.chain.TxStatus(ctx, id)
	return &athenav1.TxStatusResponse{
		Found: st.Found, Height: st.Height, Reason: uint32(st.Reason),
	}, answer(err)
}

// L1Account implements L1Service.
func (s *Server) L1Account(
	ctx context.Context, req *athenav1.L1AccountRequest,
) (*athenav1.L1AccountResponse, error) {
	a, err := wire.Address("address", req.GetAddress())
	if err != nil {
		return nil, invalid(err)
	}
	acc, err := s.chain.Account(ctx, a)
	return &athenav1.L1AccountResponse{Balance: acc.Balance, Nonce: acc.Nonce}, answer(err)
}

// L1Spent implements L1Service.
func (s *Server) L1Spent(
	ctx context.Context, req *athenav1.L1SpentRequest,
) (*athenav1.L1SpentResponse, error) {
	spent, err := s.chain.Spent(ctx, req.GetLayer(), req.GetIndex())
	return &athenav1.L1SpentResponse{Spent: spent}, answer(err)
}

// L1Claims implements L1Service.
func (s *Server) L1Claims(
	ctx context.Context, _ *athenav1.L1ClaimsRequest,
) (*athenav1.L1ClaimsResponse, error) {
	claims, final, err := s.chain.Claims(ctx)
	if err != nil {
		return nil, answer(err)
	}
	out := &athenav1.L1ClaimsResponse{FinalLayer: final.Layer, FinalRoot: final.Root[:]}
	for i := range claims {
		c := &claims[i]
		m := &athenav1.L1Claim{
			Claim: c.Claim.Encode(), Status: uint32(c.Status), Admitted: c.Admitted,
			WindowEnds: c.WindowEnds, Commit: c.Commit, Pending: uint32(c.Pending),
			Challenger: c.Challenger[:],
		}
		if v := c.LastVerdict; v != nil {
			m.LastVerdict = &athenav1.L1Verdict{
				Step: v.Step, Code: uint32(v.Code), ComputedRoot: v.ComputedRoot[:],
				GasUsed: v.GasUsed, Detail: wire.Text([]byte(v.Detail)),
			}
		}
		out.Claims = append(out.Claims, m)
	}
	return out, nil
}
