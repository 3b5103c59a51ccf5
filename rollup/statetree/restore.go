package statetree

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/athenarollup/athena/scale"
)

// ErrRestoring says that the disk holds a part of a state: OpenRestore goes on with it.
var ErrRestoring = errors.New("statetree: the state database is being restored from chunks")

// Restore makes a store of the chunks of another's state. What is installed survives a crash; the
// store is there when Finish returns, and not before. It is not safe for concurrent use.
type Restore struct {
	root    Root
	next    Key
	done    bool // all chunks are installed
	s       *pebbleStore
	mem     *Tree // instead of s
	history int
}

// OpenRestore begins a restore of the state with a root in a directory without a store, or goes on
// with one. If the directory holds a part of a state with another root, that is dropped.
func OpenRestore(dir string, opt Options, root Root) (*Restore, error) {
	s, err := newPebbleStore(dir, opt)
	if err != nil {
		return nil, err
	}
	r := &Restore{root: root, s: s}
	if err := r.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("restore state database %q: %w", dir, err), s.db.Close())
	}
	return r, nil
}

// NewMemoryRestore is OpenRestore for a store in memory.
func NewMemoryRestore(history int, root Root) *Restore {
	return &Restore{root: root, mem: New(), history: history}
}

func (r *Restore) open() error {
	if err := r.s.openSchema(); err != nil {
		return err
	}
	if _, ok, err := r.s.get([]byte{spaceHead}); err != nil {
		return err
	} else if ok {
		return errors.New("statetree: it holds a state already")
	}
	b, ok, err := r.s.get([]byte{spaceRestore})
	if err != nil {
		return err
	}
	if ok {
		d := scale.NewDecoder(b)
		var root Root
		d.Fill(root[:])
		d.Fill(r.next[:])
		r.done = d.Bool()
		if err := d.Finish(); err != nil {
			return fmt.Errorf("%w: restore record: %w; delete it", ErrCorrupt, err)
		}
		if root == r.root {
			return nil
		}
	}
	r.next, r.done = Key{}, false
	st := r.s.newStage()
	defer st.close()
	err = st.batch.DeleteRange([]byte{spaceValue}, []byte{spaceValue + 1}, nil)
	if err != nil {
		return fmt.Errorf("statetree: write state database: %w", err)
	}
	return r.write(st, r.next, false)
}

// write commits a stage with the record of how far the restore is.
func (r *Restore) write(st *stage, next Key, done bool) error {
	var e scale.Encoder
	e.Raw(r.root[:])
	e.Raw(next[:])
	e.Bool(done)
	if err := st.set([]byte{spaceRestore}, e.B, true); err != nil {
		return err
	}
	return st.write(pebble.Sync)
}

// Next returns the key at which the next chunk must begin; ok is false when there are enough.
func (r *Restore) Next() (from Key, ok bool) { return r.next, !r.done }

// Install verifies a chunk, which must begin at Next, and keeps its leaves. On ErrBadWitness and
// ErrIncomplete the chunk is wrong and nothing has changed: another peer may have a right one.
func (r *Restore) Install(c Chunk) error {
	if r.done || c.From != r.next {
		return fmt.Errorf("statetree: chunk from %v where %v is next", c.From, r.next)
	}
	leaves, err := VerifyRange(r.root, c)
	if err != nil {
		return err
	}
	next, more := c.Next()
	if err := r.put(leaves, next, !more); err != nil {
		return err
	}
	r.next, r.done = next, !more
	return nil
}

func (r *Restore) put(leaves []Leaf, next Key, done bool) error {
	if r.mem != nil {
		changes := make([]Change, len(leaves))
		for i, l := range leaves {
			changes[i] = Change{Key: l.Key, Value: l.Value}
		}
		return r.mem.Apply(changes)
	}
	st := r.s.newStage()
	defer st.close()
	for _, l := range leaves {
		if err := st.set(valueKey(l.Key), l.Value, true); err != nil {
			return err
		}
	}
	return r.write(st, next, done)
}

// Finish checks the root of all that was installed and makes it the head of a store, at a layer,
// with side data. The store cannot be rewound below that layer. The Restore is over if there is no
// error; otherwise Finish may be called again, in another process too.
func (r *Restore) Finish(layer uint64, meta []byte, aux []Aux) (Store, error) {
	switch {
	case !r.done:
		return nil, fmt.Errorf("%w: restore has come to %v", ErrIncomplete, r.next)
	case len(meta) > MaxMetaBytes:
		return nil, fmt.Errorf("statetree: meta of %d bytes, at most %d are allowed",
			len(meta), MaxMetaBytes)
	}
	head := Head{Layer: layer, Root: r.root, Meta: bytes.Clone(meta)}
	if r.mem != nil {
		return r.finishMemory(head, aux)
	}
	s := r.s
	root, err := s.makePages()
	if err != nil {
		return nil, err
	}
	if got := *hashOf(root); got != r.root {
		return nil, fmt.Errorf("%w: the restored values have root %v, not %v", ErrCorrupt, got, r.root)
	}
	st := s.newStage()
	defer st.close()
	st.root, st.bytes = root, bytesOf(root)
	for _, a := range aux {
		if err := st.set(auxKey(a.Space, a.Key), a.Value, !a.Delete); err != nil {
			return nil, err
		}
	}
	err = errors.Join(
		st.set([]byte{spaceRestore}, nil, false),
		st.set([]byte{spaceGone}, layerBytes(layer), true))
	if err == nil {
		err = s.publish(st, head)
	}
	if err != nil {
		return nil, err
	}
	s.gone = layer
	r.s, r.done = nil, false
	return s, nil
}

func (r *Restore) finishMemory(head Head, aux []Aux) (Store, error) {
	if got := r.mem.Root(); got != r.root {
		return nil, fmt.Errorf("%w: the restored values have root %v, not %v", ErrCorrupt, got, r.root)
	}
	s := newMemoryStore(r.history)
	s.head, s.has, s.root = head, true, r.mem.root
	for _, a := range aux {
		s.swapAux(a)
	}
	r.mem, r.done = nil, false
	return s, nil
}

// Close ends the restore and keeps what is installed. After Finish it does nothing.
func (r *Restore) Close() error {
	if r.s == nil {
		return nil
	}
	if err := r.s.db.Close(); err != nil {
		return fmt.Errorf("statetree: close state database: %w", err)
	}
	r.s = nil
	return nil
}
