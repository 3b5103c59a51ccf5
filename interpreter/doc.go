// Package interpreter runs RV32IM programs fast. It agrees with the executable specification,
// package stepper, on registers, memory, pc, gas, instruction count and stop of every program
// (docs/spec/isa.md, docs/spec/gas.md). How it works and what was measured is in DESIGN.md.
//
// It is not a host: it serves no host call, knows no accounts, no storage and no call frames above
// the one it runs. ECALL stops the machine; the caller serves the call through registers and
// memory and runs on.
//
// A program is predecoded once into Code, which is immutable and shared; a Machine is one frame of
// it.
//
//	code := interpreter.Predecode(program, &schedule.Instruction)
//	m := interpreter.NewMachine(code)
//	defer m.Release()
//	m.Start(export.Addr, gas)
//	for stop := m.Run(); stop.Kind == interpreter.HostCall; stop = m.Run() {
//		serve(m) // arguments in m.Reg(10..15), number in m.Reg(5)
//	}
//
// # Gas
//
// The meaning is per instruction: Machine.Step charges and executes exactly one. Machine.Run
// gives the same results faster. A run is a straight line of instructions up to a jump, branch,
// ECALL or the end of its segment; every predecoded instruction holds the price of the rest of
// its run, so that entering one anywhere costs one subtraction and one test. Whatever the loop
// cannot do, it leaves before the instruction, gives back the price of what did not run, and Step
// does it. Where the gas does not cover a run, the part that it does cover runs on a copy that
// ends there.
//
// # Builds
//
// On amd64 and arm64 the loop accesses code and memory without Go's bounds checks, after checks of
// its own. With tag safe, under the race detector, and on every other architecture the same loop is
// generated with slices.
//
// # Invariants
//
//   - No guest program panics, hangs or exhausts the host: work is bounded by gas, memory by the
//     loader's limits and by Machine.Grow's maxPages.
//   - Results are a function of program, memory, registers and gas alone. Run, Step and any mixture
//     of the two agree.
//   - The loop accesses an arena only inside its window, at granules whose permission covers the
//     whole access; it reads code only at slots of the region, whose last one leaves the loop.
//   - Code pages are never writable, so predecoding needs no invalidation.
package interpreter
