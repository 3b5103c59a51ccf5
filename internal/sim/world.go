package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	l1sim "github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// Options of a history.
type Options struct {
	Blocks int       // heights of trouble; a quiet end follows
	Log    io.Writer // what happens, line by line; nil = nothing is told

	sabotage sabotage // something is wrong on purpose: the checks must find it
}

// sabotage is what a test does to a history, so that a check fails.
type sabotage int

const (
	sabotageLiar       sabotage = 1 + iota // executor0 lies although it counts as honest
	sabotageJoiner                         // so does the one that joined
	sabotagePeer                           // every peer's answer counts as a lie
	sabotageRent                           // what was evicted is another thing than receipts say
	sabotageSuspension                     // steps count as suspended that are not
	sabotageRepair                         // nobody repairs the engine
)

// traits are what some histories have and others do not.
type traits struct {
	rent bool // accounts run out of it
	bug  bool // the first revision of the reference engine has one
	join bool // an executor joins by snapshot
}

// DefaultBlocks is the length of a history.
const DefaultBlocks = 40

// Report is how a history went.
type Report struct {
	Seed       uint64
	Violations []string
	Heights    uint64 // of the final chain
	Counts     map[string]int
}

// world is one history.
type world struct {
	seed    uint64
	rng     *rand.Rand
	genesis *rollup.Genesis
	chain   *l1sim.Chain
	engine  *stf.Engine
	oracle  *oracle
	lines   *stftest.Chain // reads transactions; its own state is not used
	out     io.Writer

	relays    []*relayNode
	executors []*executorNode
	villains  []string

	traits   traits
	sabotage sabotage

	nonces   map[string]uint64
	promises map[rollup.Hash]promise
	purposes map[rollup.Hash]string // what some transactions are for, by TxID
	given    []*rollup.Tx
	plans    map[uint64][]func() // what adversaries do at later heights

	watch  watch
	report *Report
}

func traitsOf(seed uint64) traits {
	rng := rand.New(rand.NewPCG(seed, 1))
	return traits{rent: rng.IntN(3) == 0, bug: rng.IntN(4) == 0, join: rng.IntN(4) == 0}
}

// Run plays the history of a seed. The error is one of the simulator itself; what the network did
// wrong is in the report.
func Run(ctx context.Context, seed uint64, o Options) (*Report, error) {
	if o.Blocks == 0 {
		o.Blocks = DefaultBlocks
	}
	w, err := newWorld(seed, o)
	if err != nil {
		return nil, fmt.Errorf("sim: seed %d: %w", seed, err)
	}
	defer w.close()
	if err := w.play(ctx, o.Blocks); err != nil {
		return w.report, fmt.Errorf("sim: seed %d: height %d: %w", seed, w.height(), err)
	}
	return w.report, nil
}

func newWorld(seed uint64, o Options) (*world, error) {
	w := &world{
		seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), engine: stf.New(), out: o.Log,
		nonces: map[string]uint64{}, promises: map[rollup.Hash]promise{},
		purposes: map[rollup.Hash]string{}, sabotage: o.sabotage,
		plans: map[uint64][]func(){}, report: &Report{Seed: seed, Counts: map[string]int{}},
	}
	w.traits = traitsOf(seed)
	var err error
	if w.genesis, err = genesis(w.cast(o.Blocks), w.traits); err != nil {
		return nil, err
	}
	judges := []l1.Judge{dispute.NewJudge(w.engine)}
	if w.traits.bug {
		judges = append([]l1.Judge{buggyJudge(w.engine)}, judges...)
	}
	w.chain, err = l1sim.New(w.genesis, l1sim.Options{
		Seed: seed, Proposer: account("proposer"), Judge: judges[0], Repaired: judges[1:],
	})
	if err != nil {
		return nil, err
	}
	for _, m := range w.machines() {
		m.link.chain = w.chain
	}
	if w.oracle, err = newOracle(w.genesis, w.engine, w.tip().Hash); err != nil {
		return nil, err
	}
	if w.lines, err = stftest.New(w.genesis.Params, nil); err != nil {
		return nil, err
	}
	w.lines.ChainID = w.genesis.ChainID()
	w.watch = watch{effective: map[rollup.Hash]uint64{}, honest: map[address.Address]string{}}
	for _, e := range w.executors {
		if e.honest {
			w.watch.honest[account(e.name)] = e.name
		}
	}
	return w, nil
}

