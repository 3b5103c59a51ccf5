package relay

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// Margins of a suggestion: what may change between the dry run and the layer.
const (
	unitsMarginPercent = 25  // more units than the dry run used
	priceRises         = 4   // blocks and layers in a row that raise all prices at most
	expiryLayers       = 100 // layers until a suggested transaction expires
	minSuggestedUnits  = 256 // floor of each dimension that was used at all
	minSuggestedAlloc  = 64  // of what writes: a header grows where a balance was spent meanwhile
	missingAuthBytes   = 64  // an auth that is still to come: an Ed25519 signature
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
	tx, reason, err := rollup.DecodeTx(req.GetTx(), r.params.Load())
	if err != nil {
		return nil, toStatus(&rollup.RefusedError{Reason: reason, Err: err})
	}
	sim, err := r.exec.Simulate(ctx, &athenav1.SimulateRequest{Tx: req.GetTx()})
	if err != nil {
		return nil, err
	}
	used := wire.ParseUnits(sim.GetUsed())
	limits := r.limits(used)
	resp := &athenav1.SuggestFeeResponse{
		MaxUnits: wire.Units(limits), Used: sim.GetUsed(), NextNonce: sim.GetNextNonce(),
		Outcome: sim.GetOutcome(), Trap: sim.GetTrap(), Reason: sim.GetReason(), Message: sim.GetMessage(),
		ExpiryLayer: r.height() + r.lifetime(tx.Nonce.Kind),
	}
	size := len(req.GetTx())
	if len(tx.Auth) == 0 {
		size += missingAuthBytes
	}
	now, ok1 := r.relayFee(tx, limits, size, sim, 0)
	most, ok2 := r.relayFee(tx, limits, size, sim, priceRises)
	prices := wire.ParseUnits(sim.GetPrices())
	expected, ok3 := rollup.ExecutionFee(used, prices)
	p := &r.cfg.Genesis.Params
	bound, ok4 := p.UnitsFee(limits, p.RisenPrices(prices, priceRises))
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, status.Error(codes.OutOfRange, "the fee does not fit 64 bits")
	}
	resp.ExpectedFee = saturatingAdd(saturatingAdd(expected, sim.GetStorage()), now)
	resp.MaxFee = saturatingAdd(bound, most)
	return resp, nil
}

// relayFee is what tx with the given limits pays its relay after so many blocks that raise the prices.
func (r *Relay) relayFee(
	tx *rollup.Tx, limits metering.Units, size int, sim *athenav1.SimulateResponse, rises int,
) (uint64, bool) {
	signed := *tx
	signed.MaxUnits = limits
	return rollup.RelayFee(&rollup.Item{
		Kind: rollup.ItemTx, Tx: &signed, Size: uint32(size),
		Weight:         r.params.Load().Weight(r.declared(&signed, size)),
		DataPrice:      riseFor(sim.GetDataPrice(), rises),
		InclusionPrice: riseFor(sim.GetInclusionPrice(), rises),
	})
}

// lifetime is how many layers a suggested transaction lives.
func (r *Relay) lifetime(kind rollup.NonceKind) uint64 {
	if kind == rollup.NonceUnordered {
		return min(expiryLayers, r.params.Load().UnorderedWindow)
	}
	return expiryLayers
}

// limits adds the margin to what was used, within what one transaction may declare.
func (r *Relay) limits(used metering.Units) metering.Units {
	p := r.params.Load()
	var out metering.Units
	for d := range used {
		if used[d] == 0 || metering.Dimension(d) == metering.Data {
			continue
		}
		more := used[d]/100*unitsMarginPercent + used[d]%100*unitsMarginPercent/100
		out[d] = min(max(saturatingAdd(used[d], more), minSuggestedUnits), p.MaxTx[d])
	}
	if used[metering.Write] > 0 {
		alloc := max(out[metering.Alloc], minSuggestedAlloc)
		out[metering.Alloc] = min(alloc, p.MaxTx[metering.Alloc])
	}
	return out
}
