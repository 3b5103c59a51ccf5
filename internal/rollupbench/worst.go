package rollupbench

import (
	"fmt"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/precompile/vectors"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
	"github.com/athenarollup/athena/trap"
)

const (
	partWorst = "verdict of the worst legal steps"
	// worstTurns are for each; there are many, and each takes long.
	worstTurns = 7
)

// Of the slots that guests have.
const (
	slots     = 340
	slotBytes = 2_000
)

// programs are what the worst steps run: guests without and with a large heap, and programs that are
// large. They are templates from the genesis on.
type programs struct {
	small, large *guest
	dense        [][]byte
}

func newPrograms(p *rollup.Params) (a programs, err error) {
	if a.small, err = newGuest(0); err != nil {
		return a, err
	}
	if a.large, err = newGuest(walkHeap); err != nil {
		return a, err
	}
	// A transaction enters two of them, beside the wallet and a guest.
	room := (int(p.MaxTxCodeBytes)-len(fixtures.Wallet())-len(a.large.elf))/2 - 1<<10
	for i := range 3 {
		a.dense = append(a.dense, dense(i, min(room, int(p.MaxCodeBytes)-1<<10)))
	}
	return a, nil
}

func (a *programs) templates() [][]byte {
	return append([][]byte{a.small.elf, a.large.elf}, a.dense...)
}

// arena has two accounts of each guest, with slots, and one of each dense program.
type arena struct {
	*chain
	programs
	gas uint64 // compute of one transaction
}

