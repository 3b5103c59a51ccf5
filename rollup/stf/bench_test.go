package stf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
)

// BenchmarkTokenTransfer applies steps of 16 token transfers to a tree in memory: ns/op is of one
// transfer, signature, fees, receipt and root included.
func BenchmarkTokenTransfer(b *testing.B) {
	c := newChain(b)
	apply(b, c, "alice: deploy token", "alice: create coin token @alice @any 1",
		"alice: call coin mint @alice 1000000000")
	lines := make([]string, 16)
	for i := range lines {
		lines[i] = "alice: call coin transfer @bob 1"
	}
	l := layer(b, c, lines...)
	l.Steps = []rollup.Step{{First: 1, Count: 16}}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += 16 {
		t := c.Tree.Fork()
		res, err := c.Engine.ApplyStep(stf.Backend(t), l, 0)
		require.NoError(b, err)
		require.NoError(b, stf.Commit(t, res.Changes))
		require.Equal(b, rollup.OutcomeSuccess, res.Receipts[15].Outcome)
	}
}
