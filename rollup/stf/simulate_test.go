package stf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// TestSimulationSuffices: what a simulation reports as used is what the transaction uses; declaring
// that is enough, and declaring one unit of state less is not.
func TestSimulationSuffices(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for _, line := range []string{
		"carol: spawn; spend bob 5",
		"alice: deploy token",
		"alice: create coin token @alice @any 1",
		"alice: call coin mint @alice 1000",
		"alice: call coin transfer @bob 10",
		"alice: spend dave 5 | nonce=unordered:1",
		"alice: spend erin 5 | sponsor=bob",
		"alice: spend erin 5 | sponsor=bob nonce=unordered:2",
		"alice: spend bob 5 | access=alice",
	} {
		l := layer(t, c, line)
		tx := *l.Items[1].Tx
		principal, sponsor := "alice", ""
		if tx.Principal == c.Address("carol") {
			principal = "carol"
		}
		if !tx.Sponsor.IsZero() {
			sponsor = "bob"
		}
		tx.MaxFee = 0 // not known yet
		tx.MaxUnits = c.Params.MaxTx
		stftest.Sign(&tx, principal, sponsor)
		item := c.Item(&tx, c.Address("relay"))
		sim, err := c.Engine.Simulate(stf.Backend(c.Tree), l, &item)
		require.NoError(t, err)
		require.Equal(t, rollup.OutcomeSuccess, sim.Outcome, "%s: %v %v", line, sim.Reason, sim.Trap)

		tx.MaxUnits = sim.Used
		tx.MaxUnits[metering.Compute] += sim.Used[metering.Compute] / 32 // a callee gets 63/64
		tx.MaxFee = 3_000_000
		attempt := func(units metering.Units) rollup.Receipt {
			tx.MaxUnits = units
			stftest.Sign(&tx, principal, sponsor)
			l.Items[1] = c.Item(&tx, c.Address("relay"))
			tree := c.Tree.Fork()
			res, err := c.Engine.ApplyLayer(tree, l)
			require.NoError(t, err)
			return res.Receipts()[1]
		}
		enough := tx.MaxUnits
		for d := metering.Read; d < metering.Dimensions; d++ {
			if less := enough; less[d] > 0 {
				less[d]--
				r := attempt(less)
				require.NotEqual(t, rollup.OutcomeSuccess, r.Outcome, "%s: less %v", line, d)
			}
		}
		r := attempt(enough)
		require.Equal(t, rollup.OutcomeSuccess, r.Outcome, "%s: reason %v", line, r.Reason)
		for d := metering.Compute; d < metering.Dimensions; d++ {
			require.Equal(t, sim.Used[d], r.Units[d], "%s: %v", line, d)
		}
		_, err = c.Apply(l, nil)
		require.NoError(t, err)
	}
}
