package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// Costs are the fixed costs of frames and host calls.
type Costs struct {
	// RoundTripNS is a host call that does nothing: from the program to the caller of the machine
	// and back, with the three other instructions of the loop that makes the calls.
	RoundTripNS float64 `json:"roundTripNS"`
	// HostCallNS is gas_left through package host, in the same loop.
	HostCallNS float64 `json:"hostCallNS"`
	// ColdCallMicros is a step's first transaction: one call of the token's balance_of, its code in
	// the cache and the state before the step in memory.
	ColdCallMicros float64 `json:"coldCallMicros"`
	// NextCallMicros is one more such transaction in the step.
	NextCallMicros float64 `json:"nextCallMicros"`
	// WarmCallMicros is one more such call in the same transaction.
	WarmCallMicros float64 `json:"warmCallMicros"`
	// PredecodeNS is predecoding, per instruction of the token.
	PredecodeNS float64 `json:"predecodeNS"`
}

const (
	costTurns     = 15     // the fastest counts
	hostCalls     = 20_000 // of a turn
	tokenCalls    = 200    // of a turn
	predecodeRuns = 20     // of a turn
)

// loopSource makes as many gas_left calls as its input says.
const loopSource = `
.export go
go:
	la a0, word
	li a1, 4
	li t0, 0xF1
	ecall
	la s0, word
	lw s1, 0(s0)
	la a0, word
loop:
	li t0, 0xB1
	ecall
	addi s1, s1, -1
	bnez s1, loop
	ret
.data
word: .zero 8
`

// measureCosts measures all of them.
func measureCosts(ctx context.Context, cfg Config) (Costs, error) {
	cfg.Progress("fixed costs")
	loop, err := asm.Assemble(loopSource, asm.DefaultBase)
	if err != nil {
		return Costs{}, fmt.Errorf("bench: %w", err)
	}
	w, err := newWorld(loop.ELF(asm.ELFOptions{}))
	if err != nil {
		return Costs{}, err
	}
	var c Costs
	for _, part := range []struct {
		out  *float64
		unit time.Duration
		per  int
		turn func() (time.Duration, error)
	}{
		{&c.RoundTripNS, time.Nanosecond, hostCalls, func() (time.Duration, error) {
			return roundTrips(cfg.Engine, w.loopProgram)
		}},
		{&c.HostCallNS, time.Nanosecond, hostCalls, w.hostCalls},
		{&c.ColdCallMicros, time.Microsecond, tokenCalls, w.coldCalls},
		{&c.NextCallMicros, time.Microsecond, tokenCalls, w.nextCalls},
		{&c.WarmCallMicros, time.Microsecond, tokenCalls, w.warmCalls},
		{&c.PredecodeNS, time.Nanosecond, predecodeRuns * w.instructions(), w.predecode},
	} {
		best := time.Duration(math.MaxInt64)
		for range costTurns {
			if err := ctx.Err(); err != nil {
				return Costs{}, err
			}
			d, err := part.turn()
			if err != nil {
				return Costs{}, err
			}
			best = min(best, d)
		}
		*part.out = float64(best) / float64(part.unit) / float64(part.per)
	}
	return c, nil
}

// roundTrips runs the loop on a machine whose caller answers without doing anything.
func roundTrips(e Engine, p *elf.Program) (time.Duration, error) {
	entry, _ := p.Export(elf.ExportPrefix + "go")
	m := e.prepare(p)()
	defer m.Release()
	m.Start(entry.Addr, math.MaxUint64>>1)
	if stop := m.Run(); stop.Kind != engine.HostCall || !m.Write(m.Reg(regA0), u32(hostCalls)) {
		return 0, fmt.Errorf("bench: the loop of host calls does not begin: %v", stop.Trap)
	}
	calls := 0
	began := now()
	stop := m.Run()
	for ; stop.Kind == engine.HostCall; stop = m.Run() {
		m.SetReg(regCall, 0)
		calls++
	}
	elapsed := now() - began
	if stop.Kind != engine.Returned || calls != hostCalls {
		return 0, fmt.Errorf("bench: %d host calls, want %d: %v", calls, hostCalls, stop.Trap)
	}
	return elapsed, nil
}

func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// world is a state with an account of the token and one of the loop.
type world struct {
	x            *host.Executor
	base         leaves
	st           *state.State // on base
	token        address.Address
	loop         address.Address
	tokenProgram *elf.Program
	loopProgram  *elf.Program
}

// leaves are the state below the world.
type leaves map[state.Key][]byte