// cast makes the machines and adversaries of a history, and returns the names of all.
func (w *world) cast(blocks int) (names []string) {
	name := func(role string, i int) string {
		names = append(names, fmt.Sprintf("%s%d", role, i))
		return names[len(names)-1]
	}
	relays, honest, liars := 1+w.rng.IntN(2), 1+w.rng.IntN(2), w.rng.IntN(3)
	if w.rng.IntN(20) == 0 {
		liars = 9
	}
	for i := range 2 {
		w.villains = append(w.villains, name("villain", i))
	}
	for i := range relays {
		w.relays = append(w.relays, &relayNode{machine: w.machine(name("relay", i))})
	}
	for i := range honest {
		n := &executorNode{machine: w.machine(name("executor", i)), honest: true, claim: true}
		n.challenge = i == 0 || w.rng.IntN(2) == 0
		n.sabotaged = i == 0 && w.sabotage == sabotageLiar
		w.executors = append(w.executors, n)
	}
	for i := range liars {
		w.executors = append(w.executors, &executorNode{
			machine: w.machine(name("liar", i)), claim: true, lie: w.rng.IntN(len(lies)),
		})
	}
	if w.traits.join {
		w.executors = append(w.executors, &executorNode{
			machine: w.machine(name("joiner", 0)), honest: true, claim: true, challenge: true,
			sabotaged: w.sabotage == sabotageJoiner,
			joins:     &joining{at: 16 + w.rng.Uint64N(uint64(max(blocks-16, 1)))},
		})
	}
	return names
}

// machines are all machines that run a daemon.
func (w *world) machines() (all []*machine) {
	for _, r := range w.relays {
		all = append(all, r.machine)
	}
	for _, e := range w.executors {
		all = append(all, e.machine)
	}
	return all
}

// play runs the heights of trouble and then a quiet end in which everything must be settled.
func (w *world) play(ctx context.Context, blocks int) error {
	for range blocks {
		if err := w.block(ctx, true); err != nil {
			return err
		}
	}
	p := &w.genesis.Params
	w.say("the quiet end begins")
	for _, m := range w.machines() {
		m.link.noise, m.link.cut = 0, 0
	}
	quiet := 2*(p.ChallengeWindow+p.ProveWindow) + p.ReorgBound
	for left, most := quiet, 4*quiet; left > 0 && most > 0; left, most = left-1, most-1 {
		if len(w.suspended()) > 0 && w.sabotage != sabotageRepair {
			left = quiet // it lasts from the repair on
		}
		if err := w.block(ctx, false); err != nil {
			return err
		}
	}
	if err := w.work(ctx, false); err != nil { // for the last block
		return err
	}
	w.report.Heights = w.height()
	return w.checkEnd(ctx)
}

// block is one height: users and adversaries act, daemons work, L1 makes a block or goes another
// way, and all is checked.
func (w *world) block(ctx context.Context, trouble bool) error {
	height := w.height()
	if trouble {
		if err := w.act(ctx, height); err != nil {
			return err
		}
		w.scheme(ctx)
		w.upgrade(ctx, height)
		w.misfortune()
	}
	w.repair(ctx, height)
	for _, do := range w.plans[height] {
		do()
	}
	delete(w.plans, height)
	if err := w.work(ctx, trouble); err != nil {
		return err
	}
	if trouble && height > 3 && w.rng.IntN(9) == 0 {
		depth := 1 + w.rng.IntN(int(min(w.genesis.Params.ReorgBound, height-1)))
		w.say("L1 drops %d blocks", depth)
		w.count("reorganisations")
		if err := w.chain.Fork(depth); err != nil {
			return err
		}
		w.rewind(w.height())
		for range depth {
			if err := w.mine(ctx); err != nil {
				return err
			}
		}
	}
	return w.mine(ctx)
}

// mine makes a block and checks everything.
func (w *world) mine(ctx context.Context) error {
	layer, events, err := w.chain.Mine(ctx)
	if err != nil {
		return err
	}
	w.say("block %d: %d transactions", layer.Header.Height, len(layer.Txs))
	for _, e := range events {
		w.say("  %s", e)
		w.count(fmt.Sprintf("%T", e))
	}
	if err := w.oracle.follow(ctx, w.chain); err != nil {
		return err
	}
	return w.check(ctx, layer.Header.Height, events)
}

// scheme lets an adversary try something.
func (w *world) scheme(ctx context.Context) {
	if w.rng.IntN(2) == 0 {
		return
	}
	s := schemes[w.rng.IntN(len(schemes))]
	who := w.villains[w.rng.IntN(len(w.villains))]
	w.say("%s tries: %s", who, s.name)
	w.count("scheme: " + s.name)
	s.do(w, ctx, w.sender(who))
}

// later plans something for a few blocks ahead.
func (w *world) later(blocks uint64, do func()) {
	at := w.height() + blocks
	w.plans[at] = append(w.plans[at], do)
}

func (w *world) say(format string, args ...any) {
	if w.out != nil {
		fmt.Fprintf(w.out, format+"\n", args...)
	}
}

func (w *world) count(what string) { w.counts(what, 1) }

func (w *world) counts(what string, n int) {
	if n > 0 {
		w.report.Counts[what] += n
	}
}

// violate notes that an invariant does not hold.
func (w *world) violate(format string, args ...any) {
	v := fmt.Sprintf("height %d: ", w.height()) + fmt.Sprintf(format, args...)
	if !slices.Contains(w.report.Violations, v) {
		w.say("VIOLATION: %s", v)
		w.report.Violations = append(w.report.Violations, v)
	}
}

func (w *world) close() {
	for _, r := range w.relays {
		r.stop()
	}
	for _, e := range w.executors {
		e.stop()
	}
}
