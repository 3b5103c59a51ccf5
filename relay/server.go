package relay

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/athenarollup/athena/api"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// server is the gRPC face of a relay.
type server struct {
	athenav1.UnimplementedRelayServiceServer
	relay *Relay
}

// Info implements athenav1.RelayServiceServer.
func (s *server) Info(
	context.Context, *athenav1.RelayServiceInfoRequest,
) (*athenav1.RelayServiceInfoResponse, error) {
	r := s.relay
	r.mu.Lock()
	defer r.mu.Unlock()
	return &athenav1.RelayServiceInfoResponse{
		Network:    r.cfg.Genesis.Name,
		ChainId:    r.chainID[:],
		Relay:      r.cfg.Account[:],
		MinTip:     r.cfg.MinTip,
		L1Height:   r.tip.Height,
		MaxTxBytes: uint32(r.cfg.maxTxBytes()),
	}, nil
}

// Submit implements athenav1.RelayServiceServer.
func (s *server) Submit(
	ctx context.Context, req *athenav1.SubmitRequest,
) (*athenav1.SubmitResponse, error) {
	tx, known, err := s.relay.accept(ctx, req.GetTx())
	if err != nil {
		return nil, toStatus(err)
	}
	id, h := tx.ID(), tx.Hash()
	return &athenav1.SubmitResponse{TxId: id[:], TxHash: h[:], Known: known}, nil
}

// Status implements athenav1.RelayServiceServer.
func (s *server) Status(
	ctx context.Context, req *athenav1.StatusRequest,
) (*athenav1.StatusResponse, error) {
	var id rollup.Hash
	if len(req.GetId()) != len(id) {
		return nil, status.Errorf(codes.InvalidArgument, "id has %d bytes, want the %d of a TxID or TxHash",
			len(req.GetId()), len(id))
	}
	copy(id[:], req.GetId())
	h, rec, err := s.relay.resolve(id)
	if err != nil {
		return nil, toStatus(err)
	}
	if rec == nil {
		return nil, status.Errorf(codes.NotFound,
			"this relay does not know %s; ask an executor for its receipt", id)
	}
	resp := &athenav1.StatusResponse{
		TxId: rec.txID[:], TxHash: h[:], Stage: stages[rec.stage], Layer: rec.layer,
	}
	if rec.reason != rollup.ReasonNone {
		resp.Reason = rec.reason.String()
	}
	if rec.bundle != (rollup.Hash{}) {
		resp.BundleL1Tx = rec.bundle[:]
	}
	if rec.stage == stageOrdered {
		s.advance(ctx, h, rec, resp)
	}
	return resp, nil
}

var stages = map[stage]athenav1.Stage{
	stageAccepted: athenav1.Stage_STAGE_ACCEPTED,
	stageBundled:  athenav1.Stage_STAGE_BUNDLED,
	stageOrdered:  athenav1.Stage_STAGE_ORDERED,
	stageDropped:  athenav1.Stage_STAGE_DROPPED,
}

// advance looks how far an ordered transaction has come since: executed according to an executor,
// claimed and final according to L1. Where these cannot be asked the stage stays what is known.
func (s *server) advance(
	ctx context.Context, h rollup.Hash, rec *record, resp *athenav1.StatusResponse,
) {
	r := s.relay
	if r.exec == nil {
		return
	}
	got, err := r.exec.Receipt(ctx, &athenav1.ReceiptRequest{Id: h[:]})
	if err != nil {
		r.cfg.Log.Debug("executor has no answer", "error", err)
		return
	}
	// An answer about an earlier layer is about an earlier attempt, unless that one had an effect:
	// then this one cannot.
	vain := got.GetReceipt().GetOutcome() == wire.Outcome(rollup.OutcomeIneffective)
	switch {
	case got.GetFound() && (got.GetLayer() >= rec.layer || !vain):
	case got.GetDropped() != "" && got.GetLayer() >= rec.layer:
		resp.Stage, resp.Reason = athenav1.Stage_STAGE_DROPPED, got.GetDropped()
		return
	default:
		return
	}
	resp.Stage, resp.Receipt = athenav1.Stage_STAGE_EXECUTED, got.GetReceipt()
	resp.Layer = got.GetLayer()
	s.settled(ctx, resp)
}

// settled looks whether the layer of an executed transaction is claimed or final.
func (s *server) settled(ctx context.Context, resp *athenav1.StatusResponse) {
	claims, final, err := s.relay.cfg.Chain.Claims(ctx)
	if err != nil {
		s.relay.cfg.Log.Debug("L1 has no answer", "error", err)
		return
	}
	if resp.GetLayer() <= final.Layer {
		resp.Stage = athenav1.Stage_STAGE_FINAL
		return
	}
	for i := range claims {
		c := &claims[i]
		if c.Status == l1.ClaimOpen && c.Claim.FromLayer <= resp.GetLayer() &&
			resp.GetLayer() <= c.Claim.ToLayer {
			resp.Stage = athenav1.Stage_STAGE_CLAIMED
		}
	}
}

// toStatus turns a failure into what a client can act on: a refusal carries its reason.
func toStatus(err error) error {
	var refused *rollup.RefusedError
	var full queueFullError
	switch {
	case errors.As(err, &refused):
		st := status.New(codes.InvalidArgument, refused.Reason.String()+": "+err.Error())
		with, derr := st.WithDetails(&errdetails.ErrorInfo{
			Reason: refused.Reason.String(), Domain: api.ErrorDomain,
		})
		if derr != nil {
			return st.Err()
		}
		return with.Err()
	case errors.As(err, &full):
		return status.Error(codes.ResourceExhausted, err.Error())
	case errors.Is(err, errStopped):
		return status.Error(codes.Unavailable, err.Error())
	case status.Code(err) != codes.Unknown:
		return err
	default:
		return status.Error(codes.Internal, err.Error())
	}
}
