package sim

import (
	"context"

	"github.com/athenarollup/athena/rollup"
	l1sim "github.com/athenarollup/athena/rollup/l1/sim"
)

// sender posts to L1 directly, without any daemon: users who force a transaction, and adversaries.
type sender struct {
	chain *l1sim.Chain
	name  string
}

// submit signs a payload at the next nonce and hands it to the miners. A refusal is what adversaries
// expect.
func (s *sender) submit(ctx context.Context, p rollup.L1Payload) {
	a, err := s.chain.Account(ctx, account(s.name))
	if err != nil {
		return
	}
	tx := &rollup.L1Tx{ChainID: s.chain.State().ChainID(), Nonce: a.Nonce, Payload: p}
	tx.Sign(key(s.name))
	_, _ = s.chain.Submit(ctx, tx)
}
