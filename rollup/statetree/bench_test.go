package statetree

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchSizes are the numbers of keys in the state.
var benchSizes = []int{100_000, 1_000_000}

// benchStores calls fn with a store of n keys on each back end; Pebble is on the disk.
func benchStores(b *testing.B, fn func(b *testing.B, s Store, n int)) {
	for _, n := range benchSizes {
		for _, name := range []string{"memory", "pebble"} {
			b.Run(fmt.Sprintf("%s/%dk", name, n/1000), func(b *testing.B) {
				s := NewMemory(16)
				if name == "pebble" {
					var err error
					s, err = OpenPebble(b.TempDir(), Options{History: 16})
					require.NoError(b, err)
				}
				require.NoError(b, s.CommitGenesis(bigTree(b, n), nil, nil))
				if p, ok := s.(*pebbleStore); ok { // loading the state is not part of what is timed
					require.NoError(b, p.db.Compact(b.Context(), []byte{0}, []byte{0xff}, false))
				}
				runtime.GC()
				b.ResetTimer()
				fn(b, s, n)
				b.StopTimer()
				require.NoError(b, s.Close())
			})
		}
	}
}

// updates returns changes of n random keys out of the state.
func updates(rng *rand.Rand, n, keys int) []Change {
	ch := make([]Change, n)
	for i := range ch {
		v := HashValue([]byte{byte(rng.Uint32()), byte(i)})
		ch[i] = Change{Key: hashedKey(rng.IntN(keys)), Value: v[:]}
	}
	return ch
}

// BenchmarkApply1000 updates 1000 random keys of the head in memory.
func BenchmarkApply1000(b *testing.B) {
	benchStores(b, func(b *testing.B, s Store, n int) {
		rng := rand.New(rand.NewPCG(1, 1))
		for b.Loop() {
			b.StopTimer()
			ch := updates(rng, 1000, n)
			tree, err := s.Tree()
			require.NoError(b, err)
			b.StartTimer()
			require.NoError(b, tree.Apply(ch))
		}
	})
}

// BenchmarkLayer1000 updates 1000 random keys and commits them as a layer, synced.
func BenchmarkLayer1000(b *testing.B) {
	benchStores(b, func(b *testing.B, s Store, n int) {
		rng := rand.New(rand.NewPCG(1, 1))
		tree, err := s.Tree()
		require.NoError(b, err)
		for layer := uint64(1); b.Loop(); layer++ {
			b.StopTimer()
			ch := updates(rng, 1000, n)
			b.StartTimer()
			require.NoError(b, tree.Apply(ch))
			require.NoError(b, s.Commit(layer, tree, nil, nil))
		}
	})
}

// BenchmarkGet reads random keys of the head.
func BenchmarkGet(b *testing.B) {
	benchStores(b, func(b *testing.B, s Store, n int) {
		rng := rand.New(rand.NewPCG(1, 1))
		tree, err := s.Tree()
		require.NoError(b, err)
		for b.Loop() {
			_, ok, err := tree.Get(hashedKey(rng.IntN(n)))
			require.NoError(b, err)
			require.True(b, ok)
		}
	})
}

// BenchmarkProve proves one random key.
func BenchmarkProve(b *testing.B) {
	benchStores(b, func(b *testing.B, s Store, n int) {
		rng := rand.New(rand.NewPCG(1, 1))
		tree, err := s.Tree()
		require.NoError(b, err)
		sum := 0
		for b.Loop() {
			p, err := tree.Prove(hashedKey(rng.IntN(n)))
			require.NoError(b, err)
			sum += len(p)
		}
		b.ReportMetric(float64(sum)/float64(b.N), "B/proof")
	})
}

// BenchmarkVerify verifies one proof.
func BenchmarkVerify(b *testing.B) {
	tree := bigTree(b, 100_000)
	p, err := tree.Prove(hashedKey(1))
	require.NoError(b, err)
	for b.Loop() {
		_, ok, err := VerifyProof(tree.Root(), p, hashedKey(1))
		require.NoError(b, err)
		require.True(b, ok)
	}
}

// BenchmarkWitness10 records the reading and updating of 10 random keys and makes the witness.
func BenchmarkWitness10(b *testing.B) {
	benchStores(b, func(b *testing.B, s Store, n int) {
		rng := rand.New(rand.NewPCG(1, 1))
		sum := 0
		for b.Loop() {
			tree, err := s.Tree()
			require.NoError(b, err)
			r := tree.Record()
			ch := updates(rng, 10, n)
			for i := range ch {
				_, _, err := tree.Get(ch[i].Key)
				require.NoError(b, err)
			}
			require.NoError(b, tree.Apply(ch))
			w, err := r.Witness()
			require.NoError(b, err)
			sum += len(w)
		}
		b.ReportMetric(float64(sum)/float64(b.N), "B/witness")
	})
}
