package executor

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// api answers the requests of ExecutorService. It only reads.
type api struct {
	athenav1.UnimplementedExecutorServiceServer
	ledger    *ledger
	snapshots *snapshots
	network   string
	proving   chan struct{} // holds a place while a step is proven
}

func newAPI(l *ledger, s *snapshots, network string) *api {
	return &api{ledger: l, snapshots: s, network: network, proving: make(chan struct{}, 1)}
}

var _ athenav1.ExecutorServiceServer = (*api)(nil)

// view runs fn on the newest state; the head does not move before it returns. Requests are bounded
// (gas, sizes), so that the head never waits for long.
func (a *api) view(fn func(h head, t *statetree.Tree) error) error {
	a.ledger.mu.RLock()
	defer a.ledger.mu.RUnlock()
	h, err := a.ledger.head()
	if err != nil {
		return err
	}
	t, err := a.ledger.store.Tree()
	if err != nil {
		return err
	}
	return fn(h, t)
}

// invalid is the answer to a request that cannot be read. The message says what to send.
func invalid(err error) error { return status.Error(codes.InvalidArgument, err.Error()) }

// answer makes a gRPC status of an error. A status stays what it is.
func answer(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	var down *chainError
	switch {
	case errors.As(err, &down):
		return status.Error(codes.Unavailable, err.Error())
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, err.Error())
	case errors.Is(err, statetree.ErrClosed):
		return status.Error(codes.Unavailable, "the executor is stopping; ask another one")
	default:
		return status.Error(codes.Internal, err.Error())
	}
}

// Head implements ExecutorService.
func (a *api) Head(ctx context.Context, _ *athenav1.HeadRequest) (*athenav1.HeadResponse, error) {
	_, final, err := a.ledger.chain.Claims(ctx)
	if err != nil {
		return nil, answer(onChain("ask L1 for its claims", err))
	}
	a.ledger.mu.RLock()
	defer a.ledger.mu.RUnlock()
	h, err := a.ledger.head()
	if err != nil {
		return nil, answer(err)
	}
	oldest, err := a.ledger.oldest()
	if err != nil {
		return nil, answer(err)
	}
	return &athenav1.HeadResponse{
		Network: a.network, ChainId: a.ledger.chainID[:],
		Layer: h.layer, L1Hash: h.L1Hash[:], Root: h.root[:], Time: h.Time,
		FinalLayer: final.Layer, FinalRoot: final.Root[:],
		OldestLayer: oldest,
	}, nil
}

var statuses = [...]string{
	state.Stub: "stub", state.Live: "live", state.Dead: "dead", state.Expired: "expired",
}

// Account implements ExecutorService.
func (a *api) Account(
	_ context.Context, req *athenav1.AccountRequest,
) (*athenav1.AccountResponse, error) {
	addr, err := wire.Address("address", req.GetAddress())
	if err != nil {
		return nil, invalid(err)
	}
	out := new(athenav1.AccountResponse)
	err = a.view(func(h head, t *statetree.Tree) error {
		key := statetree.Key(state.KeyOf(state.KindHeader, addr, nil))
		leaf, err := a.leaf(h, t, key, req.GetProof())
		if err != nil {
			return err
		}
		out.Key, out.Value, out.Proof = key[:], leaf.value, leaf.proof
		out.Layer, out.Root = h.layer, h.root[:]
		s := state.New(stf.Backend(t))
		if header, ok := s.Header(addr); ok {
			blob, _ := s.Blob(addr, &header)
			out.Exists, out.Status = true, statuses[header.Status]
			out.Template, out.Nonce = header.Template[:], header.Nonce
			out.Balance, out.Slots, out.Blob = header.Balance, header.Slots, blob
		}
		return s.Err()
	})
	if err != nil {
		return nil, answer(err)
	}
	return out, nil
}

// Storage implements ExecutorService.
func (a *api) Storage(
	_ context.Context, req *athenav1.StorageRequest,
) (*athenav1.StorageResponse, error) {
	addr, err := wire.Address("address", req.GetAddress())
	if err != nil {
		return nil, invalid(err)
	}
	slot, err := wire.Hash("slot", req.GetSlot())
	if err != nil {
		return nil, invalid(fmt.Errorf("%w: the storage key, padded to 32 bytes", err))
	}
	out := new(athenav1.StorageResponse)
	err = a.view(func(h head, t *statetree.Tree) error {
		key := statetree.Key(state.KeyOf(state.KindSlot, addr, slot[:]))
		leaf, err := a.leaf(h, t, key, req.GetProof())
		if err != nil {
			return err
		}
		out.Key, out.Value, out.Proof = key[:], leaf.value, leaf.proof
		out.Layer, out.Root = h.layer, h.root[:]
		s := state.New(stf.Backend(t))
		if v, ok := s.Slot(addr, slot); ok {
			out.Exists, out.Data = true, v.Data
		}
		return s.Err()
	})
	if err != nil {
		return nil, answer(err)
	}
	return out, nil
}

// leaf is a value of the tree, with a proof if one was asked for.
type leaf struct {
	value []byte
	proof *athenav1.Proof
}

