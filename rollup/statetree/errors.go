package statetree

import (
	"errors"
	"fmt"
)

// Errors of a Tree. They come wrapped with what was tried; test them with errors.Is.
var (
	// ErrIncomplete says that the answer lies behind a node whose content is not there: a witness
	// or proof does not reach far enough. It never means "absent".
	ErrIncomplete = errors.New("statetree: incomplete")
	// ErrBadWitness says that the bytes are not a canonical pruned tree with the expected root.
	ErrBadWitness = errors.New("statetree: bad witness")
	// ErrTooDeep says that two keys agree in their first MaxDepth bits, so that an insertion needs
	// a leaf deeper than the limit. The virtual machine reports it as StateCollision.
	ErrTooDeep = errors.New("statetree: leaf deeper than the limit")
	// ErrValueTooLarge says that a value has more than MaxValueBytes.
	ErrValueTooLarge = errors.New("statetree: value too large")
)

// errPruned refuses a tree that shows less than everything as a state.
var errPruned = fmt.Errorf("%w: the tree is pruned", ErrIncomplete)

// Errors of a Store.
var (
	// ErrStale says that the head of the store moved since the tree was taken from it.
	ErrStale = errors.New("statetree: tree of an older head; take a new one with Store.Tree")
	// ErrLayer says that a layer is not the one after the head.
	ErrLayer = errors.New("statetree: wrong layer")
	// ErrHistory says that a layer is above the head or older than the history that is kept.
	ErrHistory = errors.New("statetree: layer outside the history that is kept")
	// ErrCorrupt says that what the disk holds contradicts itself.
	ErrCorrupt = errors.New("statetree: state database is damaged")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("statetree: store is closed")
)
