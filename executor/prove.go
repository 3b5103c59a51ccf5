package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
)

const (
	// proveTime bounds the work of one ProveStep: it executes a layer up to the step, and the step
	// three times.
	proveTime = time.Minute
	// pieceBytes is the size of a message of a stream.
	pieceBytes = 1 << 20
)

// ProveStep implements ExecutorService. One proof is made at a time.
func (a *api) ProveStep(
	req *athenav1.ProveStepRequest, out grpc.ServerStreamingServer[athenav1.ProveStepResponse],
) error {
	ctx, cancel := context.WithTimeout(out.Context(), proveTime)
	defer cancel()
	select {
	case a.proving <- struct{}{}:
		defer func() { <-a.proving }()
	case <-ctx.Done():
		return answer(ctx.Err())
	}
	layer, step, err := a.stepOf(req)
	if err != nil {
		return answer(err)
	}
	p, err := a.prove(ctx, layer, step)
	if err != nil {
		return answer(err)
	}
	b := p.evidence(dispute.KindStep, p.post, "").Encode()
	for len(b) > 0 {
		n := min(len(b), pieceBytes)
		if err := out.Send(&athenav1.ProveStepResponse{Piece: b[:n]}); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// stepOf returns the layer and the step within it that a request is about.
func (a *api) stepOf(req *athenav1.ProveStepRequest) (layer uint64, step int, err error) {
	if len(req.GetId()) == 0 {
		return req.GetLayer(), int(req.GetStep()), nil
	}
	id, err := wire.Hash("id", req.GetId())
	if err != nil {
		return 0, 0, invalid(fmt.Errorf("%w: a TxID, a TxHash or the id of a deposit", err))
	}
	a.ledger.mu.RLock()
	defer a.ledger.mu.RUnlock()
	x, err := a.ledger.executed(id)
	switch {
	case err != nil:
		return 0, 0, err
	case x == nil:
		return 0, 0, status.Error(codes.NotFound, "nothing with this id was executed here")
	}
	rec, err := a.ledger.record(x.Layer)
	if err != nil || rec == nil {
		return 0, 0, damaged("layer", errors.Join(err, errRecord))
	}
	return x.Layer, rec.stepOf(x.Receipt.ItemIndex), nil
}

// prove proves a step within the history. It begins again when the head moved meanwhile, until ctx
// ends.
func (a *api) prove(ctx context.Context, layer uint64, step int) (*proof, error) {
	for {
		h, err := a.ledger.head()
		if err != nil {
			return nil, err
		}
		rec, err := a.ledger.record(layer)
		switch {
		case err != nil:
			return nil, err
		case rec == nil || step >= len(rec.StepRoots):
			return nil, status.Errorf(codes.NotFound, "no step %d in layer %d; layers up to %d were "+
				"executed here", step, layer, h.layer)
		}
		p, err := a.ledger.prove(ctx, layer, step, false)
		switch {
		case errors.Is(err, statetree.ErrStale) && ctx.Err() == nil:
			continue
		case errors.Is(err, statetree.ErrStale):
			return nil, ctx.Err()
		case errors.Is(err, statetree.ErrHistory):
			return nil, status.Errorf(codes.OutOfRange, "layer %d lies below the history of this "+
				"executor: the newest %d layers", layer, a.ledger.history)
		}
		return p, err
	}
}

// proveReceipt returns the proof of a receipt from the head of the state. The caller holds the
// ledger's mu.
func (a *api) proveReceipt(x *wire.Executed) (*athenav1.ReceiptProof, error) {
	var leaves [][]byte
	lo, hi := heightKey(x.Layer), heightKey(x.Layer+1)
	err := a.ledger.store.AuxRange(spaceItem, lo, hi, func(_, v []byte) error {
		item, err := decodeItem(x.Layer, v)
		if err == nil {
			leaves = append(leaves, item.Receipt.Encode())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	path, err := rollup.ProveMMR(leaves, uint64(x.Receipt.ItemIndex))
	if err != nil {
		return nil, err
	}
	h, err := a.ledger.head()
	if err != nil {
		return nil, err
	}
	t, err := a.ledger.store.Tree()
	if err != nil {
		return nil, err
	}
	name := []byte(rollup.LayerRecordName(x.Layer))
	key := statetree.Key(state.KeyOf(state.KindSystem, address.Zero, name))
	leaf, err := a.leaf(h, t, key, true)
	if err != nil {
		return nil, err
	}
	out := &athenav1.ReceiptProof{
		Count: path.Count, Key: key[:], Value: leaf.value, Sealed: leaf.proof,
	}
	for i := range path.Path {
		out.Path = append(out.Path, path.Path[i][:])
	}
	return out, nil
}
