package stf

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
)

// ErrGenesis says that a genesis is not one that a network can start from.
var ErrGenesis = errors.New("stf: bad genesis")

// Genesis returns the state before layer 1.
func Genesis(g *rollup.Genesis) ([]state.Change, error) {
	if err := checkMoney(g); err != nil {
		return nil, err
	}
	s := state.New(Backend(statetree.New()))
	s.BeginTx(nil)
	schedule, err := scheduleOf(g.Params.VMVersion)
	if err != nil {
		return nil, err
	}
	exec := host.NewExecutor(schedule, limitsOf(&g.Params), nil)
	seen := make(map[address.Address]bool, len(g.Templates))
	for i, code := range g.Templates {
		if err := exec.CheckCode(code); err != nil {
			return nil, fmt.Errorf("%w: template %d: %w", ErrGenesis, i, err)
		}
		a := s.PutTemplate(code)
		if seen[a] {
			return nil, fmt.Errorf("%w: template %d is there twice", ErrGenesis, i)
		}
		seen[a] = true
	}
	for _, a := range g.Allocations {
		if !s.Credit(a.Address, a.Amount) {
			return nil, fmt.Errorf("%w: cannot credit %v", ErrGenesis, a.Address)
		}
	}
	var root rollup.MMR
	sealed := rollup.LayerRecord{
		ReceiptsRoot:    root.Root(),
		WithdrawalsRoot: root.Root(),
		Time:            g.Time,
	}
	s.SetSystem(recordAcc, new(Acc).Encode())
	first := rates{prices: g.Params.Prices}
	s.SetSystem(recordRates, first.encode())
	s.SetSystem(recordUsage, usage{first: 1}.encode())
	s.SetSystem(recordSweep, make([]byte, len(state.Key{})))
	s.SetSystem(recordBurned, encodeU64(0))
	s.SetSystem(recordFeesDue, encodeU64(0))
	s.SetSystem(recordSeenNext, seenCursor{}.encode())
	s.SetSystem(rollup.LayerRecordName(0), sealed.Encode())
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("stf: genesis: %w", err)
	}
	return s.Changes(), nil
}

// GenesisTree returns the state before layer 1 as a tree; its root is Genesis.StateRoot.
func GenesisTree(g *rollup.Genesis) (*statetree.Tree, error) {
	changes, err := Genesis(g)
	if err != nil {
		return nil, err
	}
	t := statetree.New()
	if err := Commit(t, changes); err != nil {
		return nil, fmt.Errorf("stf: genesis: %w", err)
	}
	return t, nil
}

// checkMoney requires that all money of the network fits 64 bits, so that no sum of it overflows.
func checkMoney(g *rollup.Genesis) error {
	var sum, carry uint64
	for _, list := range [][]rollup.Allocation{g.Allocations, g.L1} {
		for _, a := range list {
			if sum, carry = bits.Add64(sum, a.Amount, 0); carry != 0 {
				return fmt.Errorf("%w: allocations above 2^64-1 in all", ErrGenesis)
			}
		}
	}
	return nil
}
