package sim

import (
	"context"
	"maps"
	"math/big"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf"
)

// watch is what the checks remember from block to block. A reorganisation takes back what it knows of
// blocks that are gone.
type watch struct {
	effective map[rollup.Hash]uint64     // TxID -> layer at which it took effect
	honest    map[address.Address]string // L1 accounts of honest executors
}

// rewind forgets what was learnt of blocks above a height.
func (w *world) rewind(height uint64) {
	maps.DeleteFunc(w.watch.effective, func(_ rollup.Hash, at uint64) bool { return at > height })
	for _, e := range w.executors {
		e.worked = slices.DeleteFunc(e.worked, func(at uint64) bool { return at > height })
	}
}

// check holds after every block.
func (w *world) check(ctx context.Context, height uint64, events []l1.Event) error {
	w.checkReplay(height)
	w.checkRoots()
	w.checkBonds(events)
	w.checkClaims()
	if w.traits.bug || w.sabotage == sabotageSuspension {
		w.checkSuspended(height, events)
	}
	if w.traits.rent {
		w.countRent(height)
		if err := w.checkRent(); err != nil {
			return err
		}
	}
	return w.checkMoney(ctx)
}

// checkReplay: no TxID takes effect twice.
func (w *world) checkReplay(height uint64) {
	t := w.oracle.at(height)
	for i := range t.receipts {
		r, it := &t.receipts[i], &t.layer.Items[i]
		if it.Tx == nil || r.Outcome == rollup.OutcomeIneffective {
			continue
		}
		w.countTx(it, r)
		id := it.Tx.ID()
		if before, ok := w.watch.effective[id]; ok {
			w.violate("transaction %s took effect in layer %d and in layer %d", id, before, height)
		}
		w.watch.effective[id] = height
	}
}

// countTx counts an effective transaction by what it has beside its first call.
func (w *world) countTx(it *rollup.Item, r *rollup.Receipt) {
	w.count("effective transactions")
	now := w.chain.State().ParamsAt(w.height())
	w.counts("effective: sponsored", bit(!it.Tx.Sponsor.IsZero()))
	w.counts("effective: many calls", bit(len(it.Tx.Calls) > 1))
	w.counts("effective: unordered", bit(it.Tx.Nonce.Kind == rollup.NonceUnordered))
	w.counts("effective: forced", bit(it.Kind == rollup.ItemForced))
	w.counts("effective: under other parameters", bit(*now != w.genesis.Params))
	if what, ok := w.purposes[it.Tx.ID()]; ok && r.Outcome == rollup.OutcomeSuccess {
		w.count("rent: " + what)
	}
}

func bit(is bool) int {
	if is {
		return 1
	}
	return 0
}

// checkRoots: honest executors have the oracle's root at every layer that they have executed.
func (w *world) checkRoots() {
	for _, e := range w.executors {
		if !e.running() {
			continue
		}
		layer, root := e.daemon.Head()
		t := w.oracle.at(layer)
		// A daemon that has not heard of a reorganisation yet stands on a block that is gone.
		if t == nil || !e.follows(t.hash) {
			continue
		}
		if root != t.root() {
			w.violate("%s has root %s after layer %d, the oracle has %s", e.name, root.Short(), layer,
				t.root().Short())
		}
	}
}

// checkBonds: no honest bond is slashed, and no honest challenge of a false claim is lost.
func (w *world) checkBonds(events []l1.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case l1.Judged:
			w.counts("verdicts of a repaired engine", bit(w.chain.State().Params().EngineRevision > 1))
		case l1.Slashed:
			if name, ok := w.watch.honest[e.Executor]; ok {
				w.violate("the bond of %s was slashed", name)
			}
		case l1.ChallengeLost:
			if name, ok := w.watch.honest[e.Challenger]; ok && e.Code != rollup.VerdictUnproven {
				w.violate("%s lost a challenge: %s", name, e.Code)
			}
		case l1.StepSuspended:
			if !w.traits.bug {
				w.violate("step %d of layer %d was suspended", e.Step, e.Layer)
			}
		}
	}
}

// checkClaims: a false claim never becomes final while an honest challenger watches, and when its
// window has ended it is dead or its challenge waits for the judge. A claim on a false root falls with
// the claim that it builds on.
func (w *world) checkClaims() {
	s := w.chain.State()
	for _, c := range s.Claims() {
		if w.isTrue(&c.Claim) || !w.watched(&c) {
			continue
		}
		w.count("false claims under watch")
		late := w.height() - min(w.height(), c.WindowEnds+s.Params().ProveWindow)
		switch {
		case c.Status == l1.ClaimFinal:
			w.violate("false claim %s of layers %d-%d is final", c.ID.Short(), c.Claim.FromLayer,
				c.Claim.ToLayer)
		case c.Status == l1.ClaimOpen && c.Pending == 0 && late > 0 && w.truePre(&c.Claim):
			w.violate("false claim %s lives unchallenged after its window", c.ID.Short())
		}
	}
}

// longestGap is how many blocks an honest challenger may miss in a row and still be said to watch.
// Windows are a few times as long.
const longestGap = 3