func (m leaves) Get(k state.Key) ([]byte, bool, error) {
	v, ok := m[k]
	return v, ok, nil
}

// limits are wide: nothing here comes near them.
func limits() host.Limits {
	return host.Limits{
		CallDepth: 64, MemoryPages: 4096, TxMemoryPages: 16384, InputBytes: 1 << 16,
		ReturnBytes: 1 << 16, LogBytes: 1 << 10, EventBytes: 1 << 10, Events: 64,
		MessageBytes: 256, CodeBytes: 256 << 10, SlotValueBytes: 4096, BlobBytes: 4096,
		VerifyKeys: 8, TxKeys: 512, TxValueBytes: 1 << 20, TxCodeBytes: 512 << 10,
	}
}

const (
	allUnits = 1 << 40
	minted   = 1000
)

func newWorld(loop []byte) (*world, error) {
	token := fixtures.Token()
	w := &world{
		x:     host.NewExecutor(metering.V1(), limits(), nil),
		token: address.Address{address.Size - 1: 1}, loop: address.Address{address.Size - 1: 2},
	}
	var err error
	if w.tokenProgram, err = elf.Load(token, elf.DefaultLimits()); err != nil {
		return nil, fmt.Errorf("bench: load the token: %w", err)
	}
	if w.loopProgram, err = elf.Load(loop, elf.DefaultLimits()); err != nil {
		return nil, fmt.Errorf("bench: load the loop of host calls: %w", err)
	}
	w.base = leaves{}
	w.st = state.New(w.base)
	// The token is its own owner, so that it may mint in a call of its own.
	blob := slices.Concat(w.token[:], address.Zero[:], make([]byte, 8))
	w.st.Spawn(w.token, w.st.PutTemplate(token), blob)
	w.st.Spawn(w.loop, w.st.PutTemplate(loop), nil)
	w.st.Credit(w.token, 1<<40) // for deposits
	args := binary.LittleEndian.AppendUint64(slices.Clone(w.token[:]), minted)
	if r := w.begin().Call(w.token, host.Selector("mint"), args); r.Trap != trap.None {
		return nil, fmt.Errorf("bench: mint: %v: %s", r.Trap, r.Message)
	}
	for _, c := range w.st.Changes() {
		w.base[c.Key] = c.Value
	}
	w.st = state.New(w.base)
	return w, nil
}

func (w *world) begin() *host.Session {
	units := metering.Units{}
	for d := range units {
		units[d] = allUnits
	}
	return w.x.Begin(w.st, host.Context{}, w.token, units)
}

func (w *world) hostCalls() (time.Duration, error) {
	s := w.begin()
	began := now()
	r := s.Call(w.loop, host.Selector("go"), u32(hostCalls))
	elapsed := now() - began
	if r.Trap != trap.None {
		return 0, fmt.Errorf("bench: the loop of host calls: %v", r.Trap)
	}
	return elapsed, nil
}

func (w *world) coldCalls() (time.Duration, error) {
	began := now()
	for range tokenCalls {
		w.st = state.New(w.base)
		if err := w.balance(w.begin()); err != nil {
			return 0, err
		}
	}
	return now() - began, nil
}

func (w *world) nextCalls() (time.Duration, error) {
	began := now()
	for range tokenCalls {
		if err := w.balance(w.begin()); err != nil {
			return 0, err
		}
	}
	return now() - began, nil
}

func (w *world) warmCalls() (time.Duration, error) {
	s := w.begin()
	if err := w.balance(s); err != nil {
		return 0, err
	}
	began := now()
	for range tokenCalls {
		if err := w.balance(s); err != nil {
			return 0, err
		}
	}
	return now() - began, nil
}

func (w *world) balance(s *host.Session) error {
	r := s.Call(w.token, host.Selector("balance_of"), w.token[:])
	if r.Trap != trap.None {
		return fmt.Errorf("bench: balance_of: %v: %s", r.Trap, r.Message)
	}
	if len(r.Return) != 8 || binary.LittleEndian.Uint64(r.Return) != minted {
		return fmt.Errorf("bench: balance_of returned %x, want %d", r.Return, minted)
	}
	return nil
}

// instructions is the number of words of the token's executable segments.
func (w *world) instructions() int {
	n := 0
	for _, s := range w.tokenProgram.Segments {
		if s.Executable {
			n += len(s.Data) / 4
		}
	}
	return n
}

func (w *world) predecode() (time.Duration, error) {
	costs := metering.V1().Instruction
	began := now()
	for range predecodeRuns {
		interpreter.Predecode(w.tokenProgram, &costs)
	}
	return now() - began, nil
}
