package statetree

import (
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestReadersDuringCommits reads while layers are committed and taken back. In every version all
// keys have one value, so a reader that mixed two versions would see it; it may only be refused.
func TestReadersDuringCommits(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		const keys, rounds = 40, 60
		s := b.open(t)
		layerChanges := func(layer uint64) (ch []Change) {
			for i := range keys {
				v := binary.BigEndian.AppendUint64(nil, layer)
				ch = append(ch, Change{Key: hashedKey(i), Value: v})
			}
			return ch
		}
		tree := New()
		require.NoError(t, tree.Apply(layerChanges(0)))
		require.NoError(t, s.CommitGenesis(tree, nil, nil))

		done := make(chan struct{})
		var wg sync.WaitGroup
		var failed error
		var once sync.Once
		for range 2 {
			wg.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if _, err := readAll(s, keys); err != nil {
						once.Do(func() { failed = err })
						return
					}
				}
			})
		}
		for range rounds {
			head, _ := s.Head()
			tree, err := s.Tree()
			require.NoError(t, err)
			require.NoError(t, tree.Apply(layerChanges(head.Layer+1)))
			require.NoError(t, s.Commit(head.Layer+1, tree, nil, nil))
			if head.Layer%3 == 2 {
				require.NoError(t, s.Rewind(head.Layer))
			}
		}
		for { // the last version stands still, so that a reader gets through it
			if ok, err := readAll(s, keys); err != nil || ok {
				require.NoError(t, err)
				break
			}
		}
		close(done)
		wg.Wait()
		require.NoError(t, failed)
		require.NoError(t, s.Close())
	})
}

// readAll reads every key of the head, by value and by proof; ok is false if the head moved.
func readAll(s Store, keys int) (ok bool, err error) {
	tree, err := s.Tree()
	if err != nil {
		return false, err
	}
	var first string
	for i := range keys {
		v, present, err := tree.Get(hashedKey(i))
		if err == nil && i%8 == 0 {
			_, err = tree.Prove(hashedKey(i))
		}
		switch {
		case errors.Is(err, ErrStale):
			return false, nil
		case err != nil:
			return false, err
		case !present:
			return false, errors.New("a key is missing")
		case i > 0 && string(v) != first:
			return false, errors.New("two versions were mixed")
		}
		first = string(v)
	}
	return true, nil
}
