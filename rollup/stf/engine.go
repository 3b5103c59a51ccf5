package stf

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
)

var (
	// ErrCorrupt says that a system record is missing or does not decode: the state is none that
	// any history leads to.
	ErrCorrupt = errors.New("stf: state is damaged")
	// ErrNoStep says that the layer has no such step.
	ErrNoStep = errors.New("stf: no such step")
)

// Layer is what a layer executes and under what. The engine does not change it.
type Layer = rollup.LayerInput

// Engine executes steps. It holds nothing but a cache of decoded programs, which no result shows;
// it is safe for concurrent use.
type Engine struct {
	cache *host.CodeCache
	watch func(item uint32) host.Tracer // nil: nobody watches
}

// New returns an engine with an empty cache.
func New() *Engine { return &Engine{cache: host.NewCodeCache(host.DefaultCacheBytes)} }

// Watched returns an engine that shares the programs of e and lets tracers watch: watch returns the
// tracer of an item, or nil. It is for tools; results do not depend on it.
func (e *Engine) Watched(watch func(item uint32) host.Tracer) *Engine {
	return &Engine{cache: e.cache, watch: watch}
}

// StepResult is what a step did. The slices beside Changes have one element an item of the step.
type StepResult struct {
	Changes  []state.Change
	Receipts []rollup.Receipt
	Events   [][]rollup.Event
	Returns  [][]byte     // data of the last call; Receipt.ReturnHash commits to it
	Logs     [][]host.Log // for people: no root commits to them
	// Withdrawals left Athena; the record of the layer commits to them.
	Withdrawals [][]rollup.Withdrawal
	GasUsed     uint64 // compute gas of all items, ineffective ones included
}

// ApplyStep executes one step on the state before it. An error is operational, such as
// statetree.ErrIncomplete, or says that the state itself is damaged; it is never an item's fault.
func (e *Engine) ApplyStep(b state.Walker, l *Layer, step int) (*StepResult, error) {
	if step < 0 || step >= len(l.Steps) {
		return nil, fmt.Errorf("%w: %d of %d", ErrNoStep, step, len(l.Steps))
	}
	cut := l.Steps[step]
	last := uint64(cut.First) + uint64(cut.Count)
	if cut.Count == 0 || last > uint64(len(l.Items)) {
		return nil, fmt.Errorf("%w: items %d to %d of %d", ErrNoStep, cut.First, last, len(l.Items))
	}
	schedule, err := scheduleOf(l.Params.VMVersion)
	if err != nil {
		return nil, err
	}
	r := &run{
		layer: l,
		state: state.New(b),
		exec:  host.NewExecutor(schedule, limitsOf(l.Params), e.cache),
		first: cut.First,
		watch: e.watch,
	}
	if err := r.step(l.Items[cut.First:last]); err != nil {
		return nil, fmt.Errorf("stf: layer %d, step %d: %w", l.Header.Height, step, err)
	}
	r.result.Changes = r.state.Changes()
	return &r.result, nil
}

// LayerResult is what a layer did, step by step.
type LayerResult struct {
	Roots []rollup.Hash // after each step; the last is the root after the layer
	Steps []*StepResult
}

// Receipts returns the receipts of all items of the layer, in item order.
func (r *LayerResult) Receipts() []rollup.Receipt {
	var all []rollup.Receipt
	for _, s := range r.Steps {
		all = append(all, s.Receipts...)
	}
	return all
}

// Withdrawals returns the withdrawals list of the layer.
func (r *LayerResult) Withdrawals() []rollup.Withdrawal {
	var all []rollup.Withdrawal
	for _, s := range r.Steps {
		for _, item := range s.Withdrawals {
			all = append(all, item...)
		}
	}
	return all
}

// ApplyLayer executes all steps of a layer on t. After an error t holds the steps before the one
// that failed: execute on a fork.
func (e *Engine) ApplyLayer(t *statetree.Tree, l *Layer) (*LayerResult, error) {
	out := new(LayerResult)
	for i := range l.Steps {
		res, err := e.ApplyStep(Backend(t), l, i)
		if err != nil {
			return nil, err
		}
		if err := Commit(t, res.Changes); err != nil {
			return nil, fmt.Errorf("stf: layer %d, step %d: %w", l.Header.Height, i, err)
		}
		out.Roots = append(out.Roots, rollup.Hash(t.Root()))
		out.Steps = append(out.Steps, res)
	}
	return out, nil
}
