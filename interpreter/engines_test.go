package interpreter

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter/lockstep"
	"github.com/athenarollup/athena/interpreter/stepper"
	"github.com/athenarollup/athena/riscv/asm"
)

// frame is what all engines are to a test.
type frame = lockstep.Engine

// engineKind is a way to run a frame.
type engineKind int

const (
	fast      engineKind = iota // the interpreter's Run
	stepped                     // the interpreter's Step alone
	mixed                       // some steps, then Run
	specified                   // the stepper
)

var engineKinds = []engineKind{fast, stepped, mixed, specified}

func (e engineKind) frame(c *Code) frame {
	switch e {
	case stepped:
		return steps{NewMachine(c)}
	case mixed:
		return &mixture{Machine: NewMachine(c)}
	case specified:
		return stepper.New(c.program, &c.costs)
	default:
		return NewMachine(c)
	}
}

type steps struct{ *Machine }

func (m steps) Run() Stop {
	for {
		if stop, stopped := m.Step(); stopped {
			return stop
		}
	}
}

type mixture struct {
	*Machine
	turn int
}

// Run makes a few steps, each time another number, and then runs.
func (m *mixture) Run() Stop {
	m.turn++
	for range m.turn % 5 {
		if stop, stopped := m.Step(); stopped {
			return stop
		}
	}
	return m.Machine.Run()
}

// together is a frame on all engines, each checked against the stepper.
func together(c *Code) frame {
	return lockstep.New(lockstep.New(specified.frame(c), fast.frame(c)), mixed.frame(c))
}

const longLoop = `
	li a0, 0x400000
	li a1, 1500000
loop:	lw a2, 0(a0)
	addi a2, a2, 1
	sw a2, 0(a0)
	addi a1, a1, -1
	bnez a1, loop
	ret`

// TestManySlices runs through the ends of slices.
func TestManySlices(t *testing.T) {
	t.Parallel()
	m := together(Predecode(scratchProgram(t, longLoop), &vectorCosts))
	defer m.Release()
	m.Start(asm.DefaultBase, 1<<40)
	require.Equal(t, Returned, m.Run().Kind)
	require.Equal(t, uint64(7_500_004), m.Instructions())
}

// TestMoreGasThanAMeterHolds: the gas of a frame is 64 bits.
func TestMoreGasThanAMeterHolds(t *testing.T) {
	t.Parallel()
	m := together(Predecode(scratchProgram(t, "addi a0, a0, 1\nret"), &vectorCosts))
	defer m.Release()
	m.Start(asm.DefaultBase, ^uint64(0))
	require.Equal(t, Returned, m.Run().Kind)
	require.Equal(t, ^uint64(0)-20, m.Gas())
}

// TestRunContext: a run ends when its context does, and can be taken up again.
func TestRunContext(t *testing.T) {
	t.Parallel()
	code := Predecode(scratchProgram(t, longLoop), &vectorCosts)
	for _, e := range []engineKind{fast, specified} {
		want := e.frame(code)
		want.Start(asm.DefaultBase, 1<<40)
		want.Run()

		m := e.frame(code)
		m.Start(asm.DefaultBase, 1<<40)
		ctx := &countdown{Context: context.Background(), looks: 1}
		breaks := 0
		for {
			stop, err := m.RunContext(ctx)
			if err == nil {
				require.Equal(t, Returned, stop.Kind)
				break
			}
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, stop)
			ctx.looks, breaks = breaks, breaks+1
		}
		require.Positive(t, breaks)
		require.Equal(t, want.Digest(), m.Digest())
		require.Equal(t, want.Gas(), m.Gas())
		require.Equal(t, want.Instructions(), m.Instructions())
		want.Release()
		m.Release()
	}
}

// countdown is a context that is done at each look after the first few.
type countdown struct {
	context.Context
	looks int
}

func (c *countdown) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}
