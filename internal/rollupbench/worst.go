package rollupbench

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/precompile/vectors"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/wallet"
	"github.com/athenarollup/athena/trap"
)

const partWorst = "verdict of the worst legal steps"

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
	r.Progress("the worst steps")
	gas := c.params.Step[metering.Compute] / 2
	if r.Quick {
		gas = c.params.MaxVerify[metering.Compute]
	}
	a, err := c.arena(gas)
	if err != nil {
		return err
	}
	var slowest float64
	each := func(name string, one, two *rollup.Tx) error {
		r.Progress("the worst steps: %s", name)
		ms, err := r.worstStep(a, name, one, two)
		slowest = max(slowest, ms)
		return err
	}
	if err := a.compute(each, r.Quick); err != nil {
		return err
	}
	if err := a.state(each); err != nil {
		return err
	}
	r.out.add(partWorst, "the slowest of these, new programs", slowest, "ms", atMost(2_000))
	return nil
}

// compute measures the ways to spend all gas of a step.
func (a *arena) compute(each func(name string, one, two *rollup.Tx) error, quick bool) error {
	both := func(name string, g *guest, of func(s *script, self byte)) error {
		var txs [2]*rollup.Tx
		for i := range txs {
			s := g.counting()
			of(s, byte(i))
			txs[i] = a.spend(i, g, s, keyUnits)
		}
		return each(name, txs[0], txs[1])
	}
	err := both("loads that miss the cache", a.large, func(s *script, _ byte) {
		s.add(walk, forever, 0)
	})
	if err != nil {
		return err
	}
	err = both("pages taken one by one", a.small, func(s *script, self byte) {
		s.enter(forever, a.small.account(self), "grow")
	})
	if err != nil {
		return err
	}
	err = both("frames of 16 MiB", a.large, func(s *script, self byte) {
		s.enter(forever, a.large.account(self), "idle")
	})
	if err != nil {
		return err
	}
	calls, err := precompiles()
	if err != nil {
		return err
	}
	if quick {
		calls = calls[:2]
	}
	for i := range calls {
		err := both(calls[i].Call, a.small, func(s *script, _ byte) { s.vector(&calls[i]) })
		if err != nil {
			return err
		}
	}
	return nil
}

// What the two transactions of a worst step declare to read: a step has room for one that may touch
// as much as any, and for one that may touch the rest of the keys.
const (
	mostUnits = 2_000_000
	keyUnits  = 448 << 10
)

// state measures the steps that show most.
func (a *arena) state(each func(name string, one, two *rollup.Tx) error) error {
	g := a.small
	keys := func(n uint32) *script { return g.counting().slots(n, host.CallStorageStore) }
	err := each("most keys and values", a.spend(0, g, keys(slots), mostUnits),
		a.spend(1, g, keys(120), keyUnits))
	if err != nil {
		return err
	}
	code := func(s *script, templates ...int) *script {
		for _, i := range templates {
			s.enter(1, denseAccount(a.dense[i]), "idle")
		}
		return s
	}
	err = each("most code", a.spend(0, g, code(g.script(nil), 0, 1), mostUnits),
		a.spend(1, g, code(g.script(nil), 2), keyUnits))
	if err != nil {
		return err
	}
	big := a.large
	return each("most of all at once",
		a.spend(0, big, code(big.counting(), 0, 1).slots(slots, host.CallStorageLoad).
			add(walk, forever, 0), mostUnits),
		a.spend(1, big, code(big.counting(), 2).slots(30, host.CallStorageLoad).
			add(walk, forever, 0), keyUnits))
}

// spend is a transaction that may use all compute of half a step.
func (a *arena) spend(from int, g *guest, s *script, read uint64) *rollup.Tx {
	units := metering.Units{0, a.gas, read, 1_000_000, 1_000_000}
	return a.world.tx(from, units, wallet.Proxy(g.account(byte(from)), "go", s.encode(), 0))
}

// worstStep measures a step of two transactions.
func (r *run) worstStep(a *arena, name string, one, two *rollup.Tx) (ms float64, err error) {
	t, err := r.try(a.chain, 3, one, two)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	for i := range t.result.Receipts {
		if c := trap.Code(t.result.Receipts[i].Trap); c != trap.None && c != trap.OutOfGas {
			return 0, fmt.Errorf("%s: %w", name, failed(t.result.Receipts[i:]))
		}
	}
	share := 100 * float64(t.result.GasUsed) / float64(a.params.Step[metering.Compute])
	r.out.add(partWorst, name+": new programs", millis(t.fresh), "ms", atMost(2_000))
	r.out.add(partWorst, name+": known programs", millis(t.known), "ms", nil)
	r.out.add(partWorst, name+": of the step's compute", share, "%", nil)
	r.out.add(partWorst, name+": witness", float64(len(t.witness)), "B", nil)
	return max(millis(t.fresh), millis(t.known)), nil
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
