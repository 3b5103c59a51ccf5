package relay

import (
	"context"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// Margins of a suggestion: what the state may change between the dry run and the layer.
const (
	unitsMarginPercent = 25  // more units than the dry run used
	priceMarginPercent = 50  // inclusion and data prices may rise for a few blocks
	expiryLayers       = 100 // layers until a suggested transaction expires
	minSuggestedUnits  = 256 // floor of each dimension that was used at all
)

// SuggestFee implements athenav1.RelayServiceServer.
func (s *server) SuggestFee(
	ctx context.Context, req *athenav1.SuggestFeeRequest,
) (*athenav1.SuggestFeeResponse, error) {
	r := s.relay
	if r.exec == nil {
		return nil, status.Error(codes.FailedPrecondition,
			"this relay has no executor to ask; start it with one, or use another relay")
	}
	tx, reason, err := rollup.DecodeTx(req.GetTx(), &r.cfg.Genesis.Params)
	if err != nil {
		return nil, toStatus(&rollup.RefusedError{Reason: reason, Err: err})
	}
	sim, err := r.exec.Simulate(ctx, &athenav1.SimulateRequest{Tx: req.GetTx()})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	height := r.tip.Height
	r.mu.Unlock()
	used := metering.Units{
		sim.GetUsed().GetData(), sim.GetUsed().GetCompute(), sim.GetUsed().GetRead(),
		sim.GetUsed().GetWrite(), sim.GetUsed().GetAlloc(),
	}
	limits := r.limits(used)
	resp := &athenav1.SuggestFeeResponse{
		MaxUnits: unitsMessage(limits), Used: sim.GetUsed(), NextNonce: sim.GetNextNonce(),
		Outcome: sim.GetOutcome(), Trap: sim.GetTrap(), Reason: sim.GetReason(), Message: sim.GetMessage(),
		ExpiryLayer: height + expiryLayers,
	}
	prices := metering.Units{
		sim.GetPrices().GetData(), sim.GetPrices().GetCompute(), sim.GetPrices().GetRead(),
		sim.GetPrices().GetWrite(), sim.GetPrices().GetAlloc(),
	}
	signed := *tx
	signed.MaxUnits = limits
	item := &rollup.Item{
		Kind: rollup.ItemTx, Tx: &signed, Size: uint32(len(req.GetTx())),
		DataPrice: sim.GetDataPrice(), InclusionPrice: sim.GetInclusionPrice(),
	}
	item.Weight = r.cfg.Genesis.Params.Weight(r.cfg.Genesis.Params.Declared(item))
	relayNow, ok1 := rollup.RelayFee(item)
	expected, ok2 := rollup.ExecutionFee(used, prices)
	most, ok3 := rollup.ExecutionFee(limits, prices)
	if !ok1 || !ok2 || !ok3 {
		return nil, status.Error(codes.OutOfRange, "the fee does not fit 64 bits")
	}
	resp.ExpectedFee = saturatingAdd(expected, relayNow)
	resp.MaxFee = saturatingAdd(most, raise(relayNow, priceMarginPercent))
	return resp, nil
}

// limits adds the margin to what was used, within what one transaction may declare.
func (r *Relay) limits(used metering.Units) metering.Units {
	p := &r.cfg.Genesis.Params
	var out metering.Units
	for d := range used {
		if used[d] == 0 || metering.Dimension(d) == metering.Data {
			continue
		}
		out[d] = min(max(raise(used[d], unitsMarginPercent), minSuggestedUnits), p.MaxTx[d])
	}
	return out
}

func raise(v uint64, percent uint64) uint64 { return saturatingAdd(v, v/100*percent+v%100*percent/100) }

func saturatingAdd(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

func unitsMessage(u metering.Units) *athenav1.Units {
	return &athenav1.Units{
		Data: u[metering.Data], Compute: u[metering.Compute], Read: u[metering.Read],
		Write: u[metering.Write], Alloc: u[metering.Alloc],
	}
}
