package executor

import (
	"context"
	"errors"
	"fmt"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// maxMethodBytes bounds the name of a method in a request; no program exports a longer one.
const maxMethodBytes = 64

// next makes up the layer that would follow the head: what a dry run sees. The header's prices are
// those that the block at the head pays and asks.
func (a *api) next(ctx context.Context, h head) (*stf.Layer, error) {
	header := rollup.Header{
		Height: h.layer + 1, ParentHash: h.L1Hash, Time: h.Time + 1, Beacon: h.L1Hash,
	}
	p, err := a.ledger.paramsAt(ctx, h.layer+1)
	if err != nil {
		return nil, err
	}
	b, err := a.ledger.chain.Layer(ctx, h.layer)
	if err != nil {
		return nil, onChain(fmt.Sprintf("read L1 block %d", h.layer), err)
	}
	header.DataPrice, header.InclusionPrice = b.Header.DataPrice, b.Header.InclusionPrice
	return &stf.Layer{
		ChainID: a.ledger.chainID, Header: &header, Params: p,
	}, nil
}

// params returns the parameters of the layer after the head.
func (a *api) params(ctx context.Context) (*rollup.Params, error) {
	h, err := a.ledger.head()
	if err != nil {
		return nil, err
	}
	return a.ledger.paramsAt(ctx, h.layer+1)
}

// Call implements ExecutorService.
func (a *api) Call(
	ctx context.Context, req *athenav1.CallRequest,
) (*athenav1.CallResponse, error) {
	p, err := a.params(ctx)
	if err != nil {
		return nil, answer(err)
	}
	addr, err := wire.Address("address", req.GetAddress())
	switch {
	case err != nil:
		return nil, invalid(err)
	case req.GetMethod() == "" || len(req.GetMethod()) > maxMethodBytes:
		return nil, invalid(fmt.Errorf("method has %d bytes; send the name of a method without "+
			"its athexp_ prefix, at most %d bytes", len(req.GetMethod()), maxMethodBytes))
	case len(req.GetArgs()) > int(p.MaxInputBytes):
		return nil, invalid(fmt.Errorf("args has %d bytes; at most %d are allowed",
			len(req.GetArgs()), p.MaxInputBytes))
	}
	most := p.MaxTx[metering.Compute]
	gas := req.GetGas()
	if gas == 0 || gas > most {
		gas = most
	}
	out := new(athenav1.CallResponse)
	err = a.view(func(h head, t *statetree.Tree) error {
		l, err := a.next(ctx, h)
		if err != nil {
			return err
		}
		res, err := a.ledger.engine.View(stf.Backend(t), l, addr,
			rollup.Selector(req.GetMethod()), req.GetArgs(), gas)
		out.ReturnData, out.GasUsed, out.Layer = res.Return, res.GasUsed, h.layer
		out.Trap, out.Message = wire.Trap(res.Trap), wire.Text(res.Message)
		return err
	})
	if err != nil {
		return nil, answer(err)
	}
	return out, nil
}

// Simulate implements ExecutorService. Limits that the transaction leaves at zero are the largest
// that the network allows.
func (a *api) Simulate(
	ctx context.Context, req *athenav1.SimulateRequest,
) (*athenav1.SimulateResponse, error) {
	p, err := a.params(ctx)
	if err != nil {
		return nil, answer(err)
	}
	tx, reason, err := rollup.DecodeTx(req.GetTx(), p)
	if err != nil {
		return nil, invalid(fmt.Errorf("tx is not the canonical encoding of a transaction (%v): %w",
			reason, err))
	}
	if tx.ChainID != a.ledger.chainID {
		return nil, invalid(errors.New("tx has the chain id of another network; " +
			"take the chain id from Head"))
	}
	if tx.MaxUnits == (metering.Units{}) {
		tx.MaxUnits = p.MaxTx
		tx.MaxUnits[metering.Data] = 0
	}
	if !tx.MaxUnits.Fits(p.MaxTx) {
		return nil, invalid(fmt.Errorf("tx declares units %v; a transaction may declare at most %v",
			tx.MaxUnits, p.MaxTx))
	}
	out := new(athenav1.SimulateResponse)
	err = a.view(func(h head, t *statetree.Tree) error {
		l, err := a.next(ctx, h)
		if err != nil {
			return err
		}
		item := &rollup.Item{
			Kind: rollup.ItemTx, Tx: tx, Size: uint32(len(req.GetTx())), Expiry: l.Header.Height,
			Relay: tx.Relay, DataPrice: l.Header.DataPrice,
			InclusionPrice: l.Header.InclusionPrice,
		}
		item.Weight = p.Weight(p.Declared(item))
		run := a.ledger.engine.Simulate
		if req.GetAdmitOnly() {
			run = a.ledger.engine.Admit
		}
		sim, err := run(stf.Backend(t), l, item)
		if err != nil {
			return err
		}
		fill(out, sim, item)
		out.Layer = h.layer
		return nil
	})
	if err != nil {
		return nil, answer(err)
	}
	return out, nil
}

func fill(out *athenav1.SimulateResponse, sim *stf.Simulation, item *rollup.Item) {
	out.Outcome = wire.Outcome(sim.Outcome)
	out.Trap, out.Reason = wire.Trap(sim.Trap), wire.Reason(sim.Reason)
	out.Message, out.ReturnData = wire.Text(sim.Message), sim.Return
	out.Used, out.Prices = wire.Units(sim.Used), wire.Units(sim.Prices)
	out.DataPrice, out.InclusionPrice = item.DataPrice, item.InclusionPrice
	out.Weight, out.NextNonce, out.Verified = item.Weight, sim.NextNonce, sim.Verified
	out.Storage = sim.Storage
}
