package executor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// head is the newest executed layer.
type head struct {
	layer uint64
	root  rollup.Hash
	meta
}

// ledger is the executed chain: the state database with the records of its layers. One goroutine
// moves the head; readers take mu for the length of a request, so that each sees one head.
type ledger struct {
	deriver
	engine  *stf.Engine
	genesis *rollup.Genesis
	store   statetree.Store
	history uint64
	records uint64        // layers whose records stay
	final   atomic.Uint64 // newest layer known to be final
	proofs  proofs
	past    *past // nil: the ledger is one itself

	validate bool         // every step from its own witness
	mu       sync.RWMutex // held for writing while the head moves
}

// openLedger opens the state database, or makes one that holds the genesis.
func openLedger(cfg *Config) (*ledger, error) {
	l := &ledger{
		deriver: deriver{
			chain: cfg.Chain, chainID: cfg.Genesis.ChainID(),
		},
		engine:   cfg.Engine,
		genesis:  cfg.Genesis,
		history:  uint64(cfg.History),
		records:  uint64(cfg.Records),
		validate: cfg.SelfValidate,
	}
	if l.history == 0 {
		l.history = statetree.DefaultHistory
	}
	if cfg.Dir == "" {
		l.store = statetree.NewMemory(int(l.history))
	} else {
		s, err := statetree.OpenPebble(filepath.Join(cfg.Dir, "state"), statetree.Options{
			History: int(l.history),
			FS:      cfg.FS,
			Log:     func(m string) { cfg.Log.Error("state database", "message", m) },
		})
		if errors.Is(err, statetree.ErrRestoring) {
			err = fmt.Errorf("%w: go on with it by --sync snapshot, or delete the folder", err)
		}
		if err != nil {
			return nil, fmt.Errorf("executor: %w", err)
		}
		l.store = s
	}
	if err := l.start(); err != nil {
		return nil, errors.Join(err, l.store.Close())
	}
	return l, nil
}

// start commits the genesis to an empty database, and refuses that of another network.
func (l *ledger) start() error {
	guard := l.chainID[:]
	if h, ok := l.store.Head(); ok {
		b, ok, err := l.store.Aux(spaceGuard, nil)
		if err != nil {
			return err
		}
		if !ok || string(b) != string(guard) {
			return fmt.Errorf("executor: the state folder belongs to another network "+
				"(layer %d, root %v); choose another folder", h.Layer, h.Root)
		}
		return nil
	}
	want, err := stf.GenesisTree(l.genesis)
	if err != nil {
		return err
	}
	if root := rollup.Hash(want.Root()); root != l.genesis.StateRoot {
		return fmt.Errorf("executor: the genesis says state root %x, its content has %x",
			l.genesis.StateRoot, root)
	}
	m := meta{Time: l.genesis.Time}
	var carry rollup.Carry
	return l.store.CommitGenesis(want, m.encode(), []statetree.Aux{
		{Space: spaceGuard, Value: guard},
		{Space: spaceCarry, Key: heightKey(0), Value: carry.Encode()},
	})
}

// head returns the newest executed layer.
func (l *ledger) head() (head, error) {
	h, ok := l.store.Head()
	if !ok {
		return head{}, errors.New("executor: the state database has no head")
	}
	m, err := decodeMeta(h.Meta)
	return head{layer: h.Layer, root: rollup.Hash(h.Root), meta: m}, err
}

// record returns what layer h left behind; nil when it was not executed, and for layer 0.
func (l *ledger) record(h uint64) (*layerRecord, error) {
	b, ok, err := l.store.Aux(spaceLayer, heightKey(h))
	if err != nil || !ok {
		return nil, err
	}
	return decodeLayerRecord(b)
}

// rootBefore returns the root before an executed layer; ok is false when it was not executed, or so
// long ago that its record is gone.
func (l *ledger) rootBefore(h uint64) (root rollup.Hash, ok bool, err error) {
	r, err := l.record(h)
	if err != nil || r == nil {
		return root, false, err
	}
	return r.PreRoot, true, nil
}

// rootAfter returns the root after an executed layer.
func (l *ledger) rootAfter(h uint64) (rollup.Hash, error) {
	if h == 0 {
		return l.genesis.StateRoot, nil
	}
	r, err := l.record(h)
	if err != nil {
		return rollup.Hash{}, err
	}
	if r == nil {
		return rollup.Hash{}, fmt.Errorf("executor: layer %d was not executed", h)
	}
	return r.post(), nil
}

func (l *ledger) carryAfter(h uint64) (*rollup.Carry, bool, error) {
	b, ok, err := l.store.Aux(spaceCarry, heightKey(h))
	if err != nil || !ok {
		return nil, false, err
	}
	c, err := rollup.DecodeCarry(b)
	return c, true, damaged("carry", err)
}

