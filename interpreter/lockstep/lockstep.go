// Package lockstep runs one frame on two engines at once and lets no difference pass.
//
// It is an engine itself: calls go to both, reads come from the first. Wherever control comes
// back to the host it compares all that a program or a host can see: the stop, pc, registers,
// gas, the count of instructions, and memory with its permissions. A difference is a fault of an
// engine, never the guest's, so it panics with a *Difference; a caller that would rather report
// it recovers that.
package lockstep

import (
	"context"
	"fmt"

	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/riscv"
)

// Engine is what both machines have to offer.
type Engine interface {
	Start(pc uint32, gas uint64)
	Run() engine.Stop
	RunContext(ctx context.Context) (engine.Stop, error)
	Step() (engine.Stop, bool)
	Reg(i int) uint32
	SetReg(i int, v uint32)
	PC() uint32
	Gas() uint64
	SetGas(gas uint64)
	Charge(n uint64) bool
	Instructions() uint64
	Readable(addr, n uint32) bool
	Writable(addr, n uint32) bool
	Read(addr, n uint32) ([]byte, bool)
	Write(addr uint32, b []byte) bool
	Pages() uint32
	Grow(pages, maxPages uint32) (oldHeapEnd uint32, ok bool)
	Digest() [32]byte
	Release()
}

// Difference is what a Machine panics with.
type Difference struct {
	What          string
	First, Second any
	PC            uint32 // of the first engine
}

// Error tells the difference; it begins with BUG: since a correct program never sees it.
func (d *Difference) Error() string {
	return fmt.Sprintf("BUG: engines differ: %s: %v and %v, at pc %#x",
		d.What, d.First, d.Second, d.PC)
}

// Machine is a frame on two engines.
type Machine struct{ first, second Engine }

// New returns a machine of two fresh frames of one program under the same costs.
func New(first, second Engine) *Machine { return &Machine{first, second} }

func same[T comparable](m *Machine, what string, a, b T) T {
	if a != b {
		panic(&Difference{what, a, b, m.first.PC()})
	}
	return a
}

// Compare compares all that can be seen of two machines but the stop.
func Compare(first, second Engine) *Difference {
	differ := func(what string, a, b any) *Difference {
		return &Difference{what, a, b, first.PC()}
	}
	if a, b := first.PC(), second.PC(); a != b {
		return differ("pc", a, b)
	}
	for i := range riscv.Registers {
		if a, b := first.Reg(i), second.Reg(i); a != b {
			return differ("register "+riscv.RegisterName(uint8(i)), a, b)
		}
	}
	if a, b := first.Gas(), second.Gas(); a != b {
		return differ("gas", a, b)
	}
	if a, b := first.Instructions(), second.Instructions(); a != b {
		return differ("instructions", a, b)
	}
	if a, b := first.Pages(), second.Pages(); a != b {
		return differ("pages", a, b)
	}
	if a, b := first.Digest(), second.Digest(); a != b {
		return differ("memory", a, b)
	}
	return nil
}

func (m *Machine) compare() {
	if d := Compare(m.first, m.second); d != nil {
		panic(d)
	}
}

// Run runs both to their next stop.
func (m *Machine) Run() engine.Stop {
	stop := same(m, "stop", m.first.Run(), m.second.Run())
	m.compare()
	return stop
}

// RunContext is Run with a way out. The two engines look at ctx at different places, so after an
// error the frame can not run on.
func (m *Machine) RunContext(ctx context.Context) (engine.Stop, error) {
	a, err := m.first.RunContext(ctx)
	if err != nil {
		return a, err
	}
	b, err := m.second.RunContext(ctx)
	if err != nil {
		return b, err
	}
	same(m, "stop", a, b)
	m.compare()
	return a, nil
}

// Step executes one instruction on both. It compares everything, memory too.
func (m *Machine) Step() (engine.Stop, bool) {
	a, stopped := m.first.Step()
	b, alsoStopped := m.second.Step()
	same(m, "stop", a, b)
	same(m, "stopped", stopped, alsoStopped)
	m.compare()
	return a, stopped
}

// Start starts both.
func (m *Machine) Start(pc uint32, gas uint64) {
	m.first.Start(pc, gas)
	m.second.Start(pc, gas)
}

// Reg returns register i, 0..31.
func (m *Machine) Reg(i int) uint32 { return m.first.Reg(i) }

// SetReg sets register i, 0..31, of both.
func (m *Machine) SetReg(i int, v uint32) {
	m.first.SetReg(i, v)
	m.second.SetReg(i, v)
}

// PC is the address of the next instruction, or of the one that trapped.
func (m *Machine) PC() uint32 { return m.first.PC() }

// Gas is the gas left.
func (m *Machine) Gas() uint64 { return m.first.Gas() }

// SetGas sets the gas left of both.
func (m *Machine) SetGas(gas uint64) {
	m.first.SetGas(gas)
	m.second.SetGas(gas)
}

// Charge takes n gas from both.
func (m *Machine) Charge(n uint64) bool {
	return same(m, "charge", m.first.Charge(n), m.second.Charge(n))
}

// Instructions is the number of instructions charged since Start.
func (m *Machine) Instructions() uint64 { return m.first.Instructions() }

// Readable reports whether every byte of [addr, addr+n) can be read.
func (m *Machine) Readable(addr, n uint32) bool {
	return same(m, "readable", m.first.Readable(addr, n), m.second.Readable(addr, n))
}

// Writable reports whether every byte of [addr, addr+n) can be written.
func (m *Machine) Writable(addr, n uint32) bool {
	return same(m, "writable", m.first.Writable(addr, n), m.second.Writable(addr, n))
}

// Read returns a copy of [addr, addr+n), or false if a byte of it is not readable.
func (m *Machine) Read(addr, n uint32) ([]byte, bool) {
	a, ok := m.first.Read(addr, n)
	b, alsoOK := m.second.Read(addr, n)
	same(m, "read", ok, alsoOK)
	same(m, "bytes read", string(a), string(b))
	return a, ok
}

// Write copies b to addr in both, or writes nothing and reports false.
func (m *Machine) Write(addr uint32, b []byte) bool {
	return same(m, "write", m.first.Write(addr, b), m.second.Write(addr, b))
}

// Pages is the number of 4 KiB pages mapped now.
func (m *Machine) Pages() uint32 { return m.first.Pages() }

// Grow moves the end of the heap of both.
func (m *Machine) Grow(pages, maxPages uint32) (oldHeapEnd uint32, ok bool) {
	a, ok := m.first.Grow(pages, maxPages)
	b, alsoOK := m.second.Grow(pages, maxPages)
	same(m, "grow", ok, alsoOK)
	return same(m, "heap end", a, b), ok
}

// Digest identifies what is mapped, with its contents and permissions.
func (m *Machine) Digest() [32]byte {
	return same(m, "memory", m.first.Digest(), m.second.Digest())
}

// Release gives the memory of both back.
func (m *Machine) Release() {
	m.first.Release()
	m.second.Release()
}