// watched reports whether some honest challenger did its work often enough, from the block that
// admitted a claim until the last one in which a challenge of it could be proven.
func (w *world) watched(c *l1.ClaimInfo) bool {
	end := min(w.height(), c.WindowEnds+w.chain.State().Params().ProveWindow)
	for _, e := range w.executors {
		if !e.honest || !e.challenge {
			continue
		}
		last, longest := c.Admitted, uint64(0)
		for _, at := range e.worked {
			if at >= c.Admitted && at <= end {
				longest, last = max(longest, at-last), at
			}
		}
		if max(longest, end-last) <= longestGap {
			return true
		}
	}
	return false
}

// truePre reports whether a claim begins with the true root.
func (w *world) truePre(c *rollup.Claim) bool {
	t := w.oracle.at(c.FromLayer - 1)
	return t != nil && t.root() == c.PreRoot
}

// isTrue compares a claim with the oracle.
func (w *world) isTrue(c *rollup.Claim) bool {
	if !w.truePre(c) {
		return false
	}
	roots := c.StepRoots
	for l := c.FromLayer; l <= c.ToLayer; l++ {
		t := w.oracle.at(l)
		if t == nil || len(roots) < len(t.roots) {
			return false
		}
		for i, r := range t.roots {
			if roots[i] != r {
				return false
			}
		}
		roots = roots[len(t.roots):]
	}
	return len(roots) == 0
}

// checkMoney: L1's money adds up, and what L1 has locked is what Athena has and what is on its way, in
// or out.
func (w *world) checkMoney(ctx context.Context) error {
	s := w.chain.State()
	if err := s.CheckMoney(); err != nil {
		w.violate("%v", err)
	}
	supply, err := stf.SupplyOf(w.oracle.head().tree)
	if err != nil {
		return err
	}
	tip, err := w.chain.Layer(ctx, w.height())
	if err != nil {
		return err
	}
	owed := supply.Total()
	for i := range tip.Txs { // executed by the next layer
		if d, ok := tip.Txs[i].Payload.(*rollup.Deposit); ok {
			owed.Add(owed, new(big.Int).SetUint64(d.Amount))
		}
	}
	for _, t := range w.oracle.layers {
		for _, out := range t.left {
			if !s.Spent(out.Layer, out.Index) {
				owed.Add(owed, new(big.Int).SetUint64(out.Amount))
			}
		}
	}
	if locked := new(big.Int).SetUint64(s.Locked()); locked.Cmp(owed) != 0 {
		w.violate("L1 has locked %s, Athena has %s", locked, owed)
	}
	return nil
}

// checkEnd holds after the quiet end: nothing accepted is lost, everybody is up and agrees, and a node
// that joins now computes the same state.
func (w *world) checkEnd(ctx context.Context) error {
	for h, p := range w.promises {
		if w.settled(h, p) {
			continue
		}
		w.violate("%s accepted %s at height %d (expiry %d) and lost it", p.relay, h.Short(), p.block,
			p.tx.ExpiryLayer)
	}
	for _, e := range w.executors {
		switch {
		case !e.running() && e.joins != nil && e.failure == nil && !e.joins.done:
			w.violate("%s has not joined", e.name)
		case !e.running():
			w.violate("%s does not run: %v", e.name, e.failure)
		case e.honest:
			if layer, root := e.daemon.Head(); layer != w.height() || root != w.oracle.head().root() {
				w.violate("%s stands at layer %d of %d", e.name, layer, w.height())
			}
		}
	}
	if layers := w.suspended(); len(layers) > 0 {
		w.violate("layers %v are still suspended", layers)
	}
	for _, r := range w.relays {
		if !r.running() {
			w.violate("%s does not run: %v", r.name, r.failure)
		}
	}
	root, err := w.oracle.rederive(ctx, w.chain)
	if err != nil {
		return err
	}
	if root != w.oracle.head().root() {
		w.violate("from the genesis the root is %s, not %s", root.Short(), w.oracle.head().root().Short())
	}
	if s := w.chain.State(); s.Final().Layer+w.slowest()*s.Params().ChallengeWindow < w.height() {
		w.violate("only layer %d of %d is final", s.Final().Layer, w.height())
	}
	return nil
}

// slowest is how many windows finality may be behind at the end: a window may have restarted, and
// the judge rules on a few of many liars' steps in a block, for each of which a bond is lost.
func (w *world) slowest() uint64 {
	liars := 0
	for _, e := range w.executors {
		liars += bit(!e.honest)
	}
	return 4 + uint64(liars/4)
}

// settled reports whether an accepted transaction came into a layer, as an item or as a drop with a
// reason, or could not before it expired.
func (w *world) settled(h rollup.Hash, p promise) bool {
	for _, t := range w.oracle.layers[1:] {
		for i := range t.layer.Items {
			if tx := t.layer.Items[i].Tx; tx != nil && tx.Hash() == h {
				return true
			}
		}
		for _, d := range t.drops {
			if d.ID == h {
				return true
			}
		}
	}
	return p.tx.ExpiryLayer < w.height()
}
