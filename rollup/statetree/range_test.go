package statetree

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// between returns what the model holds in a range.
func (m model) between(from, to Key) []Leaf {
	var out []Leaf
	for _, k := range m.keys() {
		if k.compare(from) >= 0 && k.compare(to) <= 0 {
			out = append(out, Leaf{Key: k, Value: m[k]})
		}
	}
	return out
}

func requireLeaves(t require.TestingT, want, got []Leaf) {
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i].Key, got[i].Key)
		require.Equal(t, string(want[i].Value), string(got[i].Value))
	}
}

// Chunks from any key to the end hold what the state holds, without gap or overlap, on every back end
// and on a tree that was parsed.
func TestRanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := model{}
		ch := changesGen(60).Draw(rt, "state")
		m.apply(ch)
		limit := rapid.IntRange(0, 700).Draw(rt, "limit")
		from := keyGen().Draw(rt, "from")
		if rapid.Bool().Draw(rt, "all") {
			from = Key{}
		}
		for name, b := range backends() {
			s, tree := b.open(rt), New()
			require.NoError(rt, tree.Apply(ch))
			require.NoError(rt, s.CommitGenesis(tree, nil, nil))
			got, at := []Leaf{}, from
			for more := true; more; {
				c, err := tree.ProveRange(at, limit)
				require.NoError(rt, err)
				require.Equal(rt, at, c.From)
				leaves, err := VerifyRange(m.root(), c)
				require.NoError(rt, err, name)
				requireLeaves(rt, m.between(c.From, c.To), leaves)
				require.True(rt, len(c.Proof) <= limit+4*34*MaxDepth || len(leaves) == 1)
				got = append(got, leaves...)
				if at, more = c.Next(); more {
					require.NotEmpty(rt, leaves, "every chunk is a step forward")
				}
			}
			requireLeaves(rt, m.between(from, lastKey), got)
			require.NoError(rt, s.Close())
		}
	})
}

// A chunk shows its range, every narrower one, and no wider one that holds more.
func TestRangeBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, tree := model{}, New()
		ch := changesGen(40).Draw(rt, "state")
		m.apply(ch)
		require.NoError(rt, tree.Apply(ch))
		c, err := tree.ProveRange(keyGen().Draw(rt, "start"), rapid.IntRange(0, 400).Draw(rt, "limit"))
		require.NoError(rt, err)
		inside := c
		c.From, c.To = keyGen().Draw(rt, "from"), keyGen().Draw(rt, "to")
		leaves, err := VerifyRange(m.root(), c)
		switch {
		case c.From.compare(c.To) > 0:
			require.ErrorIs(rt, err, ErrBadWitness)
		case err == nil:
			requireLeaves(rt, m.between(c.From, c.To), leaves)
		default:
			require.ErrorIs(rt, err, ErrIncomplete)
			outside := c.From.compare(inside.From) < 0 || c.To.compare(inside.To) > 0
			require.True(rt, outside, "%v to %v is in %v to %v", c.From, c.To, inside.From, inside.To)
		}
	})
}

func TestRangeOfNothing(t *testing.T) {
	t.Parallel()
	c, err := New().ProveRange(Key{}, 100)
	require.NoError(t, err)
	require.Equal(t, Chunk{To: lastKey, Proof: []byte{0b110_00000}}, c)
	leaves, err := VerifyRange(Root{}, c)
	require.NoError(t, err)
	require.Empty(t, leaves)
	_, ok := c.Next()
	require.False(t, ok)
}

// Whatever is accepted against the root of a state is what that state holds.
func FuzzVerifyRange(f *testing.F) {
	m, tree := model{}, New()
	ch := []Change{{Key: keyL, Value: []byte("a")}, {Key: keyL2, Value: []byte("b")}}
	for i := range 20 {
		ch = append(ch, Change{Key: hashedKey(i), Value: bytes.Repeat([]byte{byte(i)}, i)})
	}
	m.apply(ch)
	require.NoError(f, tree.Apply(ch))
	for _, limit := range []int{0, 300, 1000, 5000} {
		for at, more := (Key{}), true; more; {
			c, err := tree.ProveRange(at, limit)
			require.NoError(f, err)
			f.Add(c.From[:2], c.To[:2], c.Proof)
			at, more = c.Next()
		}
	}
	f.Fuzz(func(t *testing.T, from, to, proof []byte) {
		c := Chunk{To: lastKey, Proof: proof}
		copy(c.From[:], from)
		copy(c.To[:], to)
		leaves, err := VerifyRange(m.root(), c)
		if err == nil {
			requireLeaves(t, m.between(c.From, c.To), leaves)
		}
	})
}
