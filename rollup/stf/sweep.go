package stf

import (
	"bytes"
	"fmt"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// sweep visits the next leaves of the state, at most SweepLeaves and none twice. An account that
// cannot pay its rent is marked expired when its header is visited, and an expired account loses
// each slot that is. Everything else is passed by: system records, templates, headers, blobs. The
// events say what it takes to bring the slots back (docs/spec/rent.md, "Sweep").
func (r *run) sweep(out *outcome) {
	var start state.Key
	if b := r.record(recordSweep); len(b) == len(start) {
		start = state.Key(b)
	} else {
		r.damaged(fmt.Errorf("sweep cursor of %d bytes", len(b)))
		return
	}
	at, wrapped := start, false
	for range r.layer.Params.SweepLeaves {
		key, leaf, ok := r.state.Next(at)
		if !ok {
			break // an operational error: a state always has system records
		}
		wrapped = wrapped || bytes.Compare(key[:], at[:]) <= 0
		if wrapped && bytes.Compare(key[:], start[:]) > 0 {
			break // all round
		}
		at = key
		if r.visit(leaf, out); r.failed() != nil {
			return
		}
	}
	if at != start {
		r.setRecord(recordSweep, at[:])
	}
}

// visit judges one leaf.
func (r *run) visit(leaf []byte, out *outcome) {
	l, err := parseLeaf(leaf)
	if err != nil {
		r.damaged(err)
		return
	}
	switch l.Kind {
	case state.KindHeader:
		r.state.Expire(l.Owner)
	case state.KindSlot:
		if len(l.Slot) != len(rollup.Hash{}) {
			r.damaged(fmt.Errorf("slot with a key of %d bytes", len(l.Slot)))
			return
		}
		if e, ok := r.state.Evict(l.Owner, [32]byte([]byte(l.Slot))); ok {
			out.events = append(out.events, rollup.Event{
				Account: e.Account, Topics: []rollup.Hash{e.Slot, e.PrevAcc}, Data: e.Payload,
			})
		}
	default: // no rent is owed for it
	}
	if f := r.state.TakeFault(); f != trap.None {
		r.damaged(fmt.Errorf("swept leaf of %v: %v", l.Owner, f))
	}
}
