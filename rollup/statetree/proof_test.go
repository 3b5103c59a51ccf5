package statetree

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestProofs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, tree := model{}, New()
		ch := changesGen(30).Draw(rt, "state")
		m.apply(ch)
		require.NoError(rt, tree.Apply(ch))
		k, other := keyGen().Draw(rt, "key"), keyGen().Draw(rt, "other")
		proof, err := tree.Prove(k)
		require.NoError(rt, err)
		want, present := m[k]
		got, ok, err := VerifyProof(m.root(), proof, k)
		require.NoError(rt, err)
		require.Equal(rt, present, ok)
		require.Equal(rt, string(want), string(got))

		// For another key the proof shows the truth or nothing.
		got, ok, err = VerifyProof(m.root(), proof, other)
		if err != nil {
			require.ErrorIs(rt, err, ErrIncomplete)
		} else {
			_, present = m[other]
			require.Equal(rt, present, ok)
			require.Equal(rt, string(m[other]), string(got))
		}
		_, _, err = VerifyProof(Root{0xee}, proof, k)
		require.ErrorIs(rt, err, ErrBadWitness)
		i := rapid.IntRange(0, len(proof)-1).Draw(rt, "byte")
		proof[i] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		_, _, err = VerifyProof(m.root(), proof, k)
		require.Error(rt, err, "a changed proof shows nothing")
	})
}

func TestProveLeavesRecordingAlone(t *testing.T) {
	t.Parallel()
	tree := bigTree(t, 100)
	r := tree.Record()
	before, err := r.Witness()
	require.NoError(t, err)
	_, err = tree.Prove(hashedKey(1))
	require.NoError(t, err)
	after, err := r.Witness()
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Len(t, after, 33, "nothing was used: the root's hash")
}

// The sizes are part of what challenges cost, so they are pinned: about 33 bytes for each level of
// the path, one leaf and what lies beside it.
func TestProofSizes(t *testing.T) {
	t.Parallel()
	const n, proofs = 20_000, 500
	tree := bigTree(t, n)
	sum, most := 0, 0
	for i := range proofs {
		p, err := tree.Prove(hashedKey(i))
		require.NoError(t, err)
		sum, most = sum+len(p), max(most, len(p))
	}
	t.Logf("proofs in a tree of %d keys: mean %d bytes, largest %d", n, sum/proofs, most)
	require.Less(t, sum/proofs, 620)
	require.Less(t, most, 1100)

	r := tree.Record()
	for i := range 10 {
		_, _, err := tree.Get(hashedKey(i))
		require.NoError(t, err)
	}
	w, err := r.Witness()
	require.NoError(t, err)
	t.Logf("witness of 10 keys: %d bytes", len(w))
	require.Less(t, len(w), StepLimits(10, 320, 0).Bytes)
	require.Less(t, len(w), 5800)
}

// [4]: The costliest shape there is: a path of full depth with a subtree beside each of its nodes,
// the key deleted without being read, and a leaf to lift.
func TestStepLimitsHoldAtFullDepth(t *testing.T) {
	t.Parallel()
	deep := Key{}
	ch := []Change{{Key: deep}, {Key: deep.flip(MaxDepth - 1)}}
	for i := range MaxDepth - 1 {
		ch = append(ch, Change{Key: deep.flip(i)}, Change{Key: deep.flip(i).flip(i + 1)})
	}
	tree := New()
	require.NoError(t, tree.Apply(ch))
	root := tree.Root()
	r := tree.Record()
	require.NoError(t, tree.Apply([]Change{{Key: deep, Delete: true}}))
	w, err := r.Witness()
	require.NoError(t, err)
	require.Len(t, w, 49+127*32+2*(16+32))
	_, err = Parse(w, root, StepLimits(1, 0, 0))
	require.NoError(t, err)
	require.LessOrEqual(t, len(w), MaxProofBytes)
}

// hashedKey returns the i-th of a sequence of keys that are spread over the tree.
func hashedKey(i int) Key {
	return Key(HashValue(binary.LittleEndian.AppendUint64(nil, uint64(i))))
}

func bigChanges(n int) []Change {
	ch := make([]Change, n)
	for i := range ch {
		k := hashedKey(i)
		ch[i] = Change{Key: k, Value: k[:]}
	}
	return ch
}

func bigTree(t require.TestingT, n int) *Tree {
	tree := New()
	require.NoError(t, tree.Apply(bigChanges(n)))
	return tree
}
