package statetree

import "fmt"

// DefaultHistory is the number of layers that can be undone when no other number is asked for.
const DefaultHistory = 256

// MaxMetaBytes is the largest Head.Meta.
const MaxMetaBytes = 1 << 20

// Head describes the newest version of a store.
type Head struct {
	Layer uint64
	Root  Root
	// Meta is what the owner of the store keeps with the version, such as the hash of the L1 block
	// and the version of the parameters. The store does not look at it.
	Meta []byte
}

// Aux is one change to the side data of a store: receipts, layers, whatever has to move with the
// state without being part of its root. Within a Space keys are ordered as byte strings.
type Aux struct {
	Space  byte
	Key    []byte
	Value  []byte
	Delete bool
}

// Store keeps the newest version of the state and what is needed to go back by some layers.
//
// Each of Commit, CommitGenesis and Rewind is atomic: afterwards, and after a crash at any moment,
// the state is either the old one or the new one, with the side data that belongs to it. A tree
// taken before one of them returns ErrStale afterwards. Stores are safe for concurrent use.
type Store interface {
	// Head returns the newest version; ok is false before CommitGenesis.
	Head() (head Head, ok bool)
	// Tree returns the state at the head: an empty one before CommitGenesis.
	Tree() (*Tree, error)
	// At returns the state after an older layer within the history, to be read or executed on, not
	// to be committed. It costs memory in proportion to what has changed since.
	At(layer uint64) (*Tree, error)
	// CommitGenesis makes t the state after layer 0 of an empty store.
	CommitGenesis(t *Tree, meta []byte, aux []Aux) error
	// Commit makes t the state after layer, which must be the one after the head; t must descend
	// from Tree. Afterwards t is a tree at the new head, a recording on it is over, and other trees
	// are stale. On an error nothing has changed.
	Commit(layer uint64, t *Tree, meta []byte, aux []Aux) error
	// Rewind goes back to the state after layer. Side data written since is removed or restored.
	Rewind(layer uint64) error
	// Aux returns one record of the side data. The slice belongs to the caller.
	Aux(space byte, key []byte) (value []byte, ok bool, err error)
	// AuxRange calls fn for each record with lo <= key < hi in order, until it returns an error,
	// which is returned. A nil hi means the end of the space. The records are those at the time of
	// the call; fn may keep the slices and may use the store.
	AuxRange(space byte, lo, hi []byte, fn func(key, value []byte) error) error
	// Close releases the store. Trees taken from it return ErrClosed.
	Close() error
}

// auxOld is a record of the side data before a layer changed it.
type auxOld struct {
	space   byte
	key     []byte
	value   []byte
	present bool
}

// admit returns an error unless a commit of layer may follow the head.
func admit(head Head, has bool, layer uint64, meta []byte) error {
	switch {
	case len(meta) > MaxMetaBytes:
		return fmt.Errorf("statetree: meta of %d bytes, at most %d are allowed",
			len(meta), MaxMetaBytes)
	case !has && layer != 0:
		return fmt.Errorf("%w: the store is empty; commit the genesis state first", ErrLayer)
	case has && layer != head.Layer+1:
		return fmt.Errorf("%w: commit of layer %d onto layer %d", ErrLayer, layer, head.Layer)
	}
	return nil
}

// historyOf returns the number of layers that an option asks to keep.
func historyOf(n int) int {
	if n <= 0 {
		return DefaultHistory
	}
	return n
}

func outside(layer, head uint64) error {
	return fmt.Errorf("%w: layer %d, head %d", ErrHistory, layer, head)
}
