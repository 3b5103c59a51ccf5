package l1

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// ErrMoney says that money was made or lost.
var ErrMoney = errors.New("l1: money is not conserved")

// Account returns an account; one that does not exist has no money and nonce 0.
func (s *State) Account(a address.Address) Account {
	v, _ := s.accounts.get(accountKey(a))
	return v
}

func (s *State) setAccount(a address.Address, v Account) { s.accounts.set(accountKey(a), v) }

// Burned returns all money burned so far.
func (s *State) Burned() uint64 { return s.burned }

// Locked returns the money that is on Athena.
func (s *State) Locked() uint64 { return s.locked }

// CheckMoney returns ErrMoney unless balances, bonds, held fees, locked deposits and what was
// burned add up to what the genesis gave.
func (s *State) CheckMoney() error {
	total, ok := sum(s.burned, s.locked)
	add := func(v uint64) {
		var fits bool
		total, fits = sum(total, v)
		ok = ok && fits
	}
	s.accounts.each(func(_ accountKey, a Account) { add(a.Balance) })
	for _, c := range s.claims {
		add(c.bond)
	}
	for _, c := range s.challenges {
		add(c.bond)
		add(c.fee)
	}
	if !ok || total != s.net.money {
		return fmt.Errorf("%w: %d, should be %d", ErrMoney, total, s.net.money)
	}
	return nil
}

// credit gives money to an account. All money fits 64 bits, so a sum of some of it does.
func (s *State) credit(to address.Address, amount uint64) {
	if amount == 0 {
		return
	}
	a := s.Account(to)
	var ok bool
	if a.Balance, ok = sum(a.Balance, amount); !ok {
		panic("BUG: l1: an account holds more than there is")
	}
	s.setAccount(to, a)
}

// debit takes money from an account; it reports whether the account has it.
func (s *State) debit(from address.Address, amount uint64) bool {
	a := s.Account(from)
	if a.Balance < amount {
		return false
	}
	a.Balance -= amount
	if amount > 0 {
		s.setAccount(from, a)
	}
	return true
}

// burn takes money out of the world. Its sum is bounded by all money.
func (s *State) burn(amount uint64) { s.burned += amount }

// payFee splits a byte fee: half, rounded up, is burned, and the rest is the proposer's.
func (s *State) payFee(fee uint64, proposer address.Address) {
	s.burn(fee - fee/2)
	s.credit(proposer, fee/2)
}

// loseBond splits the bond of a failed challenge: 80 % is burned, and the rest is for the proposer
// of the block that closes it (docs/spec/claims.md, money).
func (s *State) loseBond(bond uint64, proposer address.Address) (burned, toProposer uint64) {
	toProposer = part(bond, 20)
	burned = bond - toProposer
	s.burn(burned)
	s.credit(proposer, toProposer)
	return burned, toProposer
}

// genesisMoney returns all money of a network; ok is false when it does not fit.
func genesisMoney(g *rollup.Genesis) (onL1, locked uint64, ok bool) {
	for _, a := range g.L1 {
		if onL1, ok = sum(onL1, a.Amount); !ok {
			return 0, 0, false
		}
	}
	for _, a := range g.Allocations {
		if locked, ok = sum(locked, a.Amount); !ok {
			return 0, 0, false
		}
	}
	_, ok = sum(onL1, locked)
	return onL1, locked, ok
}
