package rollupbench

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/trap"
)

// chain executes layers in memory. Its layers are derived from bundles, so that their steps are
// those that a claim may assert.
type chain struct {
	world  *world
	params *rollup.Params
	engine *stf.Engine
	tree   *statetree.Tree
	height uint64 // of the newest layer
}

// chain returns one at layer 1, in which nothing can be.
func (w *world) chain() (*chain, error) {
	c := &chain{world: w, params: &w.genesis.Params, engine: stf.New(), tree: w.tree.Fork()}
	return c, c.run()
}

// layer derives the next layer from a block with one bundle for each transaction.
func (c *chain) layer(txs ...*rollup.Tx) (*stf.Layer, error) {
	source := &rollup.Layer{
		Header: rollup.Header{Height: c.height, DataPrice: 1, InclusionPrice: 1},
	}
	for i, tx := range txs {
		source.Txs = append(source.Txs, rollup.L1Tx{
			ChainID: c.world.chainID, Nonce: uint64(i),
			Payload: c.world.bundle(c.params, rollup.CodecRaw, []*rollup.Tx{tx}),
		})
	}
	header := &rollup.Header{
		Height: c.height + 1, Time: c.height + 1, ParamsHash: c.params.Hash(),
		Beacon: rollup.Hash{byte(c.height)},
	}
	d := rollup.Derive(header, source, nil, c.params, c.world.chainID)
	if len(d.Items) != len(txs)+2 {
		return nil, fmt.Errorf("bench: %d items of %d transactions, %v: this is a bug",
			len(d.Items), len(txs), d.Drops)
	}
	return &stf.Layer{
		ChainID: c.world.chainID, Header: header, Params: c.params, Items: d.Items, Steps: d.Steps,
	}, nil
}

// run executes a layer in which everything must succeed.
func (c *chain) run(txs ...*rollup.Tx) error {
	l, err := c.layer(txs...)
	if err != nil {
		return err
	}
	res, err := c.engine.ApplyLayer(c.tree, l)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	c.height++
	return failed(res.Receipts())
}

// failed returns an error if an item did not succeed.
func failed(all []rollup.Receipt) error {
	for i := range all {
		if r := &all[i]; r.Outcome != rollup.OutcomeSuccess {
			return fmt.Errorf("bench: item %d: outcome %d, %v, reason %v, %q, units %v: this is a bug",
				r.ItemIndex, r.Outcome, trap.Code(r.Trap), r.Reason, r.Message, r.Units)
		}
	}
	return nil
}

// trial is a proven step, and what judging it takes.
type trial struct {
	layer     *stf.Layer
	pre, post rollup.Hash
	witness   []byte
	code      int // bytes of the witness that are code that the step read
	records   int // bytes that are other records that it read
	result    *stf.StepResult
	known     time.Duration // by a judge that has met the programs
	fresh     time.Duration // by one that has not
}

// prove proves the one step that the transactions make. The state stays as it was.
func (r *run) prove(c *chain, txs ...*rollup.Tx) (*trial, error) {
	l, err := c.layer(txs...)
	if err != nil {
		return nil, err
	}
	if len(l.Steps) != 3 {
		return nil, errors.New("bench: the transactions do not fit one step: this is a bug")
	}
	begun := c.tree.Fork()
	res, err := c.engine.ApplyStep(stf.Backend(begun), l, 0)
	if err == nil {
		err = stf.Commit(begun, res.Changes)
	}
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	t := &trial{layer: l, pre: rollup.Hash(begun.Root())}
	if t.witness, t.post, err = dispute.Prove(c.engine, begun, l, 1); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	seen := reader{Walker: stf.Backend(begun), leaves: map[state.Key]int{}, trial: t}
	if t.result, err = c.engine.ApplyStep(&seen, l, 1); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	t.known, t.fresh = math.MaxInt64, math.MaxInt64
	return t, nil
}

// time judges a step some times; known is an engine that has met the programs.
func (r *run) time(t *trial, known *stf.Engine, turns int) error {
	d, err := r.least(turns, func() error { return t.judge(known) })
	if err != nil {
		return err
	}
	t.known = min(t.known, d)
	d, err = r.least(turns, func() error { return t.judge(stf.New()) })
	t.fresh = min(t.fresh, d)
	return err
}

// reader counts what a step reads.
type reader struct {
	state.Walker
	leaves map[state.Key]int // length of those met
	trial  *trial
}

// Get implements state.Backend.
func (r *reader) Get(k state.Key) ([]byte, bool, error) {
	leaf, ok, err := r.Walker.Get(k)
	if _, met := r.leaves[k]; ok && !met {
		r.leaves[k] = len(leaf)
		if state.Kind(leaf[0]) == state.KindCode {
			r.trial.code += len(leaf)
		} else {
			r.trial.records += len(leaf)
		}
	}
	return leaf, ok, err
}

func (t *trial) judge(e *stf.Engine) error {
	v := dispute.Judge(e, t.layer, 1, t.pre, t.post, t.witness)
	if v.Code != rollup.VerdictUpheld {
		return fmt.Errorf("bench: verdict %d: %s: this is a bug", v.Code, v.Detail)
	}
	return nil
}
