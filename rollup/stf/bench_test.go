package stf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
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

// BenchmarkLayerEnd applies the last step of an empty layer to a state of 100 000 slots, with the
// default SweepLeaves, from a tree in memory: sealing, prices, rent and the sweep.
func BenchmarkLayerEnd(b *testing.B) {
	for _, tc := range []struct {
		name   string
		leaves uint32
		expire bool
	}{{"sweep of 1", 1, false}, {"sweep of 32", 32, false}, {"sweep of 32, evicting", 32, true}} {
		b.Run(tc.name, func(b *testing.B) {
			const slots = 100_000
			c := sweptChain(b, tc.leaves, slots, tc.expire)
			evicted := 0
			b.ReportAllocs()
			b.ResetTimer()
			for n := 1; b.Loop(); n++ {
				b.StopTimer()
				if tc.expire && n%(slots/int(tc.leaves)-1) == 0 { // soon there is none to evict
					c = sweptChain(b, tc.leaves, slots, tc.expire)
				}
				l := c.Layer(nil, 1)
				res, err := c.Engine.ApplyStep(stf.Backend(c.Tree), l, 0)
				require.NoError(b, err)
				require.NoError(b, stf.Commit(c.Tree, res.Changes))
				b.StartTimer()
				res, err = c.Engine.ApplyStep(stf.Backend(c.Tree), l, 1)
				require.NoError(b, err)
				require.NoError(b, stf.Commit(c.Tree, res.Changes))
				evicted += len(res.Events[0])
			}
			require.Equal(b, tc.expire, evicted > 0)
		})
	}
}

func sweptChain(b *testing.B, leaves uint32, slots int, expired bool) *stftest.Chain {
	c := newChain(b)
	c.Params.SweepLeaves = leaves
	fillSlots(b, c, slots, expired)
	return c
}

// fillSlots writes the slots of accounts of 100 each, which are expired or solvent for ever.
func fillSlots(b *testing.B, c *stftest.Chain, slots int, expired bool) {
	s := state.New(stf.Backend(c.Tree))
	for i := range slots {
		a := address.Address{23: byte(i / 100), 22: byte(i / 100 >> 8), 21: 1}
		s.SetSlot(a, [32]byte{byte(i % 100)}, make([]byte, 32))
		if i%100 == 99 {
			h, _ := s.Header(a)
			h.Status, h.RentReserve = state.Live, 1<<40
			if expired {
				h.Status = state.Expired
			}
			s.SetHeader(a, h)
		}
	}
	require.NoError(b, s.Err())
	require.NoError(b, stf.Commit(c.Tree, s.Changes()))
}