func (a *api) leaf(h head, t *statetree.Tree, key statetree.Key, prove bool) (leaf, error) {
	value, _, err := t.Get(key)
	if err != nil || !prove {
		return leaf{value: value}, err
	}
	tree, err := t.Prove(key)
	return leaf{value, &athenav1.Proof{Layer: h.layer, Root: h.root[:], Tree: tree}}, err
}

// Receipt implements ExecutorService.
func (a *api) Receipt(
	_ context.Context, req *athenav1.ReceiptRequest,
) (*athenav1.ReceiptResponse, error) {
	id, err := wire.Hash("id", req.GetId())
	if err != nil {
		return nil, invalid(fmt.Errorf("%w: a TxID, a TxHash or the id of a deposit", err))
	}
	a.ledger.mu.RLock()
	defer a.ledger.mu.RUnlock()
	x, err := a.ledger.executed(id)
	if err != nil {
		return nil, answer(err)
	}
	if x != nil {
		out := &athenav1.ReceiptResponse{Found: true, Receipt: wire.Receipt(x), Layer: x.Layer}
		if req.GetProof() {
			out.Proof, err = a.proveReceipt(x)
		}
		return out, answer(err)
	}
	d, ok, err := a.ledger.dropped(id)
	if err != nil {
		return nil, answer(err)
	}
	if ok {
		return &athenav1.ReceiptResponse{Dropped: wire.Reason(d.reason), Layer: d.layer}, nil
	}
	return new(athenav1.ReceiptResponse), nil // not seen here, or not yet
}

// Layer implements ExecutorService. The receipts come without events and return data: ask for these
// one by one.
func (a *api) Layer(
	_ context.Context, req *athenav1.LayerRequest,
) (*athenav1.LayerResponse, error) {
	a.ledger.mu.RLock()
	defer a.ledger.mu.RUnlock()
	rec, err := a.ledger.record(req.GetHeight())
	if err != nil {
		return nil, answer(err)
	}
	if rec == nil {
		h, _ := a.ledger.head()
		oldest, _ := a.ledger.oldest()
		return nil, status.Errorf(codes.NotFound, "layer %d was not executed here, or its records "+
			"are gone; those of layers %d to %d are here", req.GetHeight(), oldest, h.layer)
	}
	out := &athenav1.LayerResponse{
		Height: req.GetHeight(), L1Hash: rec.L1Hash[:], Time: rec.Time, Items: rec.Items,
		Steps: uint32(len(rec.StepRoots)), PreRoot: rec.PreRoot[:],
	}
	for i := range rec.StepRoots {
		out.StepRoots = append(out.StepRoots, rec.StepRoots[i][:])
	}
	for i := range rec.Drops {
		d := &rec.Drops[i]
		out.Dropped = append(out.Dropped, &athenav1.Dropped{
			Id: d.ID[:], TxId: d.TxID[:], Reason: wire.Reason(d.Reason),
		})
	}
	lo, hi := heightKey(req.GetHeight()), heightKey(req.GetHeight()+1)
	err = a.ledger.store.AuxRange(spaceItem, lo, hi, func(_, v []byte) error {
		x, err := decodeItem(req.GetHeight(), v)
		if err != nil {
			return err
		}
		x.Events, x.Return = nil, nil
		out.Receipts = append(out.Receipts, wire.Receipt(x))
		return nil
	})
	if err != nil {
		return nil, answer(err)
	}
	return out, nil
}

// Claims implements ExecutorService.
func (a *api) Claims(
	ctx context.Context, _ *athenav1.ClaimsRequest,
) (*athenav1.ClaimsResponse, error) {
	claims, final, err := a.ledger.chain.Claims(ctx)
	if err != nil {
		return nil, answer(onChain("ask L1 for its claims", err))
	}
	out := &athenav1.ClaimsResponse{FinalLayer: final.Layer, FinalRoot: final.Root[:]}
	a.ledger.mu.RLock()
	defer a.ledger.mu.RUnlock()
	for i := range claims {
		info := claimInfo(&claims[i])
		if err := a.ledger.opinion(&claims[i].Claim, info); err != nil {
			return nil, answer(err)
		}
		out.Claims = append(out.Claims, info)
	}
	return out, nil
}

// executed returns the newest item with an id; nil when there is none.
func (l *ledger) executed(id rollup.Hash) (*wire.Executed, error) {
	b, ok, err := l.store.Aux(spaceID, id[:])
	if err != nil || !ok {
		return nil, err
	}
	at, err := decodeIDRecord(b)
	if err != nil {
		return nil, err
	}
	item, ok, err := l.store.Aux(spaceItem, itemKey(at.layer, at.index))
	if err != nil || !ok {
		return nil, damaged("item", errors.Join(err, errRecord))
	}
	return decodeItem(at.layer, item)
}

// dropped returns where and why derivation left out what has this id.
func (l *ledger) dropped(id rollup.Hash) (d dropRecord, ok bool, err error) {
	b, ok, err := l.store.Aux(spaceDropped, id[:])
	if err != nil || !ok {
		return d, false, err
	}
	d, err = decodeDropRecord(b)
	return d, true, err
}
