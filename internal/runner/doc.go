// Package runner runs one program outside of any chain: it loads an ELF file, gives it a scratch
// state and the real host, and reports what came of it, with a call tree, steps, a profile or a
// debugger on request. It is the engine behind `athena run` and `athena debug`.
//
// It is not a chain: there are no layers, fees or signatures. Limits and prices are those of the
// protocol's default parameters, so that gas is what a transaction would pay.
//
// Two ways in:
//   - a call: the file is deployed as a template, an account is spawned from it, and a method is
//     entered by a scratch caller. Gas counts everything, entering the code included;
//   - the entry: the program runs from _start with an input stream, and gas counts what the program
//     itself uses, so that a limit of N is exactly N for its instructions and host calls.
//
// Results are a function of the configuration, but for Result.Seconds.
package runner
