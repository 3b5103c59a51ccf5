package relay

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
)

// dry answers as an executor would that has the accounts and receipts below. What relay and executor
// do together is tested where both may be linked (internal/devnet).
type dry struct {
	athenav1.ExecutorServiceClient

	mu       sync.Mutex
	down     bool
	layer    uint64
	answer   func(tx *rollup.Tx, resp *athenav1.SimulateResponse)
	receipts map[rollup.Hash]*wire.Executed
	dropped  map[rollup.Hash]rollup.Reason // in the newest layer
	asked    int                           // dry runs
	block    chan struct{}                 // if not nil, dry runs wait for it
}

var errAway = status.Error(codes.Unavailable, "connection refused")

func (d *dry) Simulate(
	ctx context.Context, req *athenav1.SimulateRequest, _ ...grpc.CallOption,
) (*athenav1.SimulateResponse, error) {
	d.mu.Lock()
	d.asked++
	block := d.block
	d.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down || ctx.Err() != nil {
		return nil, errAway
	}
	p := rollup.DefaultParams()
	tx, _, err := rollup.DecodeTx(req.GetTx(), &p)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	resp := &athenav1.SimulateResponse{
		Outcome: "success", Verified: true, Layer: d.layer, NextNonce: tx.Nonce.Value,
		Prices: wire.Units(p.Prices),
	}
	if d.answer != nil {
		d.answer(tx, resp)
	}
	return resp, nil
}

func (d *dry) Head(
	context.Context, *athenav1.HeadRequest, ...grpc.CallOption,
) (*athenav1.HeadResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return nil, errAway
	}
	return &athenav1.HeadResponse{Layer: d.layer}, nil
}

func (d *dry) Receipt(
	_ context.Context, req *athenav1.ReceiptRequest, _ ...grpc.CallOption,
) (*athenav1.ReceiptResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return nil, errAway
	}
	if x := d.receipts[rollup.Hash(req.GetId())]; x != nil {
		return &athenav1.ReceiptResponse{Found: true, Receipt: wire.Receipt(x), Layer: x.Layer}, nil
	}
	if why := d.dropped[rollup.Hash(req.GetId())]; why != rollup.ReasonNone {
		return &athenav1.ReceiptResponse{Dropped: wire.Reason(why), Layer: d.layer}, nil
	}
	return new(athenav1.ReceiptResponse), nil
}

// set changes what d answers.
func (d *dry) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}
