// Package trace makes what a machine does readable: names and source lines of addresses, listings,
// steps as JSON lines, profiles in pprof's format, call trees, and explanations of traps.
//
// It is not part of consensus and does not know the host: it sees machines, programs and ELF files.
// What depends on accounts (who called whom with what) is given to it as text.
//
//	symbols := trace.NewSymbols(file)
//	p := trace.NewProfile()
//	p.Enter(nil, program, "token", symbols)
//	stop, err := trace.Step(ctx, m, trace.NewText(program), p) // as m.RunContext(ctx)
//	p.Exit()
//	err := p.Write(w)
//
// Invariants:
//   - Watching changes nothing: a machine driven by Step ends as one driven by its own Run.
//   - Any file gives Symbols, perhaps empty ones; damaged debug information is ignored.
package trace
