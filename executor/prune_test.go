package executor

import (
	"testing"

	"github.com/stretchr/testify/require"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Records of old final layers go, with all ids that lead to them, and nothing else does; a
// reorganisation brings back what a layer removed.
func TestPruning(t *testing.T) {
	n := newNetwork(t, nil)
	p := &n.genesis.Params
	cfg := n.poster("one")
	cfg.History = int(p.ReorgBound + p.ChallengeWindow)
	cfg.Records = cfg.History
	one := n.open(cfg)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	early := n.sign("alice: spend bob 1")[0]
	n.turns(2, one)
	n.post(early)
	n.turns(50, one)
	oldest, err := one.ledger.oldest()
	require.NoError(t, err)
	require.Greater(t, oldest, uint64(5))
	require.LessOrEqual(t, oldest, n.chain.State().Final().Layer)
	head, _ := one.Head()
	for h := uint64(1); h <= head; h++ {
		rec, err := one.ledger.record(h)
		require.NoError(t, err)
		require.Equal(t, h >= oldest, rec != nil, "layer %d", h)
	}
	found := 0
	for _, space := range []byte{spaceItem, spaceID, spaceDropped, spaceCarry} {
		err := one.ledger.store.AuxRange(space, nil, nil, func(_, v []byte) error {
			if space == spaceID {
				at, err := decodeIDRecord(v)
				require.NoError(t, err)
				require.GreaterOrEqual(t, at.layer, oldest)
				found++
			}
			return nil
		})
		require.NoError(t, err)
	}
	require.Positive(t, found)
	x, err := one.ledger.executed(early.Hash())
	require.NoError(t, err)
	require.Nil(t, x)

	require.NoError(t, n.chain.Fork(3))
	n.turns(1, one) // back to an earlier layer
	again, err := one.ledger.oldest()
	require.NoError(t, err)
	require.Less(t, again, oldest)
	n.turns(4, one)
	h, err := newAPI(one.ledger, one.snapshots, "test").Head(t.Context(), &athenav1.HeadRequest{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, h.GetOldestLayer(), oldest)
}

// What L1 does not know any more is not counted any more.
func TestOutboxForgets(t *testing.T) {
	n := newNetwork(t, nil)
	one := n.open(n.poster("one"))
	for i := range byte(3) {
		w := kv.Write{Key: triedKey(rollup.Hash{i}, 1), Value: []byte{1}}
		require.NoError(t, one.outbox.store.Apply(w))
	}
	require.NoError(t, one.outbox.forget([]l1.ClaimInfo{{ID: rollup.Hash{1}}}))
	for i := range byte(3) {
		tried, err := one.outbox.tried(rollup.Hash{i}, 1)
		require.NoError(t, err)
		require.Equal(t, i == 1, tried == 1)
	}
}