func (c *chain) arena(gas uint64) (*arena, error) {
	a, w := &arena{c, c.world.programs, gas}, c.world
	for _, g := range []*guest{a.small, a.large} {
		for i := range byte(2) {
			s := g.script([]byte{i})
			s.add(plain, 1, host.CallSpawn, g.mem, 1, s.put(make([]byte, 24)))
			call := wallet.Proxy(g.template(), "spawn", s.encode(), 0)
			if err := c.run(w.tx(0, c.params.MaxTx, call)); err != nil {
				return nil, err
			}
			if err := a.store(g, i); err != nil {
				return nil, err
			}
		}
	}
	for _, elf := range a.dense {
		template := address.OfTemplate(address.CodeHash(elf))
		if err := c.run(w.tx(0, c.params.MaxTx, wallet.Proxy(template, "spawn", nil, 0))); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// store fills the slots of an account.
func (a *arena) store(g *guest, number byte) error {
	s := g.counting()
	s.slots(slots, host.CallStorageStore)
	tx := a.world.tx(0, a.params.MaxTx, wallet.Proxy(g.account(number), "go", s.encode(), 0))
	return a.run(tx)
}

// slots reads or writes the next slots; what is written differs from what was there.
func (s *script) slots(n, call uint32) *script {
	return s.add(counted, n, call, s.guest.mem, s.guest.mem, slotBytes)
}

// worst measures the steps that take longest by what the parameters allow.
func (r *run) worst(c *chain) error {
	gas := c.params.Step[metering.Compute] / 2
	if r.Quick {
		gas = c.params.MaxVerify[metering.Compute]
	}
	a, err := c.arena(gas)
	if err != nil {
		return err
	}
	calls, err := precompiles()
	if err != nil {
		return err
	}
	if r.Quick {
		calls = calls[:2]
	}
	all := append(a.compute(calls), a.state()...)
	for i := range all {
		r.Progress("the worst steps: %s", all[i].name)
		if err := r.provable(a, &all[i]); err != nil {
			return fmt.Errorf("%s: %w", all[i].name, err)
		}
	}
	// All of them in turn, so that a bad minute of the machine is no step's alone.
	for range r.turns(worstTurns) {
		for i := range all {
			if err := r.time(all[i].trial, a.engine, 1); err != nil {
				return err
			}
		}
	}
	var slowest time.Duration
	for i := range all {
		slowest = max(slowest, all[i].report(&r.out))
	}
	r.out.add(partWorst, "the slowest", millis(slowest), "ms", atMost(2_000))
	return nil
}

// worstCase is a step of two transactions.
type worstCase struct {
	name string
	txs  [2]*rollup.Tx
	gas  bool // it uses all compute
	size bool // its witness matters

	trial *trial
}

// compute returns the ways to spend all gas of a step.
func (a *arena) compute(calls []vectors.Case) (all []worstCase) {
	add := func(name string, g *guest, of func(s *script, self byte)) {
		w := worstCase{name: name, gas: true}
		for i := range w.txs {
			s := g.counting()
			of(s, byte(i))
			w.txs[i] = a.spend(i, g, s, keyUnits)
		}
		all = append(all, w)
	}
	add("loads that miss the cache", a.large, func(s *script, _ byte) { s.add(walk, forever, 0) })
	add("pages taken one by one", a.small, func(s *script, self byte) {
		s.enter(forever, a.small.account(self), "grow")
	})
	add("frames of 16 MiB", a.large, func(s *script, self byte) {
		s.enter(forever, a.large.account(self), "idle")
	})
	add("reads of one slot", a.small, func(s *script, _ byte) {
		s.put([]byte{1})
		s.add(plain, forever, host.CallStorageHas, s.guest.mem)
	})
	for i := range calls {
		add(calls[i].Call, a.small, func(s *script, _ byte) { s.vector(&calls[i]) })
	}
	return all
}

// What the two transactions of a worst step declare to read: a step has room for one that may touch
// as much as any, and for one that may touch the rest of the keys.
const (
	mostUnits = 2_000_000
	keyUnits  = 448 << 10
)

// state returns the steps that show most. The second transaction has room for fewer keys.
func (a *arena) state() []worstCase {
	enter := func(s *script, programs ...int) *script {
		for _, i := range programs {
			s.enter(1, denseAccount(a.dense[i]), "idle")
		}
		return s
	}
	g, big := a.small, a.large
	return []worstCase{{
		name: "most values, all written", size: true,
		txs: [2]*rollup.Tx{
			a.spend(0, g, g.counting().slots(slots, host.CallStorageStore), mostUnits),
			a.spend(1, g, g.counting().slots(100, host.CallStorageStore), keyUnits),
		},
	}, {
		name: "most keys, all new", size: true,
		txs: [2]*rollup.Tx{
			a.spend(0, big, big.counting().absent(450), mostUnits),
			a.spend(1, big, big.counting().absent(360), keyUnits),
		},
	}, {
		name: "most code", size: true,
		txs: [2]*rollup.Tx{
			a.spend(0, g, enter(g.script(nil), 0, 1), mostUnits),
			a.spend(1, g, enter(g.script(nil), 2), keyUnits),
		},
	}, {
		name: "code, values and missed loads at once", size: true, gas: true,
		txs: [2]*rollup.Tx{
			a.spend(0, big, enter(big.counting(), 0, 1).slots(slots, host.CallStorageLoad).
				add(walk, forever, 0), mostUnits),
			a.spend(1, big, enter(big.counting(), 2).slots(30, host.CallStorageLoad).
				add(walk, forever, 0), keyUnits),
		},
	}}
}

// absent writes keys that nothing is at, beside those that slots fills.
func (s *script) absent(n uint32) *script {
	one := append(make([]byte, 31), 1)
	copy(s.mem, []byte{0, 0, 1, 0})
	return s.add(counted, n, host.CallStorageWrite, s.guest.mem, s.put(one))
}

// spend is a transaction that may use all compute of half a step.
func (a *arena) spend(from int, g *guest, s *script, read uint64) *rollup.Tx {
	units := metering.Units{0, a.gas, read, 1_000_000, 1_000_000}
	return a.world.tx(from, units, wallet.Proxy(g.account(byte(from)), "go", s.encode(), 0))
}

// provable proves a step and checks that it is what it should be.
func (r *run) provable(a *arena, w *worstCase) (err error) {
	if w.trial, err = r.prove(a.chain, w.txs[0], w.txs[1]); err != nil {
		return err
	}
	result := w.trial.result
	for i := range result.Receipts {
		c := trap.Code(result.Receipts[i].Trap)
		if w.gas != (c == trap.OutOfGas) {
			return fmt.Errorf("bench: trap %v: %w", c, failed(result.Receipts[i:]))
		}
	}
	// A frame leaves its caller a sixty-fourth of its gas.
	if used := result.GasUsed; w.gas && used < 2*a.gas/64*61 {
		return fmt.Errorf("bench: only %d gas of %d is used: this is a bug", used, 2*a.gas)
	}
	return nil
}

// report returns the time of the judge to whom the step's programs are new.
func (w *worstCase) report(out *Report) time.Duration {
	slowest := max(w.trial.fresh, w.trial.known)
	out.add(partWorst, w.name, millis(slowest), "ms", nil)
	if w.size {
		out.add(partWorst, w.name+": known programs", millis(w.trial.known), "ms", nil)
		out.add(partWorst, w.name+": witness", float64(len(w.trial.witness)), "B", nil)
	}
	return slowest
}

// precompiles returns of each precompile the vector with the longest arguments.
func precompiles() (all []vectors.Case, err error) {
	texts, err := fixtures.PrecompileVectors()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	at := map[string]int{}
	for _, text := range texts {
		cases, err := vectors.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		for _, c := range cases {
			i, ok := at[c.Call]
			if !ok {
				at[c.Call] = len(all)
				all = append(all, c)
			} else if length(&c) > length(&all[i]) {
				all[i] = c
			}
		}
	}
	return all, nil
}

func length(c *vectors.Case) (n int) {
	for i := range c.Args {
		n += len(c.Args[i].Bytes)
	}
	return n
}
