package bridge_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/bridge"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// sealed is a state that has the record of one layer with n withdrawals and n receipts, among others.
func sealed(t testing.TB, chain rollup.Hash, layer uint64, n int) (
	*statetree.Tree, []rollup.Withdrawal, [][]byte,
) {
	var list []rollup.Withdrawal
	var left rollup.MMR
	var receipts [][]byte
	for i := range n {
		list = append(list, rollup.Withdrawal{
			ChainID: chain, Layer: layer, Index: uint64(i), From: address.Address{1, byte(i)},
			To: l1Account("alice"), Amount: uint64(1_000 + i),
		})
		left.Append(list[i].Encode())
		r := rollup.Receipt{ItemIndex: uint32(i), Message: fmt.Append(nil, "receipt ", i)}
		receipts = append(receipts, r.Encode())
	}
	rec := rollup.LayerRecord{
		WithdrawalsRoot: left.Root(), WithdrawalsCount: left.Count(),
		ReceiptsRoot: rollup.MMRRoot(receipts), ReceiptsCount: uint64(n),
	}
	tree := statetree.New()
	s := state.New(noState{})
	s.SetSystem(rollup.LayerRecordName(layer), rec.Encode())
	for i := range uint64(50) {
		s.SetSystem(rollup.LayerRecordName(layer+1+i), (&rollup.LayerRecord{Time: i}).Encode())
	}
	require.NoError(t, s.Err())
	var changes []statetree.Change
	for _, c := range s.Changes() {
		changes = append(changes, statetree.Change{Key: statetree.Key(c.Key), Value: c.Value})
	}
	require.NoError(t, tree.Apply(changes))
	return tree, list, receipts
}

type noState struct{}

// Get implements state.Backend.
func (noState) Get(state.Key) ([]byte, bool, error) { return nil, false, nil }

// TestWithdrawalProof proves each of lists of many lengths, and shows each proof for the others.
func TestWithdrawalProof(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 16, 21} {
		tree, list, receipts := sealed(t, rollup.Hash{5}, 6, n)
		root := rollup.Hash(tree.Root())
		record, err := bridge.ProveRecord(tree, 6)
		require.NoError(t, err)
		require.Less(t, len(record), rollup.MaxRecordProofBytes/4)
		for i := range list {
			v, err := bridge.ProveWithdrawal(tree, 9, list, uint64(i))
			require.NoError(t, err)
			require.NoError(t, bridge.Withdrawal(root, v))
			require.Equal(t, record, v.Record)
			for j := range list {
				other := *v
				if other.Withdrawal = list[j]; i != j {
					require.ErrorIs(t, bridge.Withdrawal(root, &other), bridge.ErrProof)
				}
				other = *v
				if other.Withdrawal.Index = uint64(j); i != j {
					require.ErrorIs(t, bridge.Withdrawal(root, &other), bridge.ErrProof)
				}
			}
			require.ErrorIs(t, bridge.Withdrawal(rollup.Hash{1}, v), bridge.ErrProof)
			path, err := rollup.ProveMMR(receipts, uint64(i))
			require.NoError(t, err)
			require.NoError(t, bridge.Receipt(root, 6, uint64(i), receipts[i], path.Path, record))
			require.ErrorIs(t, bridge.Receipt(root, 6, uint64(i+1), receipts[i], path.Path, record),
				bridge.ErrProof)
			require.ErrorIs(t, bridge.Receipt(root, 7, uint64(i), receipts[i], path.Path, record),
				bridge.ErrProof)
			// A withdrawal is no receipt: the lists have roots of their own.
			require.ErrorIs(t, bridge.Receipt(root, 6, uint64(i), list[i].Encode(), v.Path, record),
				bridge.ErrProof)
		}
		_, err = bridge.ProveWithdrawal(tree, 9, list, uint64(n))
		require.Error(t, err)
		_, err = bridge.ProveWithdrawal(tree, 9, slices.Concat(list, list), 0)
		require.ErrorIs(t, err, bridge.ErrProof, "of a list that is not this layer's")
		_, err = bridge.ProveRecord(tree, 5)
		require.Error(t, err)
	}
}

// TestAboveLocked: a final state that is false, though nobody challenged it, pays out no more than
// there is.
func TestAboveLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(*rollup.Params) {})
	b := w.mine()
	locked := b.l1.Locked()
	var rec rollup.LayerRecord
	var left rollup.MMR
	for i, amount := range []uint64{locked + 1, locked, 1} {
		b.left = append(b.left, rollup.Withdrawal{
			ChainID: b.l1.ChainID(), Layer: 1, Index: uint64(i), To: l1Account("bob"), Amount: amount,
		})
		left.Append(b.left[i].Encode())
	}
	rec.WithdrawalsRoot, rec.WithdrawalsCount = left.Root(), left.Count()
	lie := state.New(stf.Backend(b.tree))
	lie.SetSystem(rollup.LayerRecordName(1), rec.Encode())
	require.NoError(t, stf.Commit(b.tree, lie.Changes()))
	b.steps[len(b.steps)-1] = rollup.Hash(b.tree.Root())
	w.uncounted = true
	w.claim()
	unlock := func(index uint64) rollup.Reason {
		v, err := bridge.ProveWithdrawal(w.blocks[1].tree, 1, b.left, index)
		require.NoError(t, err)
		w.submit("carol", v)
		for _, e := range w.mine().events {
			if r, ok := e.(l1.Refused); ok {
				return r.Reason
			}
		}
		return rollup.ReasonNone
	}
	require.Equal(t, rollup.ReasonAboveLocked, unlock(0))
	require.Equal(t, rollup.ReasonNone, unlock(1))
	require.Zero(t, w.tip().l1.Locked())
	require.Equal(t, rollup.ReasonAboveLocked, unlock(2))
}

// FuzzWithdrawal: whatever the payload, nothing but the withdrawals of the layer are shown.
func FuzzWithdrawal(f *testing.F) {
	tree, list, _ := sealed(f, rollup.Hash{5}, 6, 5)
	root := rollup.Hash(tree.Root())
	p := rollup.DefaultParams()
	for i := range list {
		v, err := bridge.ProveWithdrawal(tree, 9, list, uint64(i))
		require.NoError(f, err)
		tx := rollup.L1Tx{Payload: v}
		tx.Sign(stftest.Key("alice"))
		f.Add(tx.Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tx, err := rollup.DecodeL1Tx(b, &p)
		if err != nil {
			return
		}
		require.Equal(t, b, tx.Encode())
		if v, ok := tx.Payload.(*rollup.WithdrawProve); ok && bridge.Withdrawal(root, v) == nil {
			require.Contains(t, list, v.Withdrawal)
		}
	})
}
