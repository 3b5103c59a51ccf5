package calibrate

import (
	"math"
	"runtime"
	"time"
)

// The groups of prices.
const (
	groupInstruction = "instruction"
	groupHost        = "host"
	groupPrecompile  = "precompile"
)

// Case is one thing that is measured.
type Case struct {
	Group string `json:"group"`
	Price string `json:"price"` // what of the schedule it is about
	Name  string `json:"name"`

	prepare func() (*turn, error)
}

// turn is a prepared case: run does its work once and returns the gas that it took, idle does the
// same without the work. idle may be nil.
type turn struct {
	run   func() (uint64, error)
	idle  func() (uint64, error)
	units uint64 // of the price in one run
	close func()

	// Of a program: the instructions of the last run, the part of them that is of the class, the time
	// of each of the others, and the price of one of the class.
	instructions uint64
	share        float64
	others       *float64
	classGas     uint32
}

// Figure is a measured case.
type Figure struct {
	Case
	Gas      float64 `json:"gas"`      // of one unit of the price: one instruction, call or byte
	Nanos    float64 `json:"nanos"`    // of the same
	PerGas   float64 `json:"perGas"`   // nanoseconds for a unit of gas
	Ratio    float64 `json:"ratio"`    // to the median
	Decisive bool    `json:"decisive"` // the worst case of its price

	run, idle float64 // nanoseconds of the fastest turns; 0 of a program
	units     float64 // of the price in a turn
}

// better joins the figures of a case in two rounds. The fastest turn with the work and the fastest
// one without may come from different rounds.
func (f *Figure) better(g *Figure) Figure {
	best := *f
	if g.PerGas < f.PerGas {
		best = *g
	}
	if f.run == 0 || f.Gas != g.Gas || f.units != g.units {
		return best // of different vectors, too
	}
	best.run, best.idle = min(f.run, g.run), min(f.idle, g.idle)
	best.derive()
	return best
}

// derive is what the turns say of a unit.
func (f *Figure) derive() {
	f.Nanos = max(0, f.run-f.idle) / f.units
	f.PerGas = f.Nanos / f.Gas
}

// fastest runs f for about the given time and returns the nanoseconds of its fastest run.
func fastest(
	f func() (uint64, error), budget time.Duration,
) (nanos float64, gas uint64, err error) {
	nanos = math.Inf(1)
	for began := time.Now(); ; {
		start := clock()
		gas, err = f()
		nanos = min(nanos, float64((clock() - start).Nanoseconds()))
		if err != nil || time.Since(began) > budget {
			return nanos, gas, err
		}
	}
}

// measure runs a case for about the given time.
func measure(c *Case, budget time.Duration) (Figure, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t, err := c.prepare()
	if err != nil {
		return Figure{}, err
	}
	if t.close != nil {
		defer t.close()
	}
	runtime.GC()
	var idleNanos float64
	var idleGas uint64
	if t.idle != nil {
		if idleNanos, idleGas, err = fastest(t.idle, budget/4); err != nil {
			return Figure{}, err
		}
	}
	nanos, gas, err := fastest(t.run, budget)
	if err != nil {
		return Figure{}, err
	}
	f := Figure{Case: *c}
	if t.others != nil {
		each := nanos / float64(t.instructions)
		f.Gas, f.PerGas = float64(t.classGas), nanos/float64(gas)
		f.Nanos = max(0, each/t.share-(1/t.share-1)**t.others)
		if *t.others == 0 {
			*t.others = f.Nanos
		}
		return f, nil
	}
	f.Gas = float64(gas-idleGas) / float64(t.units)
	f.run, f.idle, f.units = nanos, idleNanos, float64(t.units)
	f.derive()
	return f, nil
}
