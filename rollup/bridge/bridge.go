package bridge

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
)

// ErrProof says that a proof does not show what it is said to show.
var ErrProof = errors.New("bridge: bad proof")

// backend lets a state read a tree: a full one, or one parsed from a proof.
type backend struct{ t *statetree.Tree }

// Get implements state.Backend.
func (b backend) Get(k state.Key) ([]byte, bool, error) { return b.t.Get(statetree.Key(k)) }

// ProveRecord proves the sealed record of a layer in a state.
func ProveRecord(t *statetree.Tree, layer uint64) ([]byte, error) {
	if _, err := record(t, layer); err != nil {
		return nil, err
	}
	name := rollup.LayerRecordName(layer)
	key := state.KeyOf(state.KindSystem, address.Zero, []byte(name))
	proof, err := t.Prove(statetree.Key(key))
	if err != nil {
		return nil, fmt.Errorf("bridge: layer %d: %w", layer, err)
	}
	return proof, nil
}

// Record returns the sealed record of a layer that a proof shows in the state with the given root.
// The error wraps ErrProof.
func Record(root rollup.Hash, layer uint64, proof []byte) (*rollup.LayerRecord, error) {
	limits := statetree.WitnessLimits{Bytes: rollup.MaxRecordProofBytes}
	t, err := statetree.Parse(proof, statetree.Root(root), limits)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	rec, err := record(t, layer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	return rec, nil
}

func record(t *statetree.Tree, layer uint64) (*rollup.LayerRecord, error) {
	s := state.New(backend{t})
	b, ok := s.System(rollup.LayerRecordName(layer))
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("bridge: layer %d: %w", layer, err)
	}
	if !ok {
		return nil, fmt.Errorf("bridge: layer %d is not sealed", layer)
	}
	rec, err := rollup.DecodeLayerRecord(b)
	if err != nil {
		return nil, fmt.Errorf("bridge: layer %d: %w", layer, err)
	}
	return rec, nil
}

// ProveWithdrawal makes the payload that unlocks list[index], the withdrawals list of one layer
// being list, in the state t after finalLayer.
func ProveWithdrawal(
	t *statetree.Tree, finalLayer uint64, list []rollup.Withdrawal, index uint64,
) (*rollup.WithdrawProve, error) {
	leaves := make([][]byte, len(list))
	for i := range list {
		leaves[i] = list[i].Encode()
	}
	path, err := rollup.ProveMMR(leaves, index)
	if err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	v := &rollup.WithdrawProve{
		Withdrawal: list[index], Path: path.Path, FinalLayer: finalLayer,
	}
	if v.Record, err = ProveRecord(t, v.Withdrawal.Layer); err != nil {
		return nil, err
	}
	// What does not verify must not be paid for: the list may be another layer's.
	if err := Withdrawal(rollup.Hash(t.Root()), v); err != nil {
		return nil, err
	}
	return v, nil
}

// Withdrawal checks that a payload shows its withdrawal in the state with the given root. The error
// wraps ErrProof.
func Withdrawal(root rollup.Hash, v *rollup.WithdrawProve) error {
	w := &v.Withdrawal
	rec, err := Record(root, w.Layer, v.Record)
	if err != nil {
		return err
	}
	path := rollup.MMRProof{Index: w.Index, Count: rec.WithdrawalsCount, Path: v.Path}
	if !rollup.VerifyMMR(rec.WithdrawalsRoot, w.Encode(), &path) {
		return fmt.Errorf("%w: withdrawal %d of layer %d is not in its list", ErrProof, w.Index, w.Layer)
	}
	return nil
}

// Receipt checks that a receipt, canonically encoded, is at an index of its layer's list, in the
// state with the given root. The error wraps ErrProof.
func Receipt(root rollup.Hash, layer, index uint64, receipt []byte, path []rollup.Hash,
	proof []byte,
) error {
	rec, err := Record(root, layer, proof)
	if err != nil {
		return err
	}
	p := rollup.MMRProof{Index: index, Count: rec.ReceiptsCount, Path: path}
	if !rollup.VerifyMMR(rec.ReceiptsRoot, receipt, &p) {
		return fmt.Errorf("%w: receipt %d of layer %d is not in its list", ErrProof, index, layer)
	}
	return nil
}
