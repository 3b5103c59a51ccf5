package statetree

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

// crashes takes a copy of the file system, as a power failure would leave it, before operations on
// it, with the layers that the copy may have as its head.
type crashes struct {
	mu     sync.Mutex
	mem    *vfs.MemFS
	rng    *rand.Rand
	before int // acknowledged head
	during int // head that a running operation leads to
	ops    int
	taken  []crash
}

type crash struct {
	fs             *vfs.MemFS
	before, during int
	where          string
}

func (c *crashes) maybeTake(op errorfs.Op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead || c.before < 0 {
		return nil
	}
	c.ops++
	keep := []int{0, 50, 100}[c.ops%3]
	c.taken = append(c.taken, crash{
		fs:     c.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: keep, RNG: c.rng}),
		before: c.before, during: c.during,
		where: fmt.Sprintf("op %d: %v of %s, %d%% of unsynced data kept", c.ops, op.Kind, op.Path, keep),
	})
	return nil
}

// toward runs an operation that moves the head to a layer.
func (c *crashes) toward(t *testing.T, layer int, fn func() error) {
	c.mu.Lock()
	c.during = layer
	c.mu.Unlock()
	require.NoError(t, fn())
	c.mu.Lock()
	c.before = layer
	c.mu.Unlock()
}

// TestCrash loses power at every write to the file system: what is found afterwards is the state
// before or after the operation that ran, complete, with its side data, and it can go on.
func TestCrash(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	c := &crashes{mem: vfs.NewCrashableMem(), rng: rng, before: -1}
	s, err := OpenPebble("db", Options{
		History: testHistory, FS: errorfs.Wrap(c.mem, errorfs.InjectorFunc(c.maybeTake)),
	})
	require.NoError(t, err)

	versions := map[int]version{}
	v := version{state: model{}, aux: map[string]string{}}
	commit := func(layer int) {
		v = v.clone()
		tree, err := s.Tree()
		require.NoError(t, err)
		ch := randomChanges(rng, 30)
		require.NoError(t, tree.Apply(ch))
		v.state.apply(ch)
		v.meta = fmt.Sprint("layer ", layer, " ", rng.Uint64())
		v.aux[fmt.Sprint(layer)], v.aux["newest"] = v.meta, v.meta
		versions[layer] = v
		aux := []Aux{
			{Space: 7, Key: fmt.Append(nil, layer), Value: []byte(v.meta)},
			{Space: 7, Key: []byte("newest"), Value: []byte(v.meta)},
		}
		c.toward(t, layer, func() error { return s.Commit(uint64(layer), tree, []byte(v.meta), aux) })
	}
	commit(0)
	for layer := 1; layer <= 8; layer++ {
		commit(layer)
		if layer%3 == 0 {
			require.NoError(t, s.(*pebbleStore).db.Flush())
		}
	}
	c.toward(t, 6, func() error { return s.Rewind(6) })
	require.NoError(t, s.(*pebbleStore).db.Compact(t.Context(), []byte{0}, []byte{0xff}, false))
	require.NoError(t, s.Close())
	require.Greater(t, len(c.taken), 40)

	heads := map[string]int{}
	for _, crash := range c.taken {
		heads[checkCrash(t, crash, versions)]++
	}
	require.Positive(t, heads["before"], "some crash lost the operation: %v", heads)
	require.Positive(t, heads["during"], "some crash kept the operation: %v", heads)
}

// checkCrash opens what a crash left and reports which of the two states it found.
func checkCrash(t *testing.T, c crash, versions map[int]version) (found string) {
	s, err := OpenPebble("db", Options{History: testHistory, FS: c.fs})
	require.NoError(t, err, c.where)
	head, ok := s.Head()
	require.True(t, ok, c.where)
	layer := int(head.Layer)
	require.Contains(t, []int{c.before, c.during}, layer, c.where)
	requireVersion(t, s, layer, versions[layer])
	tree, err := s.Tree()
	require.NoError(t, err)
	require.NoError(t, tree.Apply([]Change{{Key: Key{1, 2, 3}, Value: []byte("after")}}))
	require.NoError(t, s.Commit(head.Layer+1, tree, nil, nil), c.where)
	require.NoError(t, s.Rewind(head.Layer), c.where)
	requireVersion(t, s, layer, versions[layer])
	require.NoError(t, s.Close())
	switch {
	case c.before == c.during:
		return "idle"
	case layer == c.before:
		return "before"
	}
	return "during"
}

// randomChanges returns changes over few keys, so that some of them update and delete.
func randomChanges(rng *rand.Rand, n int) []Change {
	ch := make([]Change, n)
	for i := range ch {
		ch[i].Key = Key{byte(rng.IntN(8) << 5), byte(rng.IntN(3))}
		if ch[i].Delete = rng.IntN(3) == 0; !ch[i].Delete {
			ch[i].Value = fmt.Append(nil, rng.Uint32())
		}
	}
	return ch
}
