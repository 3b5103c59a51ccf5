package sim

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// setup are the first transactions of a history, by height: everybody spawns, and a token exists.
var setup = map[uint64][]string{
	1: {"user0: spawn", "user1: spawn", "user2: spawn", "user3: spawn", "user4: spawn"},
	3: {"user0: deploy token"},
	5: {"user0: create coin token @user0 @any 1"},
	7: {"user0: call coin mint @user0 1000000", "user0: call coin mint @user1 1000000"},
}

// promise is a transaction that a relay has accepted.
type promise struct {
	tx    *rollup.Tx
	relay string
	block uint64 // height at which it was accepted
}

// act lets the users do something at a height.
func (w *world) act(ctx context.Context, height uint64) error {
	lines := append([]string{}, setup[height]...)
	if w.traits.rent {
		lines = append(lines, rentSetup[height]...)
	}
	purposes := map[int]string{}
	if height > 8 {
		for range w.rng.IntN(4) {
			lines = append(lines, w.line())
		}
		for range bit(w.traits.rent) * w.rng.IntN(4) {
			line, what := w.rentLine()
			purposes[len(lines)] = what
			lines = append(lines, line)
		}
	}
	for i, line := range lines {
		tx, err := w.sign(line)
		if err != nil {
			return err
		}
		if what, ok := purposes[i]; ok {
			w.purposes[tx.ID()] = what
		}
		switch {
		case height > 8 && w.rng.IntN(12) == 0:
			w.say("user forces %q", line)
			w.sender(w.user()).submit(ctx, &rollup.ForcedTx{Tx: tx.Encode()})
		default:
			w.give(ctx, tx, line)
		}
	}
	w.unlock(ctx)
	if height > 8 && w.rng.IntN(8) == 0 {
		who := w.user()
		p := &w.genesis.Params
		w.sender(who).submit(ctx, &rollup.Deposit{
			To: stftest.Wallet(w.user()), Amount: p.MinDeposit + w.rng.Uint64N(1_000_000),
		})
	}
	return nil
}

// give hands a transaction to a relay, or to all of them.
func (w *world) give(ctx context.Context, tx *rollup.Tx, line string) {
	all := w.rng.IntN(6) == 0
	first := w.rng.IntN(len(w.relays))
	for i := range w.relays {
		r := w.relays[(first+i)%len(w.relays)]
		if !r.running() {
			continue
		}
		err := r.submit(ctx, tx.Encode())
		w.say("%s takes %q: %v", r.name, line, err)
		if err == nil && !r.disk.Dead() {
			w.promises[tx.Hash()] = promise{tx: tx, relay: r.name, block: w.height()}
			w.given = append(w.given, tx)
		}
		if !all {
			return
		}
	}
}

func (w *world) user() string { return userName(w.rng.IntN(users)) }

// line is what a user may want: mostly something sensible.
func (w *world) line() string {
	who, to := w.user(), w.user()
	line := fmt.Sprintf("%s: spend %s %d", who, to, 1+w.rng.IntN(5000))
	switch w.rng.IntN(10) {
	case 4:
		line = fmt.Sprintf("%s: raw withdraw @%s %d", who, to, 1+w.rng.IntN(5000))
	case 5:
		line = fmt.Sprintf("%s: raw withdraw @%s 3; spend %s 1; raw withdraw @%s 4", who, to, who, to)
	case 0:
		line = fmt.Sprintf("user1: call coin transfer @%s %d", to, 1+w.rng.IntN(50))
	case 1:
		line = fmt.Sprintf("user0: call coin mint @%s %d", to, 1+w.rng.IntN(50))
	case 2:
		line = fmt.Sprintf("%s: spend %s %d; spend %s 7", who, to, 1+w.rng.IntN(50), who)
	case 3:
		line = fmt.Sprintf("%s: spend %s %d", who, to, uint64(userMoney)*users*2) // overdraft
	}
	switch w.rng.IntN(10) {
	case 0:
		return line + fmt.Sprintf(" | nonce=unordered:%d expiry=%d void", w.rng.Uint32(), w.height()+8)
	case 1:
		return line + " | sponsor=" + w.user()
	case 2:
		return line + " | badsig void"
	case 3:
		return line + fmt.Sprintf(" | expiry=%d", w.height()+2+w.rng.Uint64N(3))
	case 4:
		return line + " | nonce=exact:" + fmt.Sprint(w.rng.IntN(30)) + " void"
	}
	return line
}

// sign reads a line. A user looks up the next nonce in the state, and counts on from what it knows to
// be under way.
func (w *world) sign(line string) (*rollup.Tx, error) {
	w.lines.Height = w.height() + 40 // + 10 is the expiry
	it, err := w.lines.ParseItem(line, w.nonce)
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	return it.Tx, nil
}

func (w *world) nonce(name string, void bool) uint64 {
	next := max(w.nonces[name], w.oracle.nonce(stftest.Wallet(name)))
	if w.rng.IntN(10) == 0 { // what was under way may be lost: start again from the state
		next = w.oracle.nonce(stftest.Wallet(name))
	}
	if !void {
		w.nonces[name] = next + 1
	}
	return next
}

// height is that of L1.
func (w *world) height() uint64 { return w.tip().Height }

func (w *world) tip() l1.Tip {
	tip, err := w.chain.Tip(context.Background())
	if err != nil {
		panic(fmt.Sprintf("BUG: sim: %v", err)) // it is in memory
	}
	return tip
}

func (w *world) sender(name string) *sender { return &sender{chain: w.chain, name: name} }
