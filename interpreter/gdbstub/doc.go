// Package gdbstub lets a debugger drive machines over GDB's remote serial protocol (the manual of
// GDB, appendix E).
//
// It is not a debugger and not a network server: it reads packets from a Conn that it is given, and
// executes what they ask for on a Machine. It knows no host: whoever serves host calls gives it
// each frame with Drive and goes on when Drive returns.
//
//	stub := gdbstub.New(conn)
//	for {
//		stop, n, err := stub.Drive(ctx, m, code) // as m.RunContext; n instructions were charged
//		// serve host calls, until the frame ends
//	}
//	err := stub.Exit(trap.None)
//
// Programs are told apart by their elf.Program: breakpoints and steps belong to that of the first
// frame, frames of others run through. A frame that this program enters from itself is shown as the
// same thread, deeper.
//
// # Invariants
//
//   - No packet panics or exhausts: sizes are bounded by MaxPacket, and what does not parse gets an
//     empty reply or an error reply.
//   - A debugger that only looks changes nothing: registers, memory, gas and stops are those of a
//     run without it.
package gdbstub
