package interpreter

import (
	"context"
	"sort"
	"sync"

	"github.com/athenarollup/athena/interpreter/engine"
)

// A meter counts down gas and instructions of a slice in one number: gas in the high half, and in
// the low one instructions, which begin at meterLow so that they never borrow from the gas. It is
// negative iff the gas is.
const (
	meterLow  = 1<<31 - 1
	maxRunGas = 1<<31 - 1 // price of a whole region, at most

	// sliceGas is how much gas the loop gets at a time: about a millisecond of work. Between slices
	// a context is looked at.
	sliceGas = 2 << 20
)

// Run executes until the frame returns, traps or calls the host. After HostCall, serve the call
// and run again; after any other stop the frame is over and Run returns the same stop.
func (m *Machine) Run() Stop {
	for {
		if m.runSlice() {
			return Stop{Kind: HostCall}
		}
		if stop, stopped := m.Step(); stopped {
			return stop
		}
	}
}

// RunContext is Run, but ends with an error soon after ctx is done. The frame can then run on.
// Where it ends depends on time, so nothing in consensus may use it.
func (m *Machine) RunContext(ctx context.Context) (Stop, error) {
	next := m.count
	for {
		if m.count >= next {
			if ctx.Err() != nil {
				return Stop{}, engine.Canceled(ctx)
			}
			next = m.count + sliceGas/8
		}
		if m.runSlice() {
			return Stop{Kind: HostCall}, nil
		}
		if stop, stopped := m.Step(); stopped {
			return stop, nil
		}
	}
}

// runSlice executes from pc as far as the fast path goes: to an instruction that only Step can do,
// or to the end of a slice. It may execute nothing. It reports whether it executed an ECALL at its
// end.
func (m *Machine) runSlice() bool {
	if m.ended.Kind != 0 || m.pc%4 != 0 || !m.enter() {
		return false
	}
	i := (m.pc - m.region.base) / 4
	if i >= m.slotCount {
		return false
	}
	suffix := m.region.code[i].suffix
	price := uint64(suffix) >> 32
	if m.gas < price {
		m.runPrefix(i)
		return false
	}
	slice := int64(max(price, min(m.gas, sliceGas)))<<32 | meterLow
	at, meter := m.exec(m.position(i), slice-suffix)
	m.settle(slice - meter)
	i = m.index(at)
	m.pc = m.region.base + i*4
	return m.ecall(&m.region.code[i])
}

// ecall executes o, at pc, if it is an ECALL that the gas covers.
func (m *Machine) ecall(o *instruction) bool {
	if o.op != opEcall || m.gas < uint64(o.suffix)>>32 {
		return false
	}
	m.settle(o.suffix)
	m.pc += 4
	return true
}

// enter makes the region of pc the place of the loop, if there is one.
func (m *Machine) enter() bool {
	if m.region != nil && m.region.holds(m.pc) {
		return true
	}
	r := m.code.regionOf(m.pc)
	if r == nil {
		return false
	}
	m.region = r
	m.place.set(r.code, r.base)
	return true
}

// settle takes what a meter has counted.
func (m *Machine) settle(used int64) {
	m.gas -= uint64(used) >> 32
	m.count += uint64(uint32(used))
}

// prefixSlots is how much of a run's prefix is copied at a time.
const prefixSlots = 256

// prefixes holds room for such copies.
var prefixes = sync.Pool{New: func() any { return new([prefixSlots + 1]instruction) }}

// runPrefix executes, of the run at slot i, which the gas does not cover, what it does cover, on a
// copy of the slots that ends there: so it costs no more for each gas than a whole run.
func (m *Machine) runPrefix(i uint32) {
	code := m.region.code
	suffix := code[i].suffix
	length := int(uint32(suffix))
	// The run's instructions before slot i+n cost the difference of the suffixes.
	n := sort.Search(length-1, func(n int) bool {
		return uint64(suffix-code[int(i)+n+1].suffix)>>32 > m.gas
	})
	if n == 0 {
		return
	}
	n = min(n, prefixSlots)
	room, _ := prefixes.Get().(*[prefixSlots + 1]instruction)
	defer prefixes.Put(room)
	copied := room[:n+1]
	end := int(i) + n
	copy(copied[:n], code[i:end])
	for k := max(0, n-maxFused); k < n; k++ {
		if op := copied[k].op; k+op.length() > n {
			copied[k].op = op.first()
		}
	}
	copied[n] = instruction{op: opSlow, suffix: code[end].suffix}
	saved := m.place
	m.place.set(copied, m.pc)
	start := int64(m.gas)<<32 | meterLow
	at, meter := m.exec(m.position(0), start-suffix)
	m.settle(start - meter)
	m.pc += m.index(at) * 4
	m.place = saved
}
