package devnet

import (
	"fmt"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
)

// What everybody owns at the start, in smallest units.
const (
	AccountBalance = 1_000_000_000_000
	L1Balance      = 1_000_000_000_000
	OperatorL1     = 100_000_000_000_000
)

// genesisTime is when every development network begins, in seconds.
const genesisTime = 1_767_225_600

// Genesis is the genesis of a development network: ten prefunded wallets, and L1 money for them, for
// the relay and for the executors.
func Genesis(seed uint64, executors int) (*rollup.Genesis, error) {
	g := &rollup.Genesis{
		Name:      "dev",
		Time:      genesisTime,
		Params:    rollup.DefaultParams(),
		Templates: [][]byte{fixtures.Wallet()},
	}
	for i := range Accounts {
		w := Account(seed, i)
		g.Allocations = append(g.Allocations, rollup.Allocation{Address: w.Address(), Amount: AccountBalance})
		g.L1 = append(g.L1, rollup.Allocation{Address: w.L1Address(), Amount: L1Balance})
	}
	operators := []string{relayRole}
	for i := range executors {
		operators = append(operators, executorRole(i))
	}
	for _, role := range operators {
		key := Key(seed, role)
		g.L1 = append(g.L1, rollup.Allocation{
			Address: rollup.L1Address([32]byte(key[32:])), Amount: OperatorL1,
		})
	}
	tree, err := stf.GenesisTree(g)
	if err != nil {
		return nil, fmt.Errorf("devnet: genesis state: %w", err)
	}
	g.StateRoot = rollup.Hash(tree.Root())
	return g, nil
}

const relayRole = "relay"

func executorRole(i int) string { return fmt.Sprintf("executor %d", i) }
