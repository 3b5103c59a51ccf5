package interpreter

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
)

// BenchmarkPredecode reports nanoseconds for an instruction of a large program.
func BenchmarkPredecode(b *testing.B) {
	g := &generator{Rand: rand.New(rand.NewPCG(1, 1))}
	g.p = &elf.Program{StackTop: 0x20000, StackSize: 4096, HeapStart: 0x400000}
	g.p.Segments = []elf.Segment{{Addr: 0x100000}, {Addr: 0x300000, Size: 100}}
	g.base = 0x100000
	g.straight(20_000)
	n := uint32(len(g.words))
	var text []byte
	for _, w := range g.words {
		text = append(text, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	g.p.Segments[0] = elf.Segment{Addr: 0x100000, Size: 4 * n, Data: text, Executable: true}
	costs := metering.V1().Instruction
	begun := cpuTime()
	for b.Loop() {
		Predecode(g.p, &costs)
	}
	report(b, begun, float64(n), "cpu-ns/instruction")
}

// BenchmarkFrame starts, runs and releases a frame of cached code that touches a page.
func BenchmarkFrame(b *testing.B) {
	code := Predecode(scratchProgram(b, "sw ra, -4(sp)\nret"), &vectorCosts)
	b.ReportAllocs()
	begun := cpuTime()
	for b.Loop() {
		m := NewMachine(code)
		m.Start(asm.DefaultBase, 1000)
		m.Run()
		m.Release()
	}
	report(b, begun, 1, "cpu-ns/op")
}

// BenchmarkHostCall is the way out of the loop to the host and back.
func BenchmarkHostCall(b *testing.B) {
	loop(b, "loop: ecall\nj loop")
}

// BenchmarkSlowAccess loads across the end of the window's permissions: what an access costs that
// the loop leaves to the exact path.
func BenchmarkSlowAccess(b *testing.B) {
	loop(b, "li a0, 0x400000\nloop: lw a1, 62(a0)\necall\nj loop")
}

// BenchmarkStep is the exact path, which a frame takes only where its gas ends.
func BenchmarkStep(b *testing.B) {
	code := Predecode(scratchProgram(b, "loop: addi a0, a0, 1\nxor a1, a1, a0\nj loop"), &vectorCosts)
	m := NewMachine(code)
	defer m.Release()
	m.Start(asm.DefaultBase, 1<<60)
	begun := cpuTime()
	for b.Loop() {
		m.Step()
	}
	report(b, begun, 1, "cpu-ns/op")
}

// BenchmarkOutOfGas runs out of gas near the end of a long run: nanoseconds for an instruction.
func BenchmarkOutOfGas(b *testing.B) {
	src := ""
	for range 10_000 {
		src += "addi a0, a0, 1\nxor a1, a1, a0\n"
	}
	code := Predecode(scratchProgram(b, src), &vectorCosts)
	m := NewMachine(code)
	defer m.Release()
	begun := cpuTime()
	for b.Loop() {
		m.Start(asm.DefaultBase, 19_990)
		m.Run()
	}
	report(b, begun, 19_990, "cpu-ns/instruction")
}

// loop runs a program from host call to host call.
func loop(b *testing.B, src string) {
	code := Predecode(scratchProgram(b, src), &vectorCosts)
	m := NewMachine(code)
	defer m.Release()
	m.Start(asm.DefaultBase, 1<<60)
	begun := cpuTime()
	for b.Loop() {
		m.Run()
		m.SetReg(riscv.RegT0, 0)
	}
	report(b, begun, 1, "cpu-ns/op")
}

// report gives the processor time for each of the parts of an operation.
func report(b *testing.B, begun time.Duration, parts float64, unit string) {
	b.ReportMetric(float64(cpuTime()-begun)/float64(b.N)/parts, unit)
}
