package relay

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

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
		MinTip:     r.cfg.Policy.MinTip,
		L1Height:   r.tip.Height,
		MaxTxBytes: uint32(r.cfg.maxTxBytes()),

		RefusesUnpinned: r.cfg.Policy.RefuseUnpinned,
		Simulates:       r.exec != nil && !r.cfg.Policy.NoSimulation,
		Waiting:         uint64(r.waiting()),
		MaxWaiting:      uint64(r.cfg.MaxQueue),
		L1Down:          r.down,
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
	if rec.posting != 0 {
		if err := s.relay.addBundle(rec, resp); err != nil {
			return nil, toStatus(err)
		}
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
	case got.GetDropped() == wire.Reason(rollup.ReasonLayerFull) && rec.ended == 0:
		return // it goes back to the queue
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

// addBundle says which bundle carries a transaction, and what it cost.
func (r *Relay) addBundle(rec *record, resp *athenav1.StatusResponse) error {
	resp.BundleL1Tx = rec.l1tx[:]
	r.mu.Lock()
	for _, p := range r.postings {
		if p.seq != rec.posting {
			continue
		}
		l1tx := p.now().id
		resp.BundleId, resp.BundleL1Tx = p.id[:], l1tx[:]
		if p.height > 0 {
			t, _ := r.tallyOf(p)
			resp.BundleCost = t.cost()
		}
		r.mu.Unlock()
		return nil
	}
	r.mu.Unlock()
	a, err := r.account(rec.posting)
	if err != nil || a == nil {
		return err
	}
	resp.BundleId, resp.BundleCost = a.bundle[:], a.tally.cost()
	return nil
}

// maxListed bounds the accounts of bundles in an answer.
const maxListed = 100

// Accounting implements athenav1.RelayServiceServer.
func (s *server) Accounting(
	_ context.Context, req *athenav1.AccountingRequest,
) (*athenav1.AccountingResponse, error) {
	r := s.relay
	r.mu.Lock()
	defer r.mu.Unlock()
	var open tally
	for _, p := range r.postings {
		if p.height > 0 {
			t, _ := r.tallyOf(p)
			open = open.plus(t)
		}
	}
	resp := &athenav1.AccountingResponse{Total: wireTally(&r.total), Open: wireTally(&open)}
	newest, err := r.newestAccounts(min(int(req.GetBundles()), maxListed))
	if err != nil {
		return nil, toStatus(err)
	}
	for _, a := range newest {
		resp.Bundles = append(resp.Bundles, &athenav1.BundleAccount{
			BundleId: a.bundle[:], L1Tx: a.l1tx[:], L1Height: a.height, Tally: wireTally(&a.tally),
		})
	}
	return resp, nil
}

func wireTally(t *tally) *athenav1.Tally {
	return &athenav1.Tally{
		Bundles: t.bundles, Txs: t.txs, Effective: t.effective, Vain: t.vain, Unknown: t.unknown,
		ByteCost: t.bytes, InclusionCost: t.inclusionCost, BidCost: t.bid,
		Data: t.data, Inclusion: t.inclusion, Tips: t.tips, Expected: t.expected,
	}
}

// toStatus turns a failure into what a client can act on: a refusal carries its reason, and what may
// be tried again carries when.
func toStatus(err error) error {
	var refused *rollup.RefusedError
	var busy busyError
	var away awayError
	switch {
	case errors.As(err, &refused):
		return withDetail(codes.InvalidArgument, refused.Reason.String()+": "+err.Error(),
			&errdetails.ErrorInfo{Reason: refused.Reason.String(), Domain: api.ErrorDomain})
	case errors.As(err, &busy):
		return withDetail(codes.ResourceExhausted, err.Error(), retryIn(busyRetry))
	case errors.As(err, &away):
		return withDetail(codes.Unavailable, err.Error(), retryIn(away.retry))
	case errors.Is(err, errStopped):
		return status.Error(codes.Unavailable, err.Error())
	case status.Code(err) != codes.Unknown:
		return err
	default:
		return status.Error(codes.Internal, err.Error())
	}
}

// busyRetry is when to try again what there was no room for.
const busyRetry = time.Second

func retryIn(d time.Duration) *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(d)}
}

func withDetail(code codes.Code, message string, detail protoadapt.MessageV1) error {
	st := status.New(code, message)
	if with, err := st.WithDetails(detail); err == nil {
		return with.Err()
	}
	return st.Err()
}
