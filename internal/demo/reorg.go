package demo

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/rollup"
)

// reorgDepth is how many blocks L1 drops.
const reorgDepth = 2

// reorganise lets another branch of L1 win: its miners have seen the same transactions and another
// beacon. Executors undo their layers, the relay posts its bundle again, and the books with them.
func (d *demo) reorganise(ctx context.Context) error {
	d.chapter("A reorganisation")
	layers := d.report.Layers
	gone := layers[len(layers)-reorgDepth:]
	d.say("L1 drops its %d newest blocks: layers %d and %d never happened.", reorgDepth,
		gone[0].Height, gone[1].Height)
	for i := range gone {
		d.report.Reorg = append(d.report.Reorg, gone[i].L1Hash)
		for _, tx := range gone[i].Txs {
			s := d.sent[tx.ID]
			s.got, s.layer = nil, 0
			s.count--
			s.payer.balance += tx.Fee
		}
	}
	d.report.Layers = layers[:len(layers)-reorgDepth]
	if err := d.net.Chain.Fork(reorgDepth); err != nil {
		return fmt.Errorf("demo: reorganisation: %w", err)
	}
	if err := d.mineUntilExecuted(ctx); err != nil {
		return err
	}
	d.say("The other branch has what was in the first one; each transaction took effect once.")
	return d.mine(ctx)
}

// checkReorg requires that the dropped blocks are gone for good.
func (d *demo) checkReorg(ctx context.Context) error {
	kept := 0
	for i := range d.report.Layers {
		l := &d.report.Layers[i]
		block, err := d.net.Chain.Layer(ctx, l.Height)
		if err != nil {
			return fmt.Errorf("demo: block %d: %w", l.Height, err)
		}
		for _, hash := range append([]rollup.Hash{l.L1Hash}, d.report.Reorg...) {
			if hash == block.Header.Hash() {
				kept++
			}
		}
	}
	d.expect("reorganisation: every layer told is on the branch that won", len(d.report.Layers), kept)
	return nil
}