// unwind goes back to the newest executed layer that L1 still has, and returns how many layers that
// is.
func (l *ledger) unwind(ctx context.Context) (undone uint64, err error) {
	from, err := l.head()
	if err != nil {
		return 0, err
	}
	base, err := l.base()
	if err != nil {
		return 0, err
	}
	common := from.layer
	for ; common > 0; common-- {
		if common < base {
			return 0, fmt.Errorf("%w: this executor started from the snapshot of layer %d and L1 "+
				"went below it", ErrTooDeep, base)
		}
		rec, err := l.record(common)
		if err != nil {
			return 0, err
		}
		b, err := l.block(ctx, common)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if rec != nil && rec.L1Hash == b.Header.Hash() {
			break
		}
	}
	if common == from.layer {
		return 0, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.store.Rewind(common)
	if errors.Is(err, statetree.ErrHistory) {
		return 0, fmt.Errorf("%w: from layer %d to %d: %w", ErrTooDeep, from.layer, common, err)
	}
	return from.layer - common, err
}

// advance executes the layer after the head and commits it: one batch, all or nothing.
func (l *ledger) advance(ctx context.Context) (*layerRecord, *stf.LayerResult, error) {
	at, err := l.head()
	if err != nil {
		return nil, nil, err
	}
	h := at.layer + 1
	carry, ok, err := l.carryAfter(at.layer)
	if err != nil || !ok {
		return nil, nil, damaged("carry", errors.Join(err, errRecord))
	}
	o, err := l.layer(ctx, h, carry)
	if err != nil {
		return nil, nil, err
	}
	if at.layer > 0 && o.parent != at.L1Hash {
		return nil, nil, errMoved
	}
	t, err := l.store.Tree()
	if err != nil {
		return nil, nil, err
	}
	res, err := execute(l.engine, t, o.layer, l.validate)
	if err != nil {
		return nil, nil, l.failed(o, err)
	}
	rec := &layerRecord{
		L1Hash: o.hash, Time: o.layer.Header.Time, PreRoot: at.root, StepRoots: res.Roots,
		Items: uint32(len(o.layer.Items)), Drops: o.drops,
	}
	for _, s := range o.layer.Steps {
		rec.Firsts = append(rec.Firsts, s.First)
	}
	aux, err := layerAux(l.store, h, rec, o.layer, res, o.carry.Encode())
	if err != nil {
		return nil, nil, err
	}
	removals, err := l.prune(h)
	if err != nil {
		return nil, nil, err
	}
	aux = merge(removals, aux)
	if h > l.history+1 {
		aux = append(aux, statetree.Aux{
			Space: spaceCarry, Key: heightKey(h - l.history - 2), Delete: true,
		})
	}
	m := meta{L1Hash: o.hash, Time: rec.Time}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.store.Commit(h, t, m.encode(), aux); err != nil {
		return nil, nil, fmt.Errorf("executor: commit layer %d: %w", h, err)
	}
	return rec, res, nil
}

// failed keeps evidence of a step that this node cannot execute, and returns the error to stop with.
func (l *ledger) failed(o *ordered, err error) error {
	h := o.layer.Header.Height
	var bad *stepError
	if errors.As(err, &bad) {
		if t, treeErr := l.store.Tree(); treeErr == nil && l.archive != nil {
			l.archive.keep(blame(l.engine, t, o, bad))
		}
		return fmt.Errorf("%w: layer %d, step %d: %w", bad.Unwrap(), h, bad.step, err)
	}
	return fmt.Errorf("executor: execute layer %d: %w", h, err)
}

// before returns the state before layer h and what the layer executes. If the history does not reach
// so far back, the layers before it are replayed when deep, and the error is errReplaying until that
// is done; otherwise it wraps statetree.ErrHistory.
func (l *ledger) before(
	ctx context.Context, h uint64, deep bool,
) (*statetree.Tree, *ordered, error) {
	t, err := l.store.At(h - 1)
	carry, ok, err2 := l.carryAfter(h - 1)
	if err == nil && !ok {
		err = fmt.Errorf("executor: the carry before layer %d: %w", h, statetree.ErrHistory)
	}
	if errors.Is(err, statetree.ErrHistory) && deep {
		t, carry, err = l.replayed(h - 1)
	}
	if err := errors.Join(err, err2); err != nil {
		return nil, nil, err
	}
	o, err := l.layer(ctx, h, carry)
	return t, o, err
}

// replayed returns the state after a layer below the history.
func (l *ledger) replayed(h uint64) (*statetree.Tree, *rollup.Carry, error) {
	t, carry, err := l.past.after(h)
	if err != nil {
		return nil, nil, err
	}
	own, known, err := l.rootBefore(h + 1) // of layer h itself a snapshot may have no record
	if err == nil && known && own != rollup.Hash(t.Root()) {
		err = fmt.Errorf("%w: layer %d gives root %v when it is replayed and gave %v before; "+
			"the machine or this build is faulty", ErrSelf, h, t.Root(), own)
	}
	return t, carry, err
}
