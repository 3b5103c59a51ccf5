package sim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

const (
	users      = 5
	userMoney  = 1_000_000_000_000
	actorMoney = 1_000_000_000_000_000
)

// governor is who may change the parameters of the network.
const governor = "governor"

// userName is the name of the i-th user's wallet.
func userName(i int) string { return fmt.Sprintf("user%d", i) }

// key is the L1 key of an actor, by its name.
func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("athena/simulator/" + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// account is the L1 account of an actor.
func account(name string) address.Address { return rollup.L1Address([32]byte(key(name)[32:])) }

// params are small numbers, so that a short history meets every limit.
func params(t traits) rollup.Params {
	p := rollup.DefaultParams()
	p.StepItems = 3
	p.MaxStepRoots, p.RetainBlocks = 1<<17, 1<<17 // a layer of such steps can be claimed
	p.ReorgBound = 3
	p.ChallengeWindow, p.ProveWindow = 10, 9
	p.UnorderedWindow = 12
	p.MaxLayersPerClaim = 4
	if t.rent {
		dearRent(&p)
	}
	return p
}

// genesis gives money to the users and, on L1, to everybody in the cast.
func genesis(cast []string, t traits) (*rollup.Genesis, error) {
	g := &rollup.Genesis{
		Name: "simulation", Time: 1_000, Params: params(t), Templates: [][]byte{fixtures.Wallet()},
		Governor: account(governor),
	}
	cast = append(cast, governor)
	for i := range users {
		g.Allocations = append(g.Allocations,
			rollup.Allocation{Address: stftest.Wallet(userName(i)), Amount: userMoney})
		cast = append(cast, userName(i))
	}
	for _, name := range cast {
		g.L1 = append(g.L1, rollup.Allocation{Address: account(name), Amount: actorMoney})
	}
	tree, err := stf.GenesisTree(g)
	if err != nil {
		return nil, fmt.Errorf("sim: genesis: %w", err)
	}
	g.StateRoot = rollup.Hash(tree.Root())
	return g, nil
}
