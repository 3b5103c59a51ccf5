package relay

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

// randomly fills b.
func randomly(rng *rand.Rand, b []byte) []byte {
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// BundleBytes are those that L1 gets: once a bundle has shown what becomes of transactions, the next
// takes more of them.
func TestBundleBytesArePosted(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	size := len(n.tx(nil).Encode())
	r := n.start(func(c *Config) { c.BundleBytes = 30 * size })
	var txs []*rollup.Tx
	accept := func(count int) {
		for range count {
			tx := n.tx(func(x *rollup.Tx) { randomly(rng, x.Auth) })
			_, _, err := r.accept(t.Context(), tx.Encode())
			require.NoError(t, err)
			txs = append(txs, tx)
		}
	}
	accept(25)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	accept(50)
	n.requireStage(r, stageAccepted, txs[25:]...)
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)
	n.requireOnce(txs)
	all := n.bundles()
	require.Len(t, all, 2)
	require.Less(t, len(all[1].Encode()), 30*size)
}

// What does not become as short as was expected is cut to what a bundle may have.
func TestBundleIsCut(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, nil)
	r := n.start(nil)
	rng := rand.New(rand.NewPCG(3, 4))
	p := &n.genesis.Params
	b := batch{hashes: make([]rollup.Hash, 5), terms: make([]terms, 5)}
	for i := range b.hashes {
		b.hashes[i][0], b.terms[i].weight = byte(i), 1
		b.txs = append(b.txs, randomly(rng, make([]byte, int(p.MaxBundleBytes)*3/10)))
	}
	bundle, cut := r.pack(b)
	require.LessOrEqual(t, len(bundle), int(p.MaxBundleBytes))
	require.Equal(t, b.hashes[:3], cut.hashes)
	decoded, err := rollup.DecodeBundle(bundle, p)
	require.NoError(t, err)
	got, err := decoded.Txs(p)
	require.NoError(t, err)
	require.Equal(t, b.txs[:3], got)
	_, weight := cut.declared()
	require.EqualValues(t, 3, weight)
}

// A few transactions that take nearly all the bytes do not cost one encoding for each of the others.
func TestFewer(t *testing.T) {
	t.Parallel()
	require.Equal(t, 3, fewer(5, 150, 100))
	for n := 2; n < 1_000; n++ {
		require.Less(t, fewer(n, 1_001, 1_000), n)
		require.Positive(t, fewer(n, 1<<30, 1))
	}
	tries := 0
	for n := 10_000; n > 1; n = fewer(n, 1<<20+1, 1<<20) {
		tries++
	}
	require.Less(t, tries, 70)
}
