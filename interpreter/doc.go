// Package interpreter runs RV32IM programs: it is the reference engine of Athena, and its
// single-step path is the executable specification of gas and traps (docs/spec/isa.md,
// docs/spec/gas.md).
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
// The meaning is per instruction: Machine.Step charges and executes exactly one. Machine.Run gives
// the same results faster. A run is a straight line of instructions up to a jump, branch, ECALL or
// the end of its segment; every predecoded instruction holds the gas of the rest of its run, so
// that entering one anywhere costs one comparison and one subtraction. If the gas left does not
// cover the rest of the run, nothing is charged and Step walks to the exact stop; a trap inside a
// run gives back the gas of what did not execute.
//
// # Invariants
//
//   - No guest program panics, hangs or exhausts the host: work is bounded by gas, memory by the
//     loader's limits and by Machine.Grow's maxPages.
//   - Results are a function of program, memory, registers and gas alone. Run, Step and any mixture
//     of the two agree on registers, memory, pc, gas, instruction count and stop.
//   - Code pages are never writable, so predecoding needs no invalidation.
package interpreter
