package executor

import (
	"context"
	"encoding/binary"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/bridge"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// left is a stored withdrawal and the item that made it.
type left struct {
	item uint32
	rollup.Withdrawal
}

func (r *left) encode() []byte {
	return append(binary.LittleEndian.AppendUint32(nil, r.item), r.Withdrawal.Encode()...)
}

func decodeLeft(b []byte) (left, error) {
	if len(b) < 4 {
		return left{}, damaged("withdrawal", errRecord)
	}
	w, err := rollup.DecodeWithdrawal(b[4:])
	if err != nil {
		return left{}, damaged("withdrawal", err)
	}
	return left{binary.LittleEndian.Uint32(b), *w}, nil
}

// leftAux makes the records of a layer's withdrawals. They stay: without them nobody could prove a
// withdrawal that its owner left alone for long.
func leftAux(h uint64, l *stf.Layer, res *stf.LayerResult) (out []statetree.Aux) {
	for i, cut := range l.Steps {
		for j, item := range res.Steps[i].Withdrawals {
			for _, w := range item {
				rec := left{cut.First + uint32(j), w}
				out = append(out, statetree.Aux{
					Space: spaceLeft, Key: itemKey(h, uint32(w.Index)), Value: rec.encode(),
				})
			}
		}
	}
	return out
}

// withdrawals returns the withdrawals list of a layer.
func (l *ledger) withdrawals(h uint64) (out []left, err error) {
	err = l.store.AuxRange(spaceLeft, heightKey(h), heightKey(h+1), func(_, v []byte) error {
		rec, err := decodeLeft(v)
		out = append(out, rec)
		return err
	})
	return out, err
}

// Withdrawals implements ExecutorService.
func (a *api) Withdrawals(
	_ context.Context, req *athenav1.WithdrawalsRequest,
) (*athenav1.WithdrawalsResponse, error) {
	byID := len(req.GetId()) > 0
	if req.GetProof() && !byID {
		return nil, invalid(fmt.Errorf("id: proofs are made for one transaction or deposit"))
	}
	a.ledger.mu.RLock()
	defer a.ledger.mu.RUnlock()
	layer, only := req.GetLayer(), uint32(0)
	if byID {
		id, err := wire.Hash("id", req.GetId())
		if err != nil {
			return nil, invalid(fmt.Errorf("%w: a TxID, a TxHash or the id of a deposit", err))
		}
		x, err := a.ledger.executed(id)
		switch {
		case err != nil:
			return nil, answer(err)
		case x == nil:
			return nil, status.Error(codes.NotFound, "nothing with this id was executed here")
		}
		layer, only = x.Layer, x.Receipt.ItemIndex
	}
	list, err := a.ledger.withdrawals(layer)
	if err != nil {
		return nil, answer(err)
	}
	out := &athenav1.WithdrawalsResponse{FinalLayer: a.ledger.final.Load()}
	var prove func(index uint64) ([]byte, error)
	if req.GetProof() && layer <= out.FinalLayer {
		if prove, err = a.ledger.withdrawalProver(out.FinalLayer, list); err != nil {
			return nil, answer(err)
		}
	}
	for i := range list {
		w := &list[i]
		if byID && w.item != only {
			continue
		}
		m := &athenav1.Withdrawal{
			Layer: w.Layer, Index: w.Index, ItemIndex: w.item, From: w.From[:], To: w.To[:],
			Amount: w.Amount,
		}
		if prove != nil {
			if m.Payload, err = prove(w.Index); err != nil {
				return nil, answer(err)
			}
		}
		out.Withdrawals = append(out.Withdrawals, m)
	}
	return out, nil
}

// withdrawalProver returns what proves withdrawals of one layer in the state after a final one, as
// payloads for L1.
func (l *ledger) withdrawalProver(
	final uint64, list []left,
) (func(index uint64) ([]byte, error), error) {
	h, err := l.head()
	if err != nil {
		return nil, err
	}
	t, err := l.store.At(min(final, h.layer))
	if err != nil {
		return nil, err
	}
	leaves := make([]rollup.Withdrawal, len(list))
	for i := range list {
		leaves[i] = list[i].Withdrawal
	}
	return func(index uint64) ([]byte, error) {
		v, err := bridge.ProveWithdrawal(t, min(final, h.layer), leaves, index)
		if err != nil {
			return nil, err
		}
		return v.Encode(), nil
	}, nil
}
