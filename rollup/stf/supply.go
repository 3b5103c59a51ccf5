package stf

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup/statetree"
)

// Supply is all the money in a state, by where it is. Its Total equals the genesis allocations and
// the deposits executed so far, less the withdrawals (docs/spec/bridge.md).
type Supply struct {
	Balances  big.Int // of accounts and stubs
	Locked    big.Int // deposits for storage, and rent reserves
	FeePools  big.Int // of this layer and of sealed ones, not credited yet
	Relays    big.Int // what relays earned in this layer
	Unclaimed big.Int // credits that would have overflowed
	Burned    big.Int
}

// Total returns the sum.
func (s *Supply) Total() *big.Int {
	sum := new(big.Int)
	for _, part := range []*big.Int{
		&s.Balances, &s.Locked, &s.FeePools, &s.Relays, &s.Unclaimed, &s.Burned,
	} {
		sum.Add(sum, part)
	}
	return sum
}

// SupplyOf walks a whole state, after some step, and adds its money up.
func SupplyOf(t *statetree.Tree) (*Supply, error) {
	sum := new(Supply)
	st := state.New(Backend(t))
	err := Walk(t, func(l Leaf) error {
		switch l.Kind {
		case state.KindHeader:
			h, _ := st.Header(l.Owner)
			grow(&sum.Balances, h.Balance)
			grow(&sum.Locked, h.LockedDeposit)
			grow(&sum.Locked, h.RentReserve)
			return st.Err()
		case state.KindSystem:
			return sum.addSystem(l.Slot, l.Payload)
		default:
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("stf: supply: %w", err)
	}
	return sum, nil
}

func (s *Supply) addSystem(name string, payload []byte) error {
	switch {
	case name == recordAcc:
		acc, err := DecodeAcc(payload)
		if err != nil {
			return err
		}
		grow(&s.FeePools, acc.FeePool)
		grow(&s.Burned, acc.Burned)
		for i := range acc.Relays {
			grow(&s.Relays, acc.Relays[i].Amount)
		}
	case name == recordFeesDue, name == recordBurned:
		v, err := decodeU64(payload)
		if err != nil {
			return err
		}
		if name == recordBurned {
			grow(&s.Burned, v)
		} else {
			grow(&s.FeePools, v)
		}
	case strings.HasPrefix(name, prefixUnclaimed):
		u, err := decodeUnclaimed(payload)
		if err != nil {
			return err
		}
		grow(&s.Unclaimed, u.Amount)
	}
	return nil
}

func grow(sum *big.Int, amount uint64) { sum.Add(sum, new(big.Int).SetUint64(amount)) }
