package sim

import (
	"fmt"
	"strings"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// In some histories rent is dear and paid for a few layers only: accounts run out of it, the sweep
// takes their slots, and somebody may bring them back.

// shops are the contracts that keep slots; the till, which keeps none, does things to them.
const (
	shops = 3
	till  = "till"
)

func shopName(i int) string { return fmt.Sprintf("shop%d", i) }

// dearRent is a unit a byte and layer, paid for three layers.
func dearRent(p *rollup.Params) {
	p.DepositPrice, p.RentPrice, p.RentHorizon, p.SweepLeaves = 1, 1<<20, 3, 48
}

// rentSetup are transactions that a history with dear rent begins with, by height.
var rentSetup = map[uint64][]string{
	3: {"user1: deploy keeper"},
	5: {
		"user1: create shop0 keeper 0", "user2: create shop1 keeper 1", "user3: create shop2 keeper 2",
		"user4: create till keeper 9",
	},
	7: {"user1: keep shop0 put 1 10; keep shop0 put 2 20", "user2: keep shop1 put 1 30"},
}

// rentLine is what a user may do about rent. What the line is for is counted when it succeeds.
func (w *world) rentLine() (line, what string) {
	who, i := w.user(), w.rng.IntN(shops)
	shop, slot := shopName(i), 1+w.rng.IntN(4)
	switch w.rng.IntN(8) {
	case 0, 1:
		return fmt.Sprintf("%s: keep %s put %d %d", who, shop, slot, w.rng.IntN(60)), "slots written"
	case 2:
		return fmt.Sprintf("%s: keep %s drop %d", who, shop, slot), "slots dropped"
	case 3:
		return fmt.Sprintf("%s: keep %s poke", who, shop), "settlements"
	case 4:
		return fmt.Sprintf("%s: keep %s try %s; spend %s 100", who, till, shop, shop), "credits"
	case 5:
		return fmt.Sprintf("%s: keep %s feed %s %d", who, till, shop, 200+w.rng.IntN(3000)),
			"lifelines"
	case 6:
		return fmt.Sprintf("%s: keep %s destroy %s", who, shop, who), "accounts destroyed"
	default:
		return w.raise(who, i)
	}
}

// raise brings an expired account back: all of its slots, and the money that it owes. Now and then
// somebody tries it with a slot that never was.
func (w *world) raise(who string, i int) (line, what string) {
	shop := shopName(i)
	a := w.lines.Address(shop)
	h := w.oracle.account(a)
	stack, ok := w.oracle.evicted(a, &h)
	if h.Status != state.Expired || !ok || len(stack) > 8 {
		return fmt.Sprintf("%s: keep %s poke", who, shop), "settlements"
	}
	calls := []string{fmt.Sprintf("keep %s feed %s %d", till, shop, h.Arrears+2000)}
	all := w.oracle.evictionsOf(a)
	w.lines.Evictions[a] = nil
	for _, e := range all {
		w.lines.Evictions[a] = append(w.lines.Evictions[a], e.Eviction)
	}
	what = "calls that resurrect"
	for k, at := range stack {
		lie := ""
		if k == 0 && w.rng.IntN(6) == 0 {
			lie, what = " lie", "resurrections of what never was"
		}
		calls = append(calls, fmt.Sprintf("keep %s raise %s %d%s", till, shop, len(all)-1-at, lie))
	}
	return who + ": " + strings.Join(calls, "; "), what
}

// countRent counts what became of the accounts in a layer.
func (w *world) countRent(height uint64) {
	before, after := w.oracle.at(height-1), w.oracle.at(height)
	w.counts("rent: evictions", len(after.evictions))
	for i := range shops {
		a := w.lines.Address(shopName(i))
		was, is := accountIn(before.tree, a), accountIn(after.tree, a)
		switch {
		case was.Status == state.Live && is.Status == state.Expired:
			w.count("rent: accounts expired")
		case was.Status == state.Expired && is.Status == state.Live:
			w.count("rent: accounts resurrected")
		case is.Status == state.Expired && is.Slots > 0 && is.Slots == is.Evicted:
			w.count("rent: tombstones") // layers at which only the header is left
		}
	}
}

// eviction is a slot that a sweep took.
type eviction struct {
	stftest.Eviction
	account [24]byte
	acc     [32]byte // of the account after it
}

// evictionsIn reads the receipt of the last item of a layer, which is layer end.
func evictionsIn(res *stf.LayerResult) (out []eviction) {
	last := res.Steps[len(res.Steps)-1]
	for _, e := range last.Events[len(last.Events)-1] {
		x := eviction{account: e.Account, Eviction: stftest.Eviction{
			Slot: e.Topics[0], PrevAcc: e.Topics[1], Payload: e.Data,
		}}
		x.acc = evictAcc(&x)
		out = append(out, x)
	}
	return out
}
