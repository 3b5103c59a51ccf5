package rollup

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func leaves(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = binary.LittleEndian.AppendUint32([]byte("leaf"), uint32(i))
	}
	return out
}

// slowRoot is the definition of the root, written another way: peaks from the left, bagged from the
// right.
func slowRoot(ls [][]byte) Hash {
	var peaks []Hash
	rest := ls
	for size := 1 << 20; size > 0; size /= 2 {
		if len(rest) >= size && len(rest)&size != 0 {
			peaks = append(peaks, slowPeak(rest[:size]))
			rest = rest[size:]
		}
	}
	if len(peaks) == 0 {
		return rootHash(0, nil)
	}
	bag := peaks[len(peaks)-1]
	for i := len(peaks) - 2; i >= 0; i-- {
		bag = nodeHash(peaks[i], bag)
	}
	return rootHash(uint64(len(ls)), bag[:])
}

func slowPeak(ls [][]byte) Hash {
	if len(ls) == 1 {
		return leafHash(ls[0])
	}
	return nodeHash(slowPeak(ls[:len(ls)/2]), slowPeak(ls[len(ls)/2:]))
}

func TestMMRRoot(t *testing.T) {
	t.Parallel()
	var m MMR
	seen := map[Hash]bool{}
	for n := range 140 {
		ls := leaves(n)
		require.Equal(t, uint64(n), m.Count())
		require.Equal(t, slowRoot(ls), m.Root(), "%d leaves", n)
		require.Equal(t, MMRRoot(ls), m.Root())
		require.False(t, seen[m.Root()])
		seen[m.Root()] = true
		back, err := DecodeMMR(m.Encode())
		require.NoError(t, err)
		require.Equal(t, m.Root(), back.Root())
		m.Append(leaves(n + 1)[n])
	}
}

func TestMMRCopyIsIndependent(t *testing.T) {
	t.Parallel()
	a := *newGen(3).mmr()
	b := a
	root := a.Root()
	b.Append([]byte("x"))
	require.Equal(t, root, a.Root())
}

func TestMMRProof(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 33; n++ {
		ls := leaves(n)
		root := MMRRoot(ls)
		for i := range ls {
			pr, err := ProveMMR(ls, uint64(i))
			require.NoError(t, err)
			require.True(t, VerifyMMR(root, ls[i], &pr), "leaf %d of %d", i, n)
			require.False(t, VerifyMMR(root, []byte("other"), &pr))
			require.False(t, VerifyMMR(Hash{}, ls[i], &pr))
			checkForgeries(t, root, ls[i], pr)
		}
	}
	_, err := ProveMMR(leaves(3), 3)
	require.Error(t, err)
}

// checkForgeries changes each part of a proof in turn; none may pass.
func checkForgeries(t *testing.T, root Hash, leaf []byte, pr MMRProof) {
	t.Helper()
	bad := func(why string, edit func(p *MMRProof)) {
		x := pr
		x.Path = append([]Hash(nil), pr.Path...)
		edit(&x)
		require.False(t, VerifyMMR(root, leaf, &x), "%s: leaf %d of %d", why, pr.Index, pr.Count)
	}
	bad("next index", func(p *MMRProof) { p.Index++ })
	bad("previous index", func(p *MMRProof) { p.Index-- })
	bad("more leaves", func(p *MMRProof) { p.Count++ })
	bad("fewer leaves", func(p *MMRProof) { p.Count-- })
	bad("longer path", func(p *MMRProof) { p.Path = append(p.Path, Hash{}) })
	if n := len(pr.Path); n > 0 {
		bad("shorter path", func(p *MMRProof) { p.Path = p.Path[:n-1] })
		bad("other sibling", func(p *MMRProof) { p.Path[n/2][7] ^= 1 })
	}
}

func TestMMRProofHugeCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pr := MMRProof{
			Index: rapid.Uint64().Draw(t, "index"),
			Count: rapid.Uint64().Draw(t, "count"),
			Path:  make([]Hash, rapid.IntRange(0, 130).Draw(t, "path")),
		}
		require.False(t, VerifyMMR(Hash{1}, []byte("leaf"), &pr))
	})
}
